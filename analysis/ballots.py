"""What a vote of k of the n answers to one item gives, and gives without each voter.

Plurality of k distinct voters is exact by the multivariate hypergeometric distribution over counts of
options. Weighted votes go over all subsets of k voters where these are at most ``MOST_SUBSETS``, else over
seeded subsets drawn without replacement (``draws_for``). Ties are split evenly.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from functools import cache, lru_cache

import numpy as np

from analysis.inference import FloatArray, IntArray

CLIP = 0.01
MOST_SUBSETS = 5000
DRAWS, FEWER_DRAWS, MANY_ITEMS = 2000, 500, 100
_TIE = 1e-9


@cache
def plurality(counts: tuple[int, ...], right: int, k: int) -> float:
    """P(the plurality of k voters drawn without replacement is option ``right``), ties split.

    ``counts`` are the answers of each option; a draw that ties with j options counts 1/j.
    """
    if not 0 < k <= sum(counts):
        return math.nan
    if k == sum(counts):
        return (counts[right] == max(counts)) / counts.count(max(counts))
    others = tuple(sorted(count for place, count in enumerate(counts) if place != right))
    return _plurality(counts[right], others, k)


@cache
def _plurality(mine: int, others: tuple[int, ...], k: int) -> float:
    total = 0.0
    for votes in range(1, min(mine, k) + 1):
        ways = _others_at_most(others, k - votes, votes)
        total += math.comb(mine, votes) * sum(count / (tied + 1) for tied, count in enumerate(ways))
    return total / math.comb(mine + sum(others), k)


@cache
def _others_at_most(others: tuple[int, ...], votes: int, most: int) -> tuple[int, ...]:
    """Ways to give ``votes`` to the other options, none above ``most``, by how many options reach it."""
    if not others:
        return (1,) if votes == 0 else (0,)
    ways = [0] * (len(others) + 1)
    for given in range(min(others[0], votes, most) + 1):
        rest = _others_at_most(others[1:], votes - given, most)
        for tied, count in enumerate(rest):
            ways[tied + (given == most)] += math.comb(others[0], given) * count
    return tuple(ways)


def product_votes(answers: IntArray, c: FloatArray, options: int) -> FloatArray:
    """Log-probabilities (voters × options) by the founding study's product rule (Bowman et al. 2022).

    Stated confidence goes to the chosen option and the rest is split equally over the others: 60 % on B
    of four gives .13 .60 .13 .13. Certainty enters as 99 %, and 0 as 1 %. The option with the largest
    product wins, which is the vote weighted by log((m − 1)c/(1 − c)) of Nitzan & Paroush (1982).
    """
    sure = np.clip(c, CLIP, 1 - CLIP)[:, None]
    chosen = answers[:, None] == np.arange(options)[None, :]
    return np.asarray(np.log(np.where(chosen, sure, (1 - sure) / (options - 1))), dtype=np.float64)


def draws_for(items: int) -> int:
    """Subsets per item; with many items fewer will do, since their errors average out."""
    return DRAWS if items <= MANY_ITEMS else FEWER_DRAWS


def weighted(votes: FloatArray, right: int, k: int, draws: int = DRAWS) -> tuple[float, FloatArray]:
    """P(option ``right`` has the largest sum of ``votes`` over k of the voters), and the same without each.

    The subsets that miss a voter are the subsets of the others, so one enumeration serves both.
    """
    member, missing = _subsets(len(votes), k, draws)
    outcome = _won(member @ votes, right)
    total = outcome.sum()
    without = np.where(missing > 0, (total - outcome @ member) / np.where(missing > 0, missing, 1), np.nan)
    return float(total / len(outcome)), without


def _won(sums: FloatArray, right: int) -> FloatArray:
    """1/j where ``right`` is among the j options with the largest sum, else 0."""
    columns = list(sums.T)
    bar = columns[right] + _TIE
    best, tied = columns[right] * 0 + 1, np.zeros(len(sums))
    for option, column in enumerate(columns):
        best *= column <= bar
        tied += np.abs(column - columns[right]) <= _TIE if option != right else 1
    return np.asarray(best / tied, dtype=np.float64)


@lru_cache(maxsize=64)
def _subsets(n: int, k: int, draws: int) -> tuple[FloatArray, FloatArray]:
    """Membership (subsets × voters) of all or of ``draws`` subsets of k of n, and how many miss each voter."""
    if math.comb(n, k) <= MOST_SUBSETS:
        chosen = np.array(list(itertools.combinations(range(n), k)), dtype=np.intp)
    else:
        chosen = np.random.default_rng([n, k]).random((draws, n)).argpartition(k, axis=1)[:, :k]
    member = np.zeros((len(chosen), n))
    np.put_along_axis(member, chosen, 1.0, axis=1)
    return member, len(chosen) - member.sum(axis=0)


def is_exact(sizes: Iterator[int], k: int) -> bool:
    """Whether a weighted vote of k goes over all subsets for items with so many voters."""
    return all(math.comb(n, k) <= MOST_SUBSETS for n in sizes)
