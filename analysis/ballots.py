"""What a vote of k of the n answers to one item gives, and gives without each voter.

Plurality of k distinct voters is exact by the multivariate hypergeometric distribution over counts of
options. Weighted votes go over all subsets of k voters where these are at most ``MOST_SUBSETS``, else over
seeded subsets drawn without replacement (``draws_for``). Ties are split evenly.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from analysis.inference import FloatArray, IntArray

CLIP = 0.01
MOST_SUBSETS = 5000
DRAWS, FEWER_DRAWS, MANY_ITEMS = 2000, 500, 100
_TIE = 1e-9


def plurality(counts: Sequence[int], right: int, k: int) -> float:
    """P(the plurality of k voters drawn without replacement is option ``right``), ties split.

    ``counts`` are the answers of each option; a draw that ties with j options counts 1/j.

    Returns
    -------
    float
        A probability, exact by the multivariate hypergeometric distribution; nan with fewer than k voters.

    References
    ----------
    Johnson, Kotz & Balakrishnan (1997), Discrete Multivariate Distributions, ch. 39.
    """
    return float(pluralities(np.array([counts], dtype=np.float64), np.array([right]), k)[0])


def pluralities(counts: FloatArray, right: IntArray, k: int) -> FloatArray:
    """``plurality`` of every row of ``counts`` (items × options) at once; nan where there are fewer than k voters.

    Sums over the votes of the right option and, option by option, over the votes of the others, none above it,
    with a place for how many of them tie with it.
    """
    voters = counts.sum(axis=1)
    mine, others = counts[np.arange(len(counts)), right], _others(counts, right)
    total = np.zeros(len(counts))
    for votes in range(1, k + 1):
        ways = np.zeros((len(counts), k - votes + 1, counts.shape[1]))
        ways[:, 0, 0] = 1
        for other in others.T:
            ways = _spread(ways, _ways(other, voters, min(votes, k - votes)), votes)
        total += _ways(mine, voters, votes)[votes] * (ways[:, -1] / np.arange(1, counts.shape[1] + 1)).sum(axis=1)
    enough = (voters >= k) & (k > 0)
    return np.where(enough, total / np.where(enough, _ways(voters, voters, max(k, 0))[-1], 1), np.nan)


def _others(counts: FloatArray, right: IntArray) -> FloatArray:
    wrong = np.ones(counts.shape, dtype=bool)
    wrong[np.arange(len(counts)), right] = False
    return counts[wrong].reshape(len(counts), counts.shape[1] - 1)


def _ways(count: FloatArray, voters: FloatArray, most: int) -> list[FloatArray]:
    """Ways to choose 0, 1, … ``most`` of each count, over voters to that power, so that nothing overflows."""
    found = [np.ones(len(count))]
    for chosen in range(1, most + 1):
        found.append(found[-1] * np.maximum(count - chosen + 1, 0) / (chosen * np.maximum(voters, 1)))
    return found


def _spread(ways: FloatArray, chosen: list[FloatArray], most: int) -> FloatArray:
    """The ways (items × votes given × options that tie) with one more option, which ties when it has ``most``."""
    more = np.zeros_like(ways)
    for given, each in enumerate(chosen):
        tied = int(given == most)
        weight = each[:, None, None]
        more[:, given:, tied:] += weight * ways[:, : ways.shape[1] - given, : ways.shape[2] - tied]
    return more


def product_votes(answers: IntArray, c: FloatArray, options: int) -> FloatArray:
    """Log-probabilities (voters × options) by the founding study's product rule.

    Stated confidence goes to the chosen option and the rest is split equally over the others: 60 % on B
    of four gives .13 .60 .13 .13. Certainty enters as 99 %, and 0 as 1 %. The option with the largest
    product wins, which is the vote weighted by log((m − 1)c/(1 − c)).

    Returns
    -------
    Nats, voters × options.

    References
    ----------
    Bowman et al. (2022), arXiv:2211.03540; Nitzan & Paroush (1982), International Economic Review 23:289.
    """
    sure = np.clip(c, CLIP, 1 - CLIP)[:, None]
    chosen = answers[:, None] == np.arange(options)[None, :]
    return np.asarray(np.log(np.where(chosen, sure, (1 - sure) / (options - 1))), dtype=np.float64)


def draws_for(items: int) -> int:
    """Subsets per item; with many items fewer will do, since their errors average out."""
    return DRAWS if items <= MANY_ITEMS else FEWER_DRAWS


def weighted(votes: FloatArray, right: int, k: int, draws: int = DRAWS) -> tuple[float, FloatArray]:
    """P(option ``right`` has the largest sum of ``votes`` over k of the voters), and the same without each.

    Returns
    -------
    A probability, and one for each voter left out; exact or over seeded subsets (``MOST_SUBSETS``).

    References
    ----------
    As ``product_votes``.
    """
    shares, without = weighted_alike(votes[None], np.array([right]), k, draws)
    return float(shares[0]), without[0]


def weighted_alike(votes: FloatArray, right: IntArray, k: int, draws: int = DRAWS) -> tuple[FloatArray, FloatArray]:
    """``weighted`` of several items with equally many voters: ``votes`` is items × voters × options.

    The subsets that miss a voter are the subsets of the others, so one enumeration serves both.
    """
    items, voters, options = votes.shape
    chosen, missing = _subsets(voters, k, draws)
    flat = votes.transpose(1, 0, 2).reshape(voters, items * options)
    sums = flat[chosen[:, 0]]
    for place in range(1, k):
        sums += flat[chosen[:, place]]
    outcome = won(sums.reshape(len(chosen), items, options), right)
    total = outcome.sum(axis=0)
    places = chosen.ravel()
    with_each = np.array([np.bincount(places, np.repeat(each, k), voters) for each in outcome.T])
    lost = total[:, None] - with_each
    return total / len(chosen), np.where(missing > 0, lost / np.where(missing > 0, missing, 1), np.nan)


def won(sums: FloatArray, right: IntArray) -> FloatArray:
    """1/j where the right option is among the j with the largest sum, else 0; ``sums`` are draws × items × options."""
    above = sums - np.take_along_axis(sums, right[None, :, None], axis=2)
    tied = np.count_nonzero(np.abs(above) <= _TIE, axis=2)
    return np.asarray((above <= _TIE).all(axis=2) / tied, dtype=np.float64)


@lru_cache(maxsize=64)
def _subsets(n: int, k: int, draws: int) -> tuple[IntArray, FloatArray]:
    """All or ``draws`` subsets of k of n: the voters of each, and how many subsets miss each voter."""
    if math.comb(n, k) <= MOST_SUBSETS:
        chosen = np.array(list(itertools.combinations(range(n), k)), dtype=np.intp)
    else:
        chosen = np.random.default_rng([n, k]).random((draws, n)).argpartition(k, axis=1)[:, :k]
    return chosen, len(chosen) - np.bincount(chosen.ravel(), minlength=n).astype(np.float64)


def is_exact(sizes: Iterator[int], k: int) -> bool:
    """Whether a weighted vote of k goes over all subsets for items with so many voters."""
    return all(math.comb(n, k) <= MOST_SUBSETS for n in sizes)
