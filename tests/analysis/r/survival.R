# Kaplan-Meier curves of Freireich et al. (1963), weeks in remission with 6-mercaptopurine and with placebo; held by
# tests/analysis/test_timing.py. Needs the package survival:  Rscript survival.R
suppressMessages(library(survival))
weeks <- c(6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35)
ended <- c(1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0)
fit <- summary(survfit(Surv(weeks, ended) ~ 1))
print(fit$time)                   # 6 7 10 13 16 22 23
print(round(fit$surv, 3))         # 0.857 0.807 0.753 0.690 0.627 0.538 0.448
print(round(fit$std.err, 4))      # 0.0764 0.0869 0.0963 0.1068 0.1141 0.1282 0.1346
# Intervals by the logit. R's z becomes our t with 20 degrees of freedom and the factor 21/20 by asking for another level.
level <- 2 * pnorm(qt(0.975, 20) * sqrt(21 / 20)) - 1
told <- function(weeks, ended) {
  fit <- survfit(Surv(weeks, ended) ~ 1, conf.type = "logit", conf.int = level)
  print(unlist(quantile(fit, 0.5)))
  print(with(summary(fit), cbind(time, lower, upper)), digits = 7)
}
told(weeks, ended)                # 23, from 13, no upper end
#  6 0.6127315 0.9579006    7 0.5589950 0.9321771   10 0.5018131 0.9021609   13 0.4337119 0.8663187
# 16 0.3724744 0.8269566   22 0.2786548 0.7780336   23 0.2024149 0.7221616
placebo <- c(1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)
told(placebo, rep(1, 21))         # 8, from 4 to 12
#  1 0.659778885 0.9789643   2 0.564410821 0.9330651   3 0.516998447 0.9053625   4 0.426459253 0.8432494
#  5 0.341895982 0.7738572   8 0.190617768 0.6165631  11 0.124685361 0.5290195  12 0.066934859 0.4355892
# 15 0.042099411 0.3872685  17 0.021035692 0.3402211  22 0.005563251 0.3088565
