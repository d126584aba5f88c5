# AUROC with DeLong's error, and parts of the Brier score; held by tests/analysis/test_calibration.py.
# Needs the packages pROC, verification and s2dverification:  Rscript calibration.R
suppressMessages({library(pROC); library(verification); library(s2dverification)})
# Turck et al. (2010), Intensive Care Med. 36:107: grades by the World Federation of Neurological Surgeons.
data(aSAH)
print(table(aSAH$outcome, aSAH$wfns))               # Good 37 20 3 8 4, Poor 2 12 1 8 18
grade <- roc(aSAH$outcome, as.numeric(aSAH$wfns), levels = c("Good", "Poor"), direction = "<")
print(as.numeric(auc(grade)), digits = 9)           # 0.823678862
print(sqrt(var(grade)), digits = 9)                 # 0.0383394667
# 300 stated confidences from a wide scale, drawn by Park & Miller's (1988) generator so that Python can draw them, too.
state <- 1973
draw <- function(n) sapply(seq_len(n), function(i) (state <<- (16807 * state) %% 2147483647) / 2147483647)
stated <- (floor(1000 * draw(300)) + 0.5) / 1000
y <- as.numeric(draw(300) < stated^1.5)
print(c(sum(stated), sum(y)))                       # 138.519 108
free <- roc(y, stated, direction = "<", levels = 0:1)
print(as.numeric(auc(free)), digits = 9)            # 0.845968364
print(sqrt(var(free)), digits = 9)                  # 0.0232700279
# Ten bins of equal width, Stephenson, Coelho & Jolliffe (2008): gres = resolution - within variance + 2 covariance.
found <- BrierScore(y, stated)
print(unlist(found[c("bs", "rel", "res", "unc", "gres")]), digits = 9)
# 0.1601526633 0.0186007492 0.0855037043 0.2304 0.0888480858
# Confidence rounded to the middles of these bins, each value its own bin.
middles <- floor(stated * 10) / 10 + 0.05
parts <- brier(y, middles, thresholds = seq(0.05, 0.95, 0.1), bins = FALSE)
print(unlist(parts[c("bs", "bs.reliability", "bs.resol", "bs.uncert")]), digits = 9)
# 0.1641 0.0192037043 0.0855037043 0.2304
