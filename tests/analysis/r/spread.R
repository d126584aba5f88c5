# How much people and items differ beyond chance: Hedges & Olkin's (1985) moment estimator; held by
# tests/analysis/test_spread.py. Needs the package metafor:  Rscript spread.R
suppressMessages(library(metafor))
options(warn = -1)  # a person who is always right has no chance variance
# 12 people and 10 items, arms that cross them, drawn by Park & Miller's (1988) generator as Python draws them.
state <- 1985
draw <- function(n) sapply(seq_len(n), function(i) (state <<- (16807 * state) %% 2147483647) / 2147483647)
s <- expand.grid(item = 0:9, person = 0:11)
s$aided <- (s$item + s$person) %% 2
s$right <- as.numeric(draw(120) < 0.15 + 0.06 * s$person + s$aided * ifelse(s$item < 5, 0.5, -0.3))
print(sum(s$right))  # 58
share <- function(rows, by) with(rows, cbind(p = tapply(right, rows[[by]], mean), n = tapply(right, rows[[by]], length)))
chance <- function(found) found[, "p"] * (1 - found[, "p"]) / (found[, "n"] - 1)
beyond <- function(yi, vi) print(sqrt(rma(yi, vi, method = "HE")$tau2), digits = 9)
for (aided in 0:1) {  # 0.0674199862, 0
  people <- share(s[s$aided == aided, ], "person")
  beyond(people[, "p"], chance(people))
}
with_aid <- share(s[s$aided == 1, ], "item")
without <- share(s[s$aided == 0, ], "item")
beyond(with_aid[, "p"] - without[, "p"], chance(with_aid) + chance(without))  # 0.236747508
