# Lee's (2009) bounds; held by tests/analysis/test_timing.py.
# Needs the packages attrition (Coppock et al.) and leebounds (Semenova):  Rscript dropout.R
suppressMessages({library(attrition); library(leebounds)})
# 100 people an arm by Park & Miller's (1988) generator; 90 and 72 stay, so that 18 of the 90 are cut.
state <- 2009
draw <- function(n) sapply(seq_len(n), function(i) (state <<- (16807 * state) %% 2147483647) / 2147483647)
z <- rep(1:0, each = 100)
y <- round(draw(200) + 0.15 * z, 3)
r <- rep(c(1, 0, 1, 0), c(90, 10, 72, 28))
print(unlist(basic_lee_bound(data.frame(treat = z, selection = r, outcome = y))[c("lower_bound", "upper_bound")]), digits = 9)
# 0.109319444 0.301250000
mine <- estimator_trim(y, z, R = r, data = data.frame(y = ifelse(r == 1, y, NA), z, r))
print(unclass(mine)[c("upper_bound", "lower_se", "upper_se", "ci_upper")], digits = 9)
# 0.301250000  errors by Lee's proposition 3: 0.0565047950 0.0545694533  Imbens & Manski's upper end 0.3910088359
# (Its lower bound is .1037568: where a whole number of people is cut it cuts one more from above.)
# Outcomes 1 to 5 of the package's own tests, 397 of 497 and 361 of 503 seen; it prints (tests/testthat/test-attrition.R)
# lower 0.100617821905443, upper 0.534610520108332, share cut 0.101526858997151; it cuts whole people only.
