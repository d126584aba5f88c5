# Rscript mixed_model.R rows.csv program slopes|intercepts: CPU seconds, effect and its standard error of one fit.
# tests/bench/mixed_model.py calls it where R is installed.
given <- commandArgs(TRUE)
program <- given[2]
suppressMessages(library(if (program == "glmmTMB") "glmmTMB" else "lme4", character.only = TRUE))
rows <- read.csv(given[1])
model <- y ~ arm + (1 | person) + (1 | item)
if (given[3] == "slopes") model <- if (program == "glmmTMB") y ~ arm + diag(arm | person) + diag(arm | item) else
  y ~ arm + (arm || person) + (arm || item)
bobyqa <- function(...) glmer(model, rows, binomial, control = glmerControl("bobyqa", optCtrl = list(maxfun = 1e5)), ...)
took <- system.time(fit <- switch(program,
  "glmmTMB" = glmmTMB(model, rows, family = binomial),
  "glmer" = bobyqa(nAGQ = 1),
  "glmer nAGQ=0" = bobyqa(nAGQ = 0)))
table <- if (program == "glmmTMB") summary(fit)$coefficients$cond else summary(fit)$coefficients
cat(sum(took[c("user.self", "sys.self")]), table["arm", c("Estimate", "Std. Error")], "\n")
