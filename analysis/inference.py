"""Intervals for statistics of crossed data: every answer belongs to one person and to one item.

The default is the two-way cluster-robust variance of Cameron, Gelbach & Miller (2011): participants plus
items minus their cells, each with the factor G/(G-1), never below the larger one-way variance, and a t
quantile with min(participants, items) - 1 degrees of freedom. Ratios of sums use the closed form over
influence values, any other smooth statistic the two-way jackknife. Whoever asks about these very items
only (``population="fixed"``) gets the participant-clustered interval. Ratios of sums and their differences may
have the pigeonhole bootstrap's interval instead (``Spec.pigeonhole``).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np

from analysis.estimates import BoolArray as BoolArray
from analysis.estimates import Clusters as Clusters
from analysis.estimates import Estimate as Estimate
from analysis.estimates import FloatArray as FloatArray
from analysis.estimates import IntArray as IntArray
from analysis.estimates import Population as Population
from analysis.estimates import Spec as Spec
from analysis.estimates import groups
from analysis.pigeonhole import drawn_ratios

Scale = Literal["identity", "logit", "log"]

FEW = 10
TOO_FEW = 3
LITTLE_BEYOND = "says little beyond these people"
PLAIN = Spec()


@dataclass(frozen=True, slots=True)
class _Spread:
    variance: float
    df: int
    method: str
    note: str = ""


def ratio(
    numerator: FloatArray,
    denominator: FloatArray,
    clusters: Clusters,
    spec: Spec = PLAIN,
    scale: Scale = "identity",
) -> Estimate:
    """Σ numerator / Σ denominator; rows whose denominator is 0 take no part.

    Returns
    -------
    Estimate
        In the unit of the quotient; undefined when the sum of denominators is 0.

    References
    ----------
    Cameron, Gelbach & Miller (2011), J. Bus. Econ. Stat. 29:238; influence of row r: (top − value × bottom)/Σ bottom.
    """
    rows = denominator != 0
    used = clusters.only(rows)
    top, bottom = numerator[rows], denominator[rows]
    if not rows.any() or bottom.sum() == 0:
        return undefined("nothing in the denominator", used, spec, len(top))
    value = float(top.sum() / bottom.sum())
    if spec.pigeonhole is not None:
        return _resampled(value, np.column_stack([top, bottom]), used, spec, scale)
    influence = (top - value * bottom) / bottom.sum()
    return _estimate(value, _closed_form(influence, used, spec), used, spec, len(top), scale)


def proportion(hits: FloatArray, among: FloatArray, clusters: Clusters, spec: Spec = PLAIN) -> Estimate:
    """Share of ``hits`` (0/1) in the rows where ``among`` is 1, logit(p) ± t SE/(p(1 − p)).

    Returns
    -------
    Estimate
        A share, 0-1.

    References
    ----------
    As ``ratio``.
    """
    return ratio(hits * among, among, clusters, spec, scale="logit")


def difference(
    first: tuple[FloatArray, FloatArray],
    second: tuple[FloatArray, FloatArray],
    clusters: Clusters,
    spec: Spec = PLAIN,
) -> Estimate:
    """Difference of two ratios of sums, each (numerator, denominator), over the same rows.

    Returns
    -------
    Estimate
        In the unit of the quotients; undefined when a side has no rows.

    References
    ----------
    As ``ratio``; the influence of a row is the difference of its influences.
    """
    rows = (first[1] != 0) | (second[1] != 0)
    used = clusters.only(rows)
    parts = [(top[rows], bottom[rows]) for top, bottom in (first, second)]
    if any(bottom.sum() == 0 for _, bottom in parts):
        return undefined("one side has no rows", used, spec, int(rows.sum()))
    values = [float(top.sum() / bottom.sum()) for top, bottom in parts]
    if spec.pigeonhole is not None:
        return _resampled(values[0] - values[1], np.column_stack([*parts[0], *parts[1]]), used, spec, "identity")
    influences = [(top - value * bottom) / bottom.sum() for value, (top, bottom) in zip(values, parts, strict=True)]
    spread = _closed_form(influences[0] - influences[1], used, spec)
    return _estimate(values[0] - values[1], spread, used, spec, int(rows.sum()), "identity")


def jackknife(
    statistic: Callable[[BoolArray], float | None],
    clusters: Clusters,
    spec: Spec = PLAIN,
    scale: Scale = "identity",
) -> Estimate:
    """Two-way delete-one-cluster interval for any smooth statistic of the kept rows.

    ``statistic`` takes a mask of rows and returns ``None`` where it is undefined; an undefined replicate
    leaves the estimate without an interval. Not for medians and other quantiles.

    Returns
    -------
    Estimate
        In the statistic's unit, variance Σ (G − 1)/G (θ₋g − θ)² over people plus items minus cells.

    References
    ----------
    MacKinnon, Nielsen & Webb (2024), arXiv:2406.08880.
    """
    everything = np.ones(len(clusters.cell), dtype=bool)
    value = statistic(everything) if len(everything) else None
    if value is None:
        return undefined("the statistic is undefined for these rows", clusters, spec, len(everything))

    def variance(codes: IntArray) -> float:
        return _deleted(statistic, codes, value)

    spread = _combine(variance, clusters, spec, "jackknife")
    if math.isnan(spread.variance):
        spec = spec.noted("no interval: the statistic is undefined without some person or item")
    return _estimate(value, spread, clusters, spec, len(everything), scale)


def jackknife_of(
    value: float | None,
    replicates: Callable[[IntArray], FloatArray],
    clusters: Clusters,
    spec: Spec = PLAIN,
    scale: Scale = "identity",
    n: int | None = None,
) -> Estimate:
    """As ``jackknife``, for statistics that yield all leave-one-out values at once.

    ``replicates`` takes cluster codes and gives the statistic without each cluster in turn (nan where it
    is undefined); this is what makes large tables quick.

    Returns
    -------
    Estimate
        As ``jackknife``.

    References
    ----------
    As ``jackknife``.
    """
    rows = len(clusters.cell) if n is None else n
    if value is None or math.isnan(value):
        return undefined("the statistic is undefined for these rows", clusters, spec, rows)

    def variance(codes: IntArray) -> float:
        gaps, size = replicates(codes) - value, groups(codes)
        return (size - 1) / size * float(gaps @ gaps)

    spread = _combine(variance, clusters, spec, "jackknife")
    if math.isnan(spread.variance) and spread.method != "none":
        spec = spec.noted("no interval: the statistic is undefined without some person or item")
    return _estimate(value, spread, clusters, spec, rows, scale)


def sums_without(codes: IntArray, columns: FloatArray) -> FloatArray:
    """Column sums (last axis) without each cluster in turn (first axis)."""
    sums = np.column_stack([np.bincount(codes, column) for column in columns.T])
    return np.asarray(columns.sum(axis=0) - sums, dtype=np.float64)


def interval_of(value: float, se: float, clusters: Clusters, spec: Spec, n: int, method: str) -> Estimate:
    """A value whose standard error comes from elsewhere, with a t interval of the smaller factor's clusters."""
    df = min(clusters.participants, clusters.items) - 1
    return _estimate(value, _Spread(se * se, df, method), clusters, spec, n, "identity")


def undefined(reason: str, clusters: Clusters, spec: Spec, n: int = 0) -> Estimate:
    """An estimate that does not exist, and why."""
    return Estimate(
        estimate=None,
        low=None,
        high=None,
        level=spec.level,
        se=None,
        df=None,
        method="none",
        n=n,
        participants=clusters.participants,
        items=clusters.items,
        population=spec.population,
        timeouts=spec.timeouts,
        exclusions=spec.exclusions,
        notes="; ".join(("undefined: " + reason, *spec.notes)),
    )


def _closed_form(influence: FloatArray, clusters: Clusters, spec: Spec) -> _Spread:
    def variance(codes: IntArray) -> float:
        sums = np.bincount(codes, influence)
        return len(sums) / (len(sums) - 1) * float(sums @ sums)

    return _combine(variance, clusters, spec, "CR1")


def _combine(variance: Callable[[IntArray], float], clusters: Clusters, spec: Spec, kind: str) -> _Spread:
    """One-way or two-way variance as ``spec`` wants it; nan where a needed dimension is too small."""
    by_item, by_person = spec.people == "these", spec.population == "fixed"
    sizes = [clusters.items] * (not by_person) + [clusters.participants] * (not by_item)
    df = min(sizes, default=0) - 1
    if min(sizes, default=0) < TOO_FEW:
        return _Spread(math.nan, max(df, 0), "none", f"no interval with fewer than {TOO_FEW} clusters")
    if by_person:
        return _Spread(variance(clusters.participant), df, f"participant-clustered {kind}, t")
    if by_item:
        return _Spread(variance(clusters.item), df, f"item-clustered {kind}, t", LITTLE_BEYOND)
    person, item = variance(clusters.participant), variance(clusters.item)
    one_way, two_way = max(person, item), person + item - variance(clusters.cell)
    note = "two-way variance floored at the larger one-way variance" if two_way < one_way else ""
    return _Spread(max(two_way, one_way), df, f"two-way {kind}, t", note)


def _resampled(value: float, columns: FloatArray, clusters: Clusters, spec: Spec, scale: Scale) -> Estimate:
    """Percentile interval of a ratio of sums (two columns) or of the difference of two (four)."""
    spread = _combine(lambda codes: 0.0, clusters, spec, "")
    if math.isnan(spread.variance) or (scale == "logit" and not 0 < value < 1):
        return _estimate(value, spread, clusters, spec, len(columns), scale)
    drawn, note = drawn_ratios(columns, clusters, spec)
    spread = replace(spread, variance=float(drawn.var(ddof=1)), method="pigeonhole bootstrap")
    found = _estimate(value, spread, clusters, spec.noted(note), len(columns), "identity")
    low, high = np.quantile(drawn, [0.5 - spec.level / 2, 0.5 + spec.level / 2])
    return found if found.low is None else replace(found, low=float(low), high=float(high))


def _deleted(statistic: Callable[[BoolArray], float | None], codes: IntArray, value: float) -> float:
    size = groups(codes)
    replicates = [statistic(codes != group) for group in range(size)]
    if any(replicate is None for replicate in replicates):
        return math.nan
    gaps = np.array([float(replicate or 0.0) for replicate in replicates]) - value
    return (size - 1) / size * float(gaps @ gaps)


def _estimate(value: float, spread: _Spread, clusters: Clusters, spec: Spec, n: int, scale: Scale) -> Estimate:
    se = math.sqrt(spread.variance) if spread.variance >= 0 else None
    low, high, why = _interval(value, se, spread.df, spec.level, scale, clusters)
    return Estimate(
        estimate=value,
        low=low,
        high=high,
        level=spec.level,
        se=se,
        df=spread.df if se is not None else None,
        method=spread.method,
        n=n,
        participants=clusters.participants,
        items=clusters.items,
        population=spec.population,
        timeouts=spec.timeouts,
        exclusions=spec.exclusions,
        notes="; ".join(note for note in (*spec.notes, spread.note, why, _small(clusters, spec)) if note),
    )


def _interval(
    value: float, se: float | None, df: int, level: float, scale: Scale, clusters: Clusters
) -> tuple[float | None, float | None, str]:
    if se is None:
        return None, None, ""
    if scale == "logit" and not 0 < value < 1:
        return None, None, _rule_of_three(value, min(clusters.participants, clusters.items))
    if se == 0:
        return None, None, "no interval: the rows show no variation"
    reach = t_quantile(level, df) * se
    if scale == "identity" or (scale == "log" and value <= 0):
        return value - reach, value + reach, ""
    if scale == "log":
        return value * math.exp(-reach / value), value * math.exp(reach / value), ""
    centre, reach = math.log(value / (1 - value)), reach / (value * (1 - value))
    return _expit(centre - reach), _expit(centre + reach), ""


def _rule_of_three(value: float, clusters: int) -> str:
    bound = f"at least {1 - 3 / clusters:.2f}" if value >= 1 else f"at most {3 / clusters:.2f}"
    share = "all" if value >= 1 else "none"
    if clusters <= TOO_FEW:
        return f"{share} of them: no interval"
    return f"{share} of them: no interval; rule of three over {clusters} clusters: {bound}"


def _small(clusters: Clusters, spec: Spec) -> str:
    if spec.people == "random" and clusters.participants < FEW:
        return f"fewer than {FEW} people: {LITTLE_BEYOND}"
    if spec.population == "random" and clusters.items < FEW:
        return f"fewer than {FEW} item clusters: the interval is unreliable"
    return ""


@cache
def t_quantile(level: float, df: int) -> float:
    """How many standard errors a two-sided interval reaches."""
    from scipy.special import stdtrit

    return float(stdtrit(df, 0.5 + level / 2))


def _expit(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))
