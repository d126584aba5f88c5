"""Scores of stated confidence ``c`` (0-1, that the given answer is right) against correctness ``y`` (0 or 1).

Everything that depends on bins is a function of five sums per bin (rows, c, y, c squared, c times y), whose
last axis is the bin; leading axes are jackknife replicates. A scale of a few values is binned by value.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.inference import Clusters, FloatArray, IntArray

CENTRES = (0.25, 0.42, 0.60, 0.80, 1.00)
CLIP = 0.01
FEW_VALUES = 11
_BINS = 10
_DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Bins:
    """Each row's bin, and what the bins are called; empty bins are allowed."""

    code: IntArray
    labels: tuple[str, ...]
    kind: str

    @property
    def count(self) -> int:
        return len(self.labels)


def equal_width(c: FloatArray, count: int = _BINS) -> Bins:
    """Bins of equal width over 0-1, closed below; 1 belongs to the last."""
    edges = np.linspace(0, 1, count + 1)
    code = np.minimum(np.floor(c * count + 1e-9).astype(np.intp), count - 1)
    return Bins(code, _ranges(edges), f"{count} bins of equal width")


def equal_mass(c: FloatArray, count: int = _BINS) -> Bins:
    """Bins of about equally many rows; equal values stay together, so there may be fewer bins."""
    # The ⌈n i / count⌉-th smallest, in whole numbers: as a float .3 × 200 is more than 60.
    places = (len(c) * np.arange(count + 1) + count - 1) // count - 1
    edges = np.unique(np.sort(c)[np.maximum(places, 0)])
    code = np.clip(np.searchsorted(edges, c, side="left") - 1, 0, max(len(edges) - 2, 0)).astype(np.intp)
    return Bins(code, _ranges(edges if len(edges) > 1 else np.repeat(edges, 2)), f"{count} bins of equal mass")


def by_value(c: FloatArray, values: FloatArray) -> Bins:
    """One bin for each value of the scale."""
    code = np.abs(c[:, None] - values[None, :]).argmin(axis=1).astype(np.intp)
    return Bins(code, tuple(f"{100 * value:g}" for value in values), f"by value, {len(values)} values")


def founding_bins(c: FloatArray) -> Bins:
    """The founding study's five bins: each confidence at the nearest of 25, 42, 60, 80 and 100 %."""
    nearest = by_value(c, np.array(CENTRES))
    return Bins(nearest.code, nearest.labels, "the five bins of the founding study")


def _ranges(edges: FloatArray) -> tuple[str, ...]:
    return tuple(f"{100 * low:.4g}–{100 * high:.4g}" for low, high in itertools.pairwise(edges))


def bin_sums(bins: Bins, c: FloatArray, y: FloatArray) -> FloatArray:
    """The five sums of every bin: an array (5, bins)."""
    return np.array([np.bincount(bins.code, column, bins.count) for column in _columns(c, y)])


def bin_sums_without(codes: IntArray, bins: Bins, c: FloatArray, y: FloatArray) -> FloatArray:
    """The five sums without each cluster in turn: an array (5, clusters, bins)."""
    groups, width = int(codes.max(initial=-1)) + 1, bins.count
    place = codes * width + bins.code
    whole = bin_sums(bins, c, y)
    parts = [np.bincount(place, column, groups * width).reshape(groups, width) for column in _columns(c, y)]
    return np.array([total - part for total, part in zip(whole, parts, strict=True)])


def _columns(c: FloatArray, y: FloatArray) -> tuple[FloatArray, ...]:
    return np.ones(len(c)), c, y, c * c, c * y


def brier(s: FloatArray) -> FloatArray:
    """Brier score, the mean of (c − y)².

    Returns
    -------
    Squared probability: 0 (perfect) to 1.

    References
    ----------
    Brier (1950), Monthly Weather Review 78:1.
    """
    return _share(s[3] - 2 * s[4] + s[2], s)


def reliability(s: FloatArray) -> FloatArray:
    """Reliability, Σ w_b (c̄_b − ȳ_b)².

    Returns
    -------
    Squared probability: 0 when confidence is right on average in every bin.

    References
    ----------
    Murphy (1973), J. Appl. Meteorol. 12:595.
    """
    return _share(_over(np.square(s[1] - s[2]), s[0]), s)


def resolution(s: FloatArray) -> FloatArray:
    """Resolution, Σ w_b (ȳ_b − ȳ)²: how much accuracy differs between the bins.

    Returns
    -------
    Squared probability, at most the uncertainty; more is better.

    References
    ----------
    Murphy (1973), J. Appl. Meteorol. 12:595.
    """
    base = s[2].sum(axis=-1, keepdims=True) / s[0].sum(axis=-1, keepdims=True)
    return _share(_over(np.square(s[2] - s[0] * base), s[0]), s)


def uncertainty(s: FloatArray) -> FloatArray:
    """Uncertainty, ȳ(1 − ȳ), which no confidence can change.

    Returns
    -------
    Squared probability, 0-0.25.

    References
    ----------
    Murphy (1973), J. Appl. Meteorol. 12:595.
    """
    base = s[2].sum(axis=-1) / s[0].sum(axis=-1)
    return np.asarray(base * (1 - base))


def within_variance(s: FloatArray) -> FloatArray:
    """Mean variance of c inside its bin.

    Returns
    -------
    Squared probability; 0 when binned by value.

    References
    ----------
    Stephenson, Coelho & Jolliffe (2008), Weather and Forecasting 23:752.
    """
    return _share(s[3] - _over(s[1] * s[1], s[0]), s)


def within_covariance(s: FloatArray) -> FloatArray:
    """Mean covariance of c and y inside the bin.

    brier = reliability − resolution + uncertainty + within_variance − 2 within_covariance, exactly.

    Returns
    -------
    Squared probability, of either sign; 0 when binned by value.

    References
    ----------
    Stephenson, Coelho & Jolliffe (2008), Weather and Forecasting 23:752.
    """
    return _share(s[4] - _over(s[1] * s[2], s[0]), s)


def calibration_error(s: FloatArray) -> FloatArray:
    """Expected calibration error, Σ w_b |ȳ_b − c̄_b|.

    Returns
    -------
    Probability, 0-1; above 0 by chance alone, see ``null_error``.

    References
    ----------
    Naeini, Cooper & Hauskrecht (2015), AAAI; Guo et al. (2017), ICML.
    """
    return _share(np.abs(s[1] - s[2]), s)


def founding_error(s: FloatArray, weighted: bool = False) -> FloatArray:
    """The founding study's calibration error: |accuracy − centre| averaged over the bins with answers.

    ``s`` are sums over ``founding_bins``. The paper does not say whether bins are weighted by their
    answers; ``weighted`` does so.

    Returns
    -------
    Probability, 0-1.

    References
    ----------
    Bowman et al. (2022), arXiv:2211.03540.
    """
    gaps = np.abs(_over(s[2], s[0]) - np.array(CENTRES)) * (s[0] > 0)
    weights = s[0] if weighted else (s[0] > 0).astype(float)
    return np.asarray((gaps * weights).sum(axis=-1) / weights.sum(axis=-1))


def log_losses(c: FloatArray, y: FloatArray) -> tuple[FloatArray, int]:
    """−[y ln c + (1 − y) ln(1 − c)] per row, and how many rows were clipped.

    Confidence is clipped to [.01, .99], since a certain error would otherwise weigh infinitely.

    Returns
    -------
    Nats per row; a count.

    References
    ----------
    Good (1952), J. R. Stat. Soc. B 14:107.
    """
    clipped = np.clip(c, CLIP, 1 - CLIP)
    losses = -(y * np.log(clipped) + (1 - y) * np.log(1 - clipped))
    return losses, int(((c < CLIP) | (c > 1 - CLIP)).sum())


def null_error(bins: Bins, c: FloatArray) -> float:
    """Expected calibration error of a perfectly calibrated rater with these confidences, rows independent.

    By a seeded parametric simulation y* ~ Bernoulli(c), c rounded to 0.001 for speed.

    Returns
    -------
    Probability, 0-1: the mean over draws.

    References
    ----------
    Bröcker & Smith (2007), Weather and Forecasting 22:651 (consistency resampling).
    """
    rng = np.random.default_rng(1)
    place = bins.code * 1001 + np.rint(1000 * c).astype(np.intp)
    cells, counts = np.unique(place, return_counts=True)
    chances, home = (cells % 1001) / 1000, cells // 1001
    surplus = rng.binomial(counts, chances, (_DRAWS, len(cells))) - counts * chances
    total = np.zeros(_DRAWS)
    for code in np.unique(home):
        total += np.abs(surplus[:, home == code].sum(axis=1))
    return float(total.mean() / len(c))


def crossed_null_and_square(bins: Bins, c: FloatArray, y: FloatArray, clusters: Clusters) -> tuple[float, float]:
    """Null expectation of the error and the debiased squared error, where rows are crossed.

    With v_b the two-way variance (not floored) of ȳ_b − c̄_b: Σ w_b √(2 v_b/π) and
    Σ w_b [(ȳ_b − c̄_b)² − v_b]. Bins with one row take no part in either.

    Returns
    -------
    Probability; squared probability, below 0 by chance.

    References
    ----------
    As ``independent_square``, with the two-way variance of Cameron, Gelbach & Miller (2011), JBES 29:238.
    """
    null = square = rows = 0.0
    for code in np.unique(bins.code):
        mine = bins.code == code
        n = int(mine.sum())
        if n < 2:
            continue
        gap = y[mine] - c[mine]
        variance = _two_way((gap - gap.mean()) / n, clusters.only(mine))
        null += n * float(np.sqrt(2 * max(variance, 0.0) / np.pi))
        square += n * (float(gap.mean()) ** 2 - variance)
        rows += n
    return (null / rows, square / rows) if rows else (float("nan"), float("nan"))


def independent_square(s: FloatArray) -> float:
    """Debiased squared error Σ w_b [(ȳ_b − c̄_b)² − ȳ_b(1 − ȳ_b)/(n_b − 1)], for independent rows.

    Returns
    -------
    Squared probability, below 0 by chance; bins with one row take no part.

    References
    ----------
    Kumar, Liang & Ma (2019), NeurIPS.
    """
    some = s[:, s[0] > 1]
    if not some.size:
        return float("nan")
    n, share = some[0], some[2] / some[0]
    square = np.square(share - some[1] / n) - share * (1 - share) / (n - 1)
    return float((n * square).sum() / n.sum())


def concordance(scope: IntArray, c: FloatArray, y: FloatArray) -> tuple[float, Callable[[IntArray], FloatArray]]:
    """AUROC of confidence: P(c higher on a right than on a wrong answer), ties one half.

    Only pairs with the same ``scope`` count: one scope for everybody, or one for each person.

    Returns
    -------
    Share of pairs, 0-1 (.5 tells nothing apart); and the function that gives it without each cluster in turn.

    References
    ----------
    Fleming & Lau (2014), Frontiers in Human Neuroscience 8:443.
    """
    wins, pairs = _against(scope, c, y), _opposites(scope, y)

    def replicates(codes: IntArray) -> FloatArray:
        groups = int(codes.max(initial=-1)) + 1
        both = np.unique(codes * (int(scope.max(initial=0)) + 1) + scope, return_inverse=True)[1]
        inner_wins, inner_pairs = _against(both, c, y), _opposites(both, y)
        won = wins.sum() / 2 - np.bincount(codes, wins, groups) + np.bincount(codes, inner_wins, groups) / 2
        met = pairs.sum() / 2 - np.bincount(codes, pairs, groups) + np.bincount(codes, inner_pairs, groups) / 2
        return _over(won, met, float("nan"))

    total = float(pairs.sum())
    return (float(wins.sum()) / total if total else float("nan")), replicates


def _against(scope: IntArray, c: FloatArray, y: FloatArray) -> FloatArray:
    """Per row, the pairs with rows of the other kind that go the right way, ties counting one half."""
    return _wins(scope, c, y) + _wins(scope, -c, 1 - y)


def _wins(scope: IntArray, c: FloatArray, y: FloatArray) -> FloatArray:
    """For rows with y = 1, how many rows with y = 0 of the scope lie lower, plus half of those equal."""
    order = np.lexsort((c, scope))
    group, value, below = scope[order], c[order], np.concatenate([[0.0], np.cumsum(1 - y[order])])
    new_group = np.concatenate([[True], group[1:] != group[:-1]])
    new_tie = new_group | np.concatenate([[True], value[1:] != value[:-1]])
    starts = np.flatnonzero(new_tie)
    tie, ends = np.cumsum(new_tie) - 1, np.append(starts[1:], len(order))
    group_start = np.flatnonzero(new_group)[np.cumsum(new_group) - 1]
    lower = below[starts[tie]] - below[group_start]
    equal = below[ends[tie]] - below[starts[tie]]
    wins = np.empty(len(order))
    wins[order] = y[order] * (lower + equal / 2)
    return wins


def _opposites(scope: IntArray, y: FloatArray) -> FloatArray:
    right, wrong = np.bincount(scope, y), np.bincount(scope, 1 - y)
    return np.asarray(np.where(y == 1, wrong[scope], right[scope]), dtype=np.float64)


def _two_way(influence: FloatArray, clusters: Clusters) -> float:
    def one_way(codes: IntArray) -> float:
        sums = np.bincount(codes, influence)
        return len(sums) / max(len(sums) - 1, 1) * float(sums @ sums)

    if clusters.participants == 1:
        return one_way(clusters.item)
    return one_way(clusters.participant) + one_way(clusters.item) - one_way(clusters.cell)


def _share(parts: FloatArray, s: FloatArray) -> FloatArray:
    return np.asarray(parts.sum(axis=-1) / s[0].sum(axis=-1))


def _over(top: FloatArray, bottom: FloatArray, empty: float = 0.0) -> FloatArray:
    """top / bottom, ``empty`` where the denominator is 0."""
    return np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1), empty)
