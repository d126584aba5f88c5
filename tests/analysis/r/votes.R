# A vote of three of eight people on six items, every committee enumerated, and its two-way jackknife, in R alone; held
# by tests/analysis/test_votes.py.  Rscript votes.R
right <- outer(0:7, 0:5, function(person, item) (person + item) %% 3 != 0)
committees <- function(voters) mean(combn(voters, 3, sum) >= 2)  # one wrong option only, so no ties
share_of <- function(kept) {
  items <- colSums(kept) > 0
  mean(sapply(which(items), function(item) committees(right[kept[, item], item])))
}
whole <- share_of(!is.na(right))
spread <- function(without, count) (count - 1) / count * sum((sapply(seq_len(count), without) - whole)^2)
person <- spread(function(p) share_of(row(right) != p), nrow(right))
item <- spread(function(i) share_of(col(right) != i), ncol(right))
cell <- spread(function(c) share_of(seq_along(right) != c & !is.na(right)), length(right))
print(whole, digits = 10)                                          # 0.7738095238
print(sqrt(max(person + item - cell, person, item)), digits = 10)  # 0.03764616262
