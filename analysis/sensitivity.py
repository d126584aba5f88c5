"""Contrasts that nobody randomised: how strong what was not measured would have to be to explain them away.

The mean-outcome sensitivity model (Rambachan, Coston & Kennedy 2022, arXiv:2212.09844) bounds what the rows of
the other side would have scored by a multiple of what this side's rows scored; the E-value (VanderWeele & Ding
2017) asks the same of one confounder in risk ratios. Of a randomised contrast neither is computed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from analysis.effects import stayers
from analysis.exclusions import as_numbers, clusters, outcome
from analysis.inference import Clusters, Estimate, FloatArray, IntArray, Spec, ratio
from analysis.load import Package
from analysis.plan import Plan, Row, Section

if TYPE_CHECKING:
    import pandas as pd

GAMMAS = (1.0, 1.05, 1.1, 1.2, 1.35, 1.5, 2.0)
RANDOMISED = "refused for the contrasts of arms: they were randomised, so there is no confounding to bound"
_WIDEST = 1e6
_LEAST = 2
_INCLUDES = "the interval includes no difference as it is"
_NEVER = "no Γ tips it: the share of a side that is never right has no multiples"


@dataclass(frozen=True)
class Contrast:
    """Rows of two sides: ``first`` is 1 on one and 0 on the other; ``strata`` are codes of what is held equal."""

    right: FloatArray
    first: FloatArray
    strata: IntArray
    clusters: Clusters

    @cached_property
    def sums(self) -> FloatArray:
        """Per stratum the right and all rows of the first side, then of the other: (strata, 4)."""
        parts = (self.first * self.right, self.first, (1 - self.first) * self.right, 1 - self.first)
        return np.column_stack([np.bincount(self.strata, part) for part in parts])

    @property
    def means(self) -> tuple[float, float]:
        """Shares of right answers on both sides, standardised to all rows' strata: Σ_x p(x) μ_a(x).

        Returns
        -------
        Two shares, 0-1.

        References
        ----------
        Rambachan, Coston & Kennedy (2022), arXiv:2212.09844, at Γ = 1.
        """
        n = self.sums[:, 1] + self.sums[:, 3]
        first, other = (float((n * self.sums[:, k] / self.sums[:, k + 1]).sum() / n.sum()) for k in (0, 2))
        return first, other


def sensitivity(package: Package, plan: Plan, trials: pd.DataFrame) -> Section:
    """Rows per contrast and ``gamma``: ``estimate`` is the difference, within categories where both sides have them.

    ``bound_low`` to ``bound_high`` are ``bounds`` at Γ, ``set_low`` to ``set_high`` their interval. Primary is Γ = 1,
    which assumes that nothing unmeasured differs; it carries ``tipping_gamma`` and ``tipping_delta``
    (``Bounded.tipping``), ``risk_ratio``, ``e_value`` and ``e_value_limit`` (``e_values``). Contrasts: assisted minus
    unaided where the arms were not randomised, and within an assisted arm right minus wrong last recommendation, which
    is as received. Unanswered trials are wrong.

    Returns
    -------
    Section
        Differences of shares; Γ, risk ratio and E-values without unit.

    References
    ----------
    Rambachan, Coston & Kennedy (2022), arXiv:2212.09844; VanderWeele & Ding (2017), Ann. Intern. Med. 167:268.
    """
    refused = _randomised(package)
    rows = [] if refused else [row for arm in plan.assisted if plan.unaided for row in _of_arms(plan, trials, arm)]
    rows += [row for arm in plan.assisted for row in _as_received(plan, trials, arm)]
    return Section(rows, RANDOMISED if refused else "" if rows else "no contrast that was not randomised")


def bounds(sums: FloatArray, gamma: float) -> tuple[FloatArray, FloatArray]:
    """Bounds on E[Y(1)] − E[Y(0)] in shares of 1 under the mean-outcome sensitivity model.

    Parameters
    ----------
    sums : (..., strata, 4), per stratum x the right and all rows of side 1, then of side 0.
    gamma : Γ ≥ 1. μ_a(x)/Γ ≤ E[Y(a) | other side, x] ≤ min(1, Γ μ_a(x)), that is
        δ_a(x) = (1/Γ − 1) μ_a(x) and (Γ − 1) μ_a(x).

    Returns
    -------
    Lower and upper bound, from E[Y(a)] = Σ_x p(x) [μ_a(x) + P(A ≠ a | x) δ_a(x)]; nan where a stratum lacks a side.

    References
    ----------
    Rambachan, Coston & Kennedy (2022), arXiv:2212.09844. Γ → ∞ gives Manski's (1990) bounds from above.
    """
    right, n, right_other, n_other = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean, mean_other = right / n, right_other / n_other
    seen = right - right_other
    low = seen + n_other * mean / gamma - n * np.minimum(gamma * mean_other, 1)
    high = seen + n_other * np.minimum(gamma * mean, 1) - n * mean_other / gamma
    total = (n + n_other).sum(axis=-1)
    return low.sum(axis=-1) / total, high.sum(axis=-1) / total


def e_value(risk_ratio: float) -> float:
    """RR + √(RR (RR − 1)), of 1/RR below 1: what one confounder would need to explain a risk ratio away.

    Returns
    -------
    float
        The risk ratio, no unit, that it would need with both the side and the outcome; 1 is none.

    References
    ----------
    VanderWeele & Ding (2017), Annals of Internal Medicine 167:268.
    """
    if risk_ratio <= 0:
        return math.inf
    ratio = max(risk_ratio, 1 / risk_ratio)
    return ratio + math.sqrt(ratio * (ratio - 1))


class Bounded:
    """The bounds of one contrast for any Γ, each with its two-way interval from influence values."""

    def __init__(self, contrast: Contrast, spec: Spec) -> None:
        self.contrast, self.spec = contrast, replace(spec, pigeonhole=None)

    def end(self, gamma: float, upper: bool) -> Estimate:
        """The lower or upper bound at Γ as an estimate: the mean of what each row adds to n × the bound.

        Returns
        -------
        Estimate
            A difference of shares; two-way interval of the influence values.

        References
        ----------
        As ``bounds`` and ``inference.ratio``.
        """
        c = self.contrast
        slopes = _slopes(c.sums, gamma, upper)[c.strata]
        mine = np.where(c.first == 1, slopes[:, 0] * c.right + slopes[:, 1], slopes[:, 2] * c.right + slopes[:, 3])
        return ratio(mine, np.ones(len(mine)), c.clusters, self.spec)

    def reach(self, gamma: float, upper: bool) -> float | None:
        """The lower end of the lower bound's interval, or the upper end of the upper bound's.

        Returns
        -------
        A difference of shares; ``None`` without an interval.

        References
        ----------
        As ``Bounded.end``.
        """
        found = self.end(gamma, upper)
        return found.high if upper else found.low

    def tipping(self) -> tuple[float | None, float | None]:
        """The smallest Γ, and the smallest added difference δ, with which the interval reaches 0.

        δ: E[Y(a) | other side, x] within μ_a(x) ± δ for both sides moves the whole interval by δ.

        Returns
        -------
        Γ without unit, δ in shares. (1, 0) where it reaches 0 as it is; ``None`` without an interval, Γ also where no
        multiple reaches.

        References
        ----------
        Rambachan, Coston & Kennedy (2022), arXiv:2212.09844.
        """
        plain = self.end(1.0, upper=False)
        if plain.estimate is None or plain.low is None or plain.high is None:
            return None, None
        if plain.low <= 0 <= plain.high:
            return 1.0, 0.0
        return self._root(upper=plain.estimate < 0), min(abs(plain.low), abs(plain.high))

    def _root(self, upper: bool) -> float | None:
        """``None`` where no multiple of a share reaches: that of a side which is never right stays 0."""
        from scipy import optimize

        def nearest(log_gamma: float) -> float:
            return self.reach(math.exp(log_gamma), upper) or 0.0

        if nearest(0.0) * nearest(math.log(_WIDEST)) > 0:
            return None
        return math.exp(optimize.brentq(nearest, 0.0, math.log(_WIDEST), xtol=1e-10))


def _slopes(sums: FloatArray, gamma: float, upper: bool) -> FloatArray:
    """Derivative of n × the bound by each of a stratum's four sums; the bound is linear in them to first order,
    and homogeneous, so that sums times slopes give it back."""
    if upper:
        return -_slopes(sums[:, [2, 3, 0, 1]], gamma, upper=False)[:, [2, 3, 0, 1]]
    right, n, right_other, n_other = sums.T
    inside = gamma * right_other < n_other
    return np.column_stack([
        1 + n_other / (n * gamma),
        -n_other * right / (n**2 * gamma) - np.minimum(gamma * right_other / n_other, 1),
        -1 - inside * gamma * n / n_other,
        right / (n * gamma) + inside * gamma * n * right_other / n_other**2,
    ])  # fmt: skip


def _randomised(package: Package) -> bool:
    """Whether the platform drew who met which arm; a fixed order of arms is no draw."""
    return bool(package.manifest.get("unit_of_assignment")) and package.manifest.get("arm_order") != "fixed"


def _of_arms(plan: Plan, trials: pd.DataFrame, arm: str) -> Iterator[Row]:
    pair = (arm, plan.unaided)
    for task in sorted(trials["task"].unique()):
        frame = trials[(trials["task"] == task) & trials["arm"].isin(pair)]
        frame = stayers(frame, pair) if plan.design == "within" else frame
        start = {"task": task, "name": f"{arm} - {plan.unaided}", "arm": arm, "basis": "arms",
                 "people": "stayers" if plan.design == "within" else "all"}  # fmt: skip
        yield from _rows(plan, frame, as_numbers(frame["arm"] == arm), start)


def _as_received(plan: Plan, trials: pd.DataFrame, arm: str) -> Iterator[Row]:
    if not {"assistant_answer", "gold"} <= set(trials):
        return
    for task in sorted(trials["task"].unique()):
        frame = trials[(trials["task"] == task) & (trials["arm"] == arm)]
        frame = frame[frame["assistant_answer"].notna() & frame["gold"].notna()]
        good = as_numbers(frame["assistant_answer"] == frame["gold"])
        start = {"task": task, "name": "right - wrong recommendation", "arm": arm, "basis": "last", "people": "all"}
        yield from _rows(plan, frame, good, start)


def _rows(plan: Plan, frame: pd.DataFrame, first: FloatArray, start: Row) -> Iterator[Row]:
    if not 0 < first.sum() < len(first):
        return
    strata, note = _strata(frame, first)
    right, _ = outcome(frame, "composite")
    spec = plan.spec(notes=tuple(filter(None, (note,))))
    bounded = Bounded(Contrast(right, first, strata, clusters(frame)), spec)
    plain = bounded.end(1.0, upper=False)
    for gamma in GAMMAS:
        low, high = (bounded.end(gamma, upper) for upper in (False, True))
        yield start | {"primary": gamma == 1, "gamma": gamma, **plain.as_row(),
                       "bound_low": low.estimate, "bound_high": high.estimate, "set_low": low.low,
                       "set_high": high.high, **_tipping(bounded, plain, gamma)}  # fmt: skip


def _tipping(bounded: Bounded, plain: Estimate, gamma: float) -> Row:
    """Tipping points and E-values beside the primary row, with a note where there is nothing to tip."""
    names = ("tipping_gamma", "tipping_delta", "risk_ratio", "e_value", "e_value_limit")
    if gamma != 1:
        return dict.fromkeys(names)
    tip = bounded.tipping()
    found = dict(zip(names, (*tip, *e_values(bounded.contrast.means, plain)), strict=True))
    why = _INCLUDES if tip[1] == 0 else _NEVER if tip[0] is None and tip[1] is not None else ""
    return found | {"notes": "; ".join(filter(None, [plain.notes, why]))}


def e_values(means: tuple[float, float], found: Estimate) -> tuple[float | None, float | None, float | None]:
    """Risk ratio, its E-value, and that of the interval's end nearest to no difference (1 when it includes it).

    The ends of the difference become risk ratios at the observed share of the other side.

    Returns
    -------
    Three ratios without unit; ``None`` where a side is never right, the last also without an interval.

    References
    ----------
    VanderWeele & Ding (2017), Annals of Internal Medicine 167:268.
    """
    base = means[1]
    if not base or not means[0]:
        return None, None, None
    ratio = means[0] / base
    if found.low is None or found.high is None:
        return ratio, e_value(ratio), None
    if found.low <= 0 <= found.high:
        return ratio, e_value(ratio), 1.0
    nearest = found.low if found.low > 0 else found.high
    return ratio, e_value(ratio), e_value((base + nearest) / base)


def _strata(frame: pd.DataFrame, first: FloatArray) -> tuple[IntArray, str]:
    """Codes of ``category`` where both sides of each have two people and two item clusters; else one stratum."""
    whole = np.zeros(len(frame), dtype=np.intp)
    if "category" not in frame or frame["category"].isna().any():
        return whole, "nothing measured is held equal"
    cells = frame.assign(side=first).groupby(["category", "side"], observed=True)
    sizes = cells[["participant_id", "item_cluster"]].nunique()
    codes = np.unique(frame["category"].to_numpy(dtype=str), return_inverse=True)[1].astype(np.intp)
    if len(sizes) < 2 * (int(codes.max()) + 1) or (sizes < _LEAST).to_numpy().any():
        return whole, "nothing measured is held equal: some category has too few rows on a side"
    return codes, "category held equal" if codes.max() else ""
