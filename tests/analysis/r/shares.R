# Wilson's interval and Fisher's exact test; held by tests/analysis/test_power.py and test_timing.py.
# Needs R alone:  Rscript shares.R
print(round(prop.test(81, 263, correct = FALSE)$conf.int, 4))  # 0.2553 0.3662  Newcombe (1998), table I
print(round(prop.test(0, 20, correct = FALSE)$conf.int, 4))    # 0.0000 0.1611  the same
tea <- matrix(c(3, 1, 1, 3), 2)
print(round(fisher.test(tea)$p.value, 4))                      # 0.4857  Fisher's lady tasting tea
