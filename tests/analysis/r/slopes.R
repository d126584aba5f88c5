# Crossed logistic models with uncorrelated slopes; held by tests/analysis/test_mixed.py.
# Needs the packages lme4, glmmTMB and numDeriv:  Rscript slopes.R
# Each model prints: effects and their errors, spreads, deviance by glmmTMB, then the same by lme4.
suppressMessages({library(lme4); library(glmmTMB)})
show <- function(with_diag, with_bars, data) {
  tmb <- glmmTMB(with_diag, data, family = binomial)
  print(c(fixef(tmb)$cond, sqrt(diag(vcov(tmb)$cond))), digits = 7)
  print(unlist(lapply(VarCorr(tmb)$cond, function(v) sqrt(diag(v)))), digits = 7)
  print(-2 * as.numeric(logLik(tmb)), digits = 10)
  glm <- glmer(with_bars, data, family = binomial, control = glmerControl("bobyqa", optCtrl = list(maxfun = 1e5)))
  print(c(fixef(glm), sqrt(diag(as.matrix(vcov(glm))))), digits = 6)
  print(as.data.frame(VarCorr(glm))[c("grp", "var1", "sdcor")], digits = 6)
  print(-2 * as.numeric(logLik(glm)), digits = 9)
}
data(VerbAgg)
d <- transform(VerbAgg, y = as.integer(r2 == "Y"), do = as.numeric(mode == "do"), half = (mode == "do") - 0.5)
# Every item is of one mode: with +-1/2 its slope is not told from its intercept, so people alone have one.
show(y ~ half + diag(half | id) + (1 | item), y ~ half + (half || id) + (1 | item), d)
# -0.1760252 -0.7664535  0.2453572 0.4662958;  id 1.447746 1.004541  item 1.123483;  8120.273354
# -0.176010  -0.766397   0.245240  0.465884;   id 1.44770  1.00451   item 1.12346;   8120.27337
# With 0 and 1 the item's slope is what do items vary more than want items.
show(y ~ do + diag(do | id) + diag(do | item), y ~ do + (do || id) + (do || item), d)
# 0.1960073 -0.7812348  0.2814011 0.4716196;  id 1.3854537 1.0147773  item 0.9257493 0.9321761;  8116.310861
# 0.195987  -0.781171   0.281242  0.471202;   id 1.385426  1.014749   item 0.925733  0.932165;   8116.31088
# A study whose arms cross people and items, drawn by Park & Miller's (1988) generator so that Python can draw it, too.
state <- 1988
draw <- function(n) sapply(seq_len(n), function(i) (state <<- (16807 * state) %% 2147483647) / 2147483647)
normal <- function(n) sapply(seq_len(n), function(i) sum(draw(12)) - 6)
u <- 0.8 * normal(40); u_arm <- 0.6 * normal(40); w <- 1.1 * normal(30); w_arm <- 0.7 * normal(30)
s <- expand.grid(item = 1:30, person = 1:40)
s$arm <- ifelse((s$item + s$person) %% 2 == 1, 0.5, -0.5)
logit <- with(s, 0.3 + 0.7 * arm + u[person] + arm * u_arm[person] + w[item] + arm * w_arm[item])
s$y <- as.integer(draw(nrow(s)) < plogis(logit))
print(c(sum(s$y), sum(s$y[s$arm > 0])))  # 773 415
show(y ~ arm + diag(arm | person) + diag(arm | item), y ~ arm + (arm || person) + (arm || item), s)
# 0.7690037 0.5431513  0.2159975 0.1860139;  person 0.5640199 0.3178345  item 0.9968660 0.6022026;  1399.675623
# 0.768703  0.542500   0.215352  0.184353;   person 0.563889  0.317646   item 0.996545  0.601986;   1399.67647
# The difference that the arm makes in a population, and its error by the delta method.
gain <- function(at) {
  share <- function(z) {
    spread <- sqrt(sum(exp(2 * at[3:6]) * c(1, z^2, 1, z^2)))
    integrate(function(u) plogis(at[1] + at[2] * z + spread * u) * dnorm(u), -10, 10, rel.tol = 1e-10)$value
  }
  share(0.5) - share(-0.5)
}
tmb <- glmmTMB(y ~ arm + diag(arm | person) + diag(arm | item), s, family = binomial)
slope <- numDeriv::grad(gain, tmb$fit$par)
print(c(gain(tmb$fit$par), sqrt(slope %*% vcov(tmb, full = TRUE) %*% slope)), digits = 7)
# 0.09758304 0.03336639
