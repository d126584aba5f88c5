# Fieller's interval of a quotient of two linear combinations; held by tests/analysis/test_sandwiching.py.
# Needs the package mratios:  Rscript fieller.R
suppressMessages(library(mratios))
team <- c(.62, .71, .55, .80, .67, .74, .58, .69, .77, .60)
base <- c(.41, .52, .47, .50, .39, .58, .44, .46, .61, .40)
top <- c(.88, .91, .79, .94, .86, .97, .83, .90, .93, .85)
gap <- function(degfree, ceiling) {
  means <- colMeans(cbind(team, base, ceiling))
  gsci.ratio(means, cov(cbind(team, base, ceiling)) / 10, rbind(c(1, -1, 0)), rbind(c(0, -1, 1)), degfree)
}
for (found in list(gap(9, top), gap(9, rep(1, 10))))
  print(c(found$estimate, found$conf.int), digits = 9)
# 0.477941176  0.390129155 0.557175164 with the ceiling of ten others, 0.373563218  0.287654510 0.462092260 with 1
