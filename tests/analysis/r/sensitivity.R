# E-values; held by tests/analysis/test_sensitivity.py. The examples of VanderWeele & Ding (2017) as the package has them.
# Needs the package EValue:  Rscript sensitivity.R
suppressMessages(library(EValue))
print(round(evalues.RR(3.9, 1.8, 8.7)["E-values", ], 2))       # point 7.26, lower 3.00
print(round(evalues.RR(0.80, 0.71, 0.91)["E-values", ], 2))    # point 1.81, upper 1.43
print(round(evalues.RR(10.73, 8.02, 14.36)["E-values", ], 2))  # point 20.95
