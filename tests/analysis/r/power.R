# Power of a crossed study, drawn and tested by R alone; held by tests/analysis/test_power.py.
# Needs the package sandwich:  Rscript power.R
suppressMessages(library(sandwich))
set.seed(2024)
sds <- c(person = 0.8, item = 1.2, person_slope = 0.4, item_slope = 0.8)
spread <- sqrt(sum((sds / c(1, 1, 2, 2))^2))
share <- function(eta) integrate(function(z) plogis(eta + spread * z) * dnorm(z), -9, 9)$value
at <- function(p) uniroot(function(eta) share(eta) - p, c(-9, 9), tol = 1e-9)$root

# Does a study of so many people, who meet 24 of so many items, half of them assisted, find an effect?
finds <- function(people, items, unaided, assisted, each = 24) {
  u <- rnorm(people, 0, sds["person"]); us <- rnorm(people, 0, sds["person_slope"])
  w <- rnorm(items, 0, sds["item"]); ws <- rnorm(items, 0, sds["item_slope"])
  d <- data.frame(p = rep(seq_len(people), each = each),
                  i = c(replicate(people, sample(items, each))),
                  a = c(replicate(people, sample(rep(0:1, each / 2)))))
  eta <- ifelse(d$a == 1, assisted, unaided) + u[d$p] + w[d$i] + (d$a - 0.5) * (us[d$p] + ws[d$i])
  fit <- lm(y ~ a, transform(d, y = rbinom(nrow(d), 1, plogis(eta))))
  error <- function(by) sqrt(max(0, vcovCL(fit, d[by], type = "HC0", cadjust = TRUE)["a", "a"]))
  se <- max(error(c("p", "i")), error("p"), error("i"))
  abs(coef(fit)[["a"]]) > qt(0.975, min(people, items) - 1) * se
}
for (size in list(c(40, 24), c(80, 96)))
  for (effect in c(0.08, 0))
    print(mean(replicate(1000, finds(size[1], size[2], at(0.55), at(0.55 + effect)))))
# 40 people, 24 items: 0.392 0.054; 80 people, 96 items: 0.831 0.047
