# Two-way clustered standard error of a slope, Petersen's (2009) test data; held by tests/analysis/test_inference.py.
# Needs the package sandwich:  Rscript petersen.R
suppressMessages(library(sandwich))
data(PetersenCL)
fit <- lm(y ~ x, PetersenCL)
se <- function(...) sqrt(diag(vcovCL(fit, ...)))[["x"]]
print(coef(fit)[["x"]], digits = 7)                                                   # 1.034833
print(se(cluster = ~ firm), digits = 7)                                               # 0.05059573
print(se(cluster = ~ year), digits = 7)                                               # 0.03338891
print(se(cluster = ~ firm + year), digits = 7)                                        # 0.05355802  published .0536
print(se(cluster = ~ firm + year, multi0 = TRUE), digits = 7)                         # 0.05356103
print(se(cluster = ~ firm + year, type = "HC0", cadjust = FALSE), digits = 7)         # 0.05245446
