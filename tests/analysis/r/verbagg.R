# Crossed logistic models of VerbAgg (lme4) and its clustered differences of shares; held by tests/analysis/test_mixed.py
# and test_inference.py.
# Run with R 4.2.2, lme4 1.1-31, glmmTMB 1.1.5:  Rscript verbagg.R
suppressMessages({library(lme4); library(glmmTMB)})
data(VerbAgg)
d <- transform(VerbAgg, y = as.integer(r2 == "Y"))
tmb <- glmmTMB(y ~ mode + (1 | id) + (1 | item), d, family = binomial)
print(fixef(tmb)$cond, digits = 8)                     # 0.19411963 -0.71364102
print(sqrt(diag(vcov(tmb)$cond)), digits = 8)          # 0.32153674  0.44156521
print(sapply(VarCorr(tmb)$cond, sqrt), digits = 8)     # id 1.3733436  item 1.0719351
print(-2 * as.numeric(logLik(tmb)), digits = 10)       # 8200.614553
glm <- glmer(y ~ mode + (1 | id) + (1 | item), d, family = binomial, control = glmerControl("bobyqa"))
print(fixef(glm), digits = 6)                          # 0.194121 -0.713613
print(sqrt(diag(as.matrix(vcov(glm)))), digits = 6)    # 0.321142  0.440723
print(VarCorr(glm), digits = 6)                        # id 1.37333  item 1.07193
line <- lm(y ~ I(mode == "do"), d)
se <- function(by) sqrt(diag(sandwich::vcovCL(line, by)))
for (by in c(~ id + item, ~ id, ~ item)) print(se(by)[[2]], digits = 9)  # 0.0741362611 0.0128143512 0.0739047474
