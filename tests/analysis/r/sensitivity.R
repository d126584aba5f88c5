# E-values; held by tests/analysis/test_sensitivity.py. VanderWeele & Ding (2017): 3.9 (1.8 to 8.7), 0.80 (0.71 to 0.91).
# Needs the package EValue:  Rscript sensitivity.R
suppressMessages(library(EValue))
print(evalues.RR(3.9, 2.4)["E-values", ], digits = 7)          # point 7.263034, lower 4.23303
print(evalues.RR(3.9, 1.8, 8.7)["E-values", ], digits = 3)     # point 7.26, lower 3.00
print(evalues.RR(0.80, 0.71, 0.91)["E-values", ], digits = 7)  # point 1.809017, upper 1.428571
# Of a difference of shares, 120 of 200 against 90 of 200. The package moves the difference's own lower end with the
# confounder's bias; ours turns that end into a risk ratio at the other side's share, which says 1.48.
print(unlist(evalues.RD(120, 80, 90, 110)), digits = 7)        # point 2, lower 1.449505
# That end as a risk ratio, handed to the package:
end <- 0.15 - qnorm(0.975) * sqrt(0.6 * 0.4 / 200 + 0.45 * 0.55 / 200)
print(evalues.RR(0.6 / 0.45, (0.45 + end) / 0.45)["E-values", ], digits = 7)  # point 2, lower 1.482021
