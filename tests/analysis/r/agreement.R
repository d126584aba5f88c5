# Agreement of raters; held by tests/analysis/test_agreement.py.
# Needs the package irr and the two tables of the shared anchors:  Rscript agreement.R path/to/anchors
suppressMessages(library(irr))
home <- commandArgs(TRUE)[1]
# Krippendorff (2011), example C/D: four observers (rows of kripp.alpha), twelve units, missing data.
ratings <- t(as.matrix(read.csv(file.path(home, "krippendorff2011.csv"))[, -1]))
for (scale in c("nominal", "ordinal", "interval", "ratio"))
  print(round(kripp.alpha(ratings, scale)$value, 3))           # 0.743 0.815 0.849 0.797
# Fleiss' kappa of fourteen raters, ten subjects, five categories: from counts to one column a rater.
counts <- as.matrix(read.csv(file.path(home, "fleiss.csv"))[, -1])
raters <- t(apply(counts, 1, function(row) rep(seq_along(row), row)))
print(round(kappam.fleiss(raters)$value, 2))                   # 0.21
