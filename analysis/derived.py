"""Intervals of what is made of several differences: the smaller of two, a quotient of two, a margin."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from analysis.inference import TOO_FEW, Clusters, Estimate, FloatArray, IntArray, Spec, t_quantile, undefined

Side = tuple[FloatArray, FloatArray]
_UNBOUNDED = "Fieller's set is unbounded: the gap itself is not told from 0"


def intersection_union(first: Estimate, second: Estimate) -> Estimate:
    """The smaller of two differences, as assisted minus the better of two others.

    Returns
    -------
    Estimate
        In the unit of the differences, with the interval [min of the lower, min of the upper bounds]: its lower
        bound exceeds 0 only where both do, which needs no adjustment for asking twice.

    References
    ----------
    Berger (1982), Multiparameter hypothesis testing and acceptance sampling, Technometrics 24:295.
    """
    smaller = min((first, second), key=lambda each: math.inf if each.estimate is None else each.estimate)
    if first.estimate is None or second.estimate is None:
        lacking = first if first.estimate is None else second
        return replace(lacking, low=None, high=None, se=None)
    known = None not in (first.low, first.high, second.low, second.high)
    return replace(
        smaller,
        low=min(first.low or 0.0, second.low or 0.0) if known else None,
        high=min(first.high or 0.0, second.high or 0.0) if known else None,
        se=None,
        df=min(first.df, second.df) if first.df and second.df else None,
        n=max(first.n, second.n),
        participants=max(first.participants, second.participants),
        items=max(first.items, second.items),
        method=f"intersection–union of {smaller.method}",
        notes="; ".join(dict.fromkeys([*_notes(first), *_notes(second)])),
    )


def _notes(estimate: Estimate) -> list[str]:
    return [note for note in estimate.notes.split("; ") if note]


def gap_recovered(team: Side, base: Side, ceiling: Side | float, clusters: Clusters, spec: Spec) -> Estimate:
    """(team − base)/(ceiling − base), the performance gap recovered, by Fieller's interval.

    Each side is (numerator, denominator) over the same rows; a constant ceiling has no variance.

    Returns
    -------
    Estimate
        A share of the gap: 1 means as good as the ceiling. Without an interval where the gap is not told from 0.

    References
    ----------
    Burns et al. (2023), Weak-to-strong generalization, arXiv:2312.09390; Fieller (1954), J. R. Stat. Soc. B 16:175.
    """
    rows = len(clusters.cell)
    sides = [team, base] if isinstance(ceiling, float) else [team, base, ceiling]
    if any(bottom.sum() == 0 for _, bottom in sides):
        return undefined("one side has no rows", clusters, spec, rows)
    values, influences = zip(*(_mean(side) for side in sides), strict=True)
    top, bottom = values[0] - values[1], (ceiling if isinstance(ceiling, float) else values[2]) - values[1]
    if bottom == 0:
        return undefined("the base is as good as the ceiling", clusters, spec, rows)
    raised = np.zeros(rows) if isinstance(ceiling, float) else influences[2]
    pair = np.column_stack([influences[0] - influences[1], raised - influences[1]])
    return _fieller(top, bottom, pair, clusters, spec)


def _mean(side: Side) -> tuple[float, FloatArray]:
    value = float(side[0].sum() / side[1].sum())
    return value, np.asarray((side[0] - value * side[1]) / side[1].sum(), dtype=np.float64)


def _fieller(top: float, bottom: float, influences: FloatArray, clusters: Clusters, spec: Spec) -> Estimate:
    value, df = top / bottom, _df(clusters, spec)
    blank = replace(undefined("", clusters, spec, len(influences)), estimate=value, notes="; ".join(spec.notes))
    if df < TOO_FEW - 1:
        return replace(blank, notes="; ".join([*spec.notes, f"no interval with fewer than {TOO_FEW} clusters"]))
    v = _covariance(influences, np.array([1.0, -value]), clusters, spec)
    t = t_quantile(spec.level, df)
    a = bottom**2 - t**2 * v[1, 1]
    b = top * bottom - t**2 * v[0, 1]
    c = top**2 - t**2 * v[0, 0]
    direction = np.array([1.0, -value])
    found = replace(blank, df=df, method="Fieller, t", se=math.sqrt(max(direction @ v @ direction, 0)) / abs(bottom))
    if a <= 0:
        return replace(found, notes="; ".join([*spec.notes, _UNBOUNDED]))
    reach = math.sqrt(max(b * b - a * c, 0.0))
    return replace(found, low=(b - reach) / a, high=(b + reach) / a)


def _df(clusters: Clusters, spec: Spec) -> int:
    sizes = [clusters.items] * (spec.population != "fixed") + [clusters.participants] * (spec.people != "these")
    return min(sizes, default=0) - 1


def _covariance(influences: FloatArray, direction: FloatArray, clusters: Clusters, spec: Spec) -> FloatArray:
    """Two-way (CR1) covariance of the columns, floored like a single variance along ``direction``."""
    person, item = _crossed(influences, clusters.participant), _crossed(influences, clusters.item)
    if spec.population == "fixed":
        return person
    if spec.people == "these":
        return item
    both = person + item - _crossed(influences, clusters.cell)
    return max((both, person, item), key=lambda matrix: float(direction @ matrix @ direction))


def _crossed(influences: FloatArray, codes: IntArray) -> FloatArray:
    sums = np.column_stack([np.bincount(codes, column) for column in influences.T])
    return np.asarray(len(sums) / max(len(sums) - 1, 1) * sums.T @ sums, dtype=np.float64)


def not_worse(difference: Estimate, margin: float | None) -> bool | None:
    """Whether the lower bound of a difference lies above −margin; ``None`` without a margin or an interval.

    Returns
    -------
    bool or None
        Of a difference and a margin in shares of 1.

    References
    ----------
    Piaggio et al. (2012), Reporting of noninferiority and equivalence randomized trials, JAMA 308:2594.
    """
    return None if margin is None or difference.low is None else difference.low > -margin
