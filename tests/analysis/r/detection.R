# d' and criterion with Hautus' (1995) correction; held by tests/analysis/test_uptake.py.
# Needs the package psycho:  Rscript detection.R
suppressMessages(library(psycho))
told <- function(...) print(unlist(dprime(...)[c("dprime", "c")]), digits = 9)
told(n_hit = 9, n_fa = 2, n_miss = 1, n_cr = 7)                # 1.771293312 -0.211156906  the manual's example
told(n_hit = 20, n_fa = 0, n_miss = 5, n_cr = 25)              # 2.870996360  0.634403651
told(n_hit = 3, n_fa = 11, n_miss = 17, n_cr = 4)              # -1.546553728  0.194144702
