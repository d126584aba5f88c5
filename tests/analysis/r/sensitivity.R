# E-values; held by tests/analysis/test_sensitivity.py. The example of VanderWeele & Ding (2017), 3.9 (1.8 to 8.7).
# Needs the package EValue:  Rscript sensitivity.R
suppressMessages(library(EValue))
print(evalues.RR(3.9, 2.4)["E-values", ], digits = 7)      # point 7.263034, lower 4.23303
print(evalues.RR(3.9, 1.8, 8.7)["E-values", ], digits = 3) # point 7.26, lower 3.00
