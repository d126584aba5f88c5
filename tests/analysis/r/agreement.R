# Agreement of raters; held by tests/analysis/test_agreement.py.
# Needs the packages irr and irrCAC and the two tables of the shared anchors:  Rscript agreement.R path/to/anchors
suppressMessages({library(irr); library(irrCAC)})
home <- commandArgs(TRUE)[1]
# Krippendorff (2011), example C/D: four observers (rows of kripp.alpha), twelve units, missing data.
ratings <- t(as.matrix(read.csv(file.path(home, "krippendorff2011.csv"))[, -1]))
for (scale in c("nominal", "ordinal", "interval", "ratio"))
  print(round(kripp.alpha(ratings, scale)$value, 3))           # 0.743 0.815 0.849 0.797
# Fleiss' kappa of fourteen raters, ten subjects, five categories: from counts to one column a rater.
counts <- as.matrix(read.csv(file.path(home, "fleiss.csv"))[, -1])
raters <- t(apply(counts, 1, function(row) rep(seq_along(row), row)))
print(round(kappam.fleiss(raters)$value, 2))                   # 0.21
# Fleiss (1971): thirty patients, six psychiatrists each, five diagnoses.
data(diagnoses)
codes <- matrix(match(as.matrix(diagnoses), sort(unique(unlist(lapply(diagnoses, as.character))))), nrow(diagnoses))
table <- t(apply(codes, 1, tabulate, 5))                       # the table in the test
print(kappam.fleiss(diagnoses)$value, digits = 9)              # 0.43024452
print(krippen.alpha.dist(table)[c("coeff", "stderr")], digits = 9)  # 0.433409828 0.0547633618
print(fleiss.kappa.dist(table)[c("coeff", "stderr")], digits = 9)   # 0.43024452 0.0541989355
# kripp.alpha of irr 0.84.1 divides by the number of other raters only where something is missing. Without, and with more
# than two raters, its alpha is not Krippendorff's; a unit that nobody rated puts it right.
print(kripp.alpha(t(codes), "nominal")$value, digits = 9)             # 0.430877582
print(kripp.alpha(cbind(t(codes), NA), "nominal")$value, digits = 9)  # 0.433409828
