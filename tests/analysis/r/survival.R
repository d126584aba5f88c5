# Kaplan-Meier estimate with Greenwood's errors, 6-mercaptopurine arm of Freireich et al. (1963), weeks in remission;
# held by tests/analysis/test_timing.py. Needs the package survival:  Rscript survival.R
suppressMessages(library(survival))
weeks <- c(6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35)
ended <- c(1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0)
fit <- summary(survfit(Surv(weeks, ended) ~ 1))
print(fit$time)                   # 6 7 10 13 16 22 23
print(round(fit$surv, 3))         # 0.857 0.807 0.753 0.690 0.627 0.538 0.448
print(round(fit$std.err, 4))      # 0.0764 0.0869 0.0963 0.1068 0.1141 0.1282 0.1346
