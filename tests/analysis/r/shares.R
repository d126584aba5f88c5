# Wilson's interval, Fisher's exact test and Holm's adjustment; held by test_power.py, test_timing.py, test_inference.py
# of tests/analysis. Needs R alone:  Rscript shares.R
print(round(prop.test(81, 263, correct = FALSE)$conf.int, 4))  # 0.2553 0.3662  Newcombe (1998), table I
print(round(prop.test(0, 20, correct = FALSE)$conf.int, 4))    # 0.0000 0.1611  the same
tea <- matrix(c(3, 1, 1, 3), 2)
print(round(fisher.test(tea)$p.value, 4))                      # 0.4857  Fisher's lady tasting tea
convictions <- matrix(c(2, 10, 15, 3), 2)
print(fisher.test(convictions)$p.value, digits = 7)            # 0.0005367241  convictions of twins, in R's manual
print(fisher.test(matrix(c(42, 8, 31, 19), 2))$p.value, digits = 7)  # 0.02327909
# The fifteen p-values of the example in Benjamini & Hochberg (1995), J. R. Stat. Soc. B 57:289.
p <- c(.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1)
print(p.adjust(p, "holm"))  # .0015 .0056 .0247 .1140 .2211 .2780 .2780 .2780 .3213, then 1
