"""How long trials take: times that the clock cut off are censored, never taken for finished ones."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from analysis.effects import stayers
from analysis.exclusions import as_numbers, clusters, flag
from analysis.inference import (
    BoolArray,
    Clusters,
    Estimate,
    FloatArray,
    IntArray,
    Spec,
    difference,
    proportion,
    ratio,
    undefined,
)
from analysis.load import Package
from analysis.plan import Plan, Row, Section

if TYPE_CHECKING:
    import pandas as pd

NEEDS = "needs the column seconds"
_POINTS = 24
_FIFTHS = 5
_FEWEST = 50
_HALF = 0.5 + 1e-9  # a product of many shares may miss one half by its rounding
_NO_ESTIMATE = "a time limit is set, not estimated"


def timing(package: Package, plan: Plan, trials: pd.DataFrame) -> Section:
    """Rows per task and arm: ``estimate`` is the median time to an answer.

    ``censored`` trials were cut off by the clock. The median is the first time at which the Kaplan–Meier curve reaches
    one half; its interval inverts the pointwise two-way intervals of the curve. ``mean_seconds`` of all trials as they
    stand, of which ``mean_paused_seconds`` are pauses, ``mean_clock_seconds`` the rest and ``mean_reply_wait_seconds``
    waiting for replies. ``rate_correct`` = right answers / minutes of trial time. ``time_ratio`` = geometric mean
    time / that of the unaided arm (stayers within subjects), cut-off times entering as they stand.

    Returns
    -------
    Section
        Seconds; right answers per minute; a ratio without unit. Means and rates by ``inference.ratio`` on logs.

    References
    ----------
    Kaplan & Meier (1958), J. Am. Stat. Assoc. 53:457; Brookmeyer & Crowley (1982), Biometrics 38:29; Woltz & Was
    (2006), Mem. Cogn. 34:668 (rate).
    """
    if not _timed(trials):
        return Section(reason=NEEDS)
    rows = [_row(plan, frame, trials, task, arm) for task, arm, frame in _cuts(plan, trials)]
    return Section(rows, "" if rows else NEEDS + " with values")


def timing_curves(package: Package, plan: Plan, trials: pd.DataFrame) -> Section:
    """Three kinds of rows per task and arm. ``kind`` survival: ``estimate`` = share of trials without an answer at
    ``seconds`` (Kaplan–Meier). ``kind`` fifth: accuracy of counted answers by ``fifth`` of time within the arm, at its
    mean ``seconds`` (conditional accuracy; descriptive). ``kind`` limit: a time limit in ``seconds`` and ``n`` trials
    under it.

    Returns
    -------
    Section
        Shares, 0-1; seconds.

    References
    ----------
    Kaplan & Meier (1958), J. Am. Stat. Assoc. 53:457; Heitz (2014), Front. Neurosci. 8:150 (conditional accuracy).
    """
    if not _timed(trials):
        return Section(reason=NEEDS)
    rows: list[Row] = []
    for task, arm, frame in _cuts(plan, trials):
        start: Row = {"task": task, "arm": arm, "primary": False}
        parts = (*_survival_rows(plan, frame), *_fifths(plan, frame), *_limits(plan, frame))
        rows += [start | row for row in parts]
    return Section(rows, "" if rows else NEEDS + " with values")


@dataclass(frozen=True, slots=True)
class Survival:
    """The Kaplan-Meier curve (1958) of some trials, and what each trial contributes to it.

    ``points`` are the distinct times at which some trial ended, ``steps`` S before the first and just after each,
    ``hazard`` the running sum of d/(Y(Y − d)), with Y the trials still open and d those ending. Per trial:
    ``place``, how many points its time has reached, and ``own``, 1/(Y − d) at its end, 0 where it was cut off.
    """

    times: FloatArray
    points: FloatArray
    steps: FloatArray
    hazard: FloatArray
    place: IntArray
    own: FloatArray

    @classmethod
    def of(cls, times: FloatArray, ended: BoolArray) -> Survival:
        points, deaths = np.unique(times[ended], return_counts=True)
        open_then = len(times) - np.searchsorted(np.sort(times), points, side="left")
        left = np.maximum(open_then - deaths, 0.5)
        place = np.searchsorted(points, times, side="right")
        own = np.zeros(len(times))
        own[ended] = 1 / left[place[ended] - 1]
        return cls(
            times=times,
            points=points,
            steps=np.concatenate([[1.0], np.cumprod(1 - deaths / open_then)]),
            hazard=np.concatenate([[0.0], np.cumsum(deaths / (open_then * left))]),
            place=place,
            own=own,
        )

    def at(self, time: float) -> tuple[float, FloatArray]:
        """S(t), and each trial's influence on it.

        Influence −S(t)[δ 1{T ≤ t}/(Y(T) − d(T)) − Σ_{t_j ≤ min(T, t)} d_j/(Y_j(Y_j − d_j))]; its sum of squares
        is Greenwood's variance, and clusters may be summed.

        Returns
        -------
        A share of trials, 0-1; shares per trial.

        References
        ----------
        Kaplan & Meier (1958), J. Am. Stat. Assoc. 53:457; Greenwood (1926), Rep. Public Health Med. Subj. 33:1.
        """
        reached = int(np.searchsorted(self.points, time, side="right"))
        survival = float(self.steps[reached])
        term = self.own * (self.times <= time) - self.hazard[np.minimum(self.place, reached)]
        return survival, -survival * term


def _timed(trials: pd.DataFrame) -> bool:
    return "seconds" in trials and bool(trials["seconds"].notna().any())


def _cuts(plan: Plan, trials: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    for task in sorted(trials["task"].unique()):
        for arm in plan.arms:
            frame = trials[(trials["task"] == task) & (trials["arm"] == arm) & trials["seconds"].notna()]
            if len(frame):
                yield task, arm, frame


def _ended(frame: pd.DataFrame) -> BoolArray:
    """Trials that the person ended; all others are censored. Without a column that tells, all ended."""
    if "closed_by" in frame and frame["closed_by"].notna().any():
        return (frame["closed_by"] == "participant").to_numpy(dtype=bool)
    return ~flag(frame, "timed_out")


def _row(plan: Plan, frame: pd.DataFrame, trials: pd.DataFrame, task: str, arm: str) -> Row:
    groups, spec = clusters(frame), plan.spec()
    seconds, one = frame["seconds"].to_numpy(dtype=float), np.ones(len(frame))
    scored = np.nan_to_num(frame["scored"].to_numpy(dtype=float))
    paused = as_numbers(frame["clock_paused_seconds"]) if "clock_paused_seconds" in frame else None
    median = _median(frame, groups, spec)
    named = {
        "mean_seconds": ratio(seconds, one, groups, spec, "log"),
        "mean_paused_seconds": _mean(paused, groups, spec),
        "mean_clock_seconds": _mean(None if paused is None else seconds - paused, groups, spec),
        "mean_reply_wait_seconds": _mean(
            as_numbers(frame["reply_wait_seconds"]) if "reply_wait_seconds" in frame else None, groups, spec
        ),
        "rate_correct": ratio(scored, seconds / 60, groups, spec, "log"),
        "time_ratio": _time_ratio(plan, trials[trials["task"] == task], arm),
    }
    ended = _ended(frame)
    row: Row = {"task": task, "arm": arm, "primary": True, "censored": int((~ended).sum()), **median.as_row()}
    for name, each in named.items():
        row |= {name: each.estimate, f"{name}_low": each.low, f"{name}_high": each.high}
    return row


def _mean(values: FloatArray | None, groups: Clusters, spec: Spec) -> Estimate:
    if values is None or np.isnan(values).all():
        return undefined("not recorded", groups, spec)
    known = ~np.isnan(values)
    return ratio(np.nan_to_num(values), known.astype(float), groups, spec, "log")


def _time_ratio(plan: Plan, trials: pd.DataFrame, arm: str) -> Estimate:
    """Geometric mean time of the arm over that of the unaided arm."""
    both = trials[trials["arm"].isin((arm, plan.unaided)) & (trials["seconds"] > 0)]
    if plan.design == "within" and plan.unaided:
        both = stayers(both, (arm, plan.unaided))
    groups, spec = clusters(both), plan.spec()
    if arm == plan.unaided or not plan.unaided:
        return undefined("the arm itself", groups, spec)
    mine, logs = as_numbers(both["arm"] == arm), np.log(both["seconds"].to_numpy(dtype=float))
    found = difference((logs * mine, mine), (logs * (1 - mine), 1 - mine), groups, spec)
    return _exponential(found)


def _exponential(found: Estimate) -> Estimate:
    ends = (None if value is None else float(np.exp(value)) for value in (found.estimate, found.low, found.high))
    estimate, low, high = ends
    return replace(found, estimate=estimate, low=low, high=high, se=None)


def _median(frame: pd.DataFrame, groups: Clusters, spec: Spec) -> Estimate:
    seconds, ended = frame["seconds"].to_numpy(dtype=float), _ended(frame)
    base = ratio(seconds, np.ones(len(seconds)), groups, spec)
    if not ended.any():
        return undefined("no trial was ended by its participant", groups, spec, len(seconds))
    curve = Survival.of(seconds, ended)
    blank = replace(base, se=None, method=f"Kaplan–Meier; {base.method}", low=None, high=None)
    if curve.steps[-1] > _HALF:
        return replace(blank, estimate=None, notes="undefined: fewer than half of the trials were ended in time")

    def reached(end: str, at: float) -> bool:
        bound = getattr(_at(curve, at, groups, spec), end)
        return bound is not None and bound <= _HALF

    low, high = (_first(curve.points, partial(reached, end)) for end in ("low", "high"))
    return replace(blank, estimate=float(curve.points[np.argmax(curve.steps[1:] <= _HALF)]), low=low, high=high)


def _first(points: FloatArray, reached: Callable[[float], bool]) -> float | None:
    """The first time at which a falling bound has reached one half, by bisection."""
    place = bisect.bisect_left(range(len(points)), True, key=lambda place: reached(float(points[place])))
    return float(points[place]) if place < len(points) else None


def _at(curve: Survival, at: float, groups: Clusters, spec: Spec) -> Estimate:
    """The curve at one time: S as a ratio of sums of pseudo-values S + n × influence."""
    survival, influence = curve.at(at)
    pseudo = survival + len(influence) * influence
    return ratio(np.asarray(pseudo), np.ones(len(influence)), groups, spec, scale="logit")


def _survival_rows(plan: Plan, frame: pd.DataFrame) -> Iterator[Row]:
    seconds, groups = frame["seconds"].to_numpy(dtype=float), clusters(frame)
    curve = Survival.of(seconds, _ended(frame))
    for at in np.unique(np.quantile(seconds, np.linspace(0, 1, _POINTS + 1), method="inverted_cdf")):
        found = _at(curve, float(at), groups, plan.spec())
        yield {"kind": "survival", "fifth": None, "seconds": float(at), **found.as_row()}


def _fifths(plan: Plan, frame: pd.DataFrame) -> Iterator[Row]:
    counted = frame[frame["scored"].notna()]
    if len(counted) < _FEWEST:
        return
    seconds = counted["seconds"].to_numpy(dtype=float)
    place = np.minimum(np.argsort(np.argsort(seconds, kind="stable"), kind="stable") * _FIFTHS // len(seconds), 4)
    scored, groups = counted["scored"].to_numpy(dtype=float), clusters(counted)
    for fifth in range(_FIFTHS):
        mine = place == fifth
        found = proportion(scored, mine.astype(float), groups, plan.spec(timeouts="missing", notes=("descriptive",)))
        yield {"kind": "fifth", "fifth": fifth + 1, "seconds": float(seconds[mine].mean()), **found.as_row()}


def _limits(plan: Plan, frame: pd.DataFrame) -> Iterator[Row]:
    """The clock of these trials, as it was before anybody's multiplier and pauses."""
    if "time_limit_seconds" not in frame:
        return
    times = as_numbers(frame["time_multiplier"].fillna(1)) if "time_multiplier" in frame else np.ones(len(frame))
    limits = np.round(as_numbers(frame["time_limit_seconds"]) / times, 3)
    for limit, count in zip(*np.unique(limits[~np.isnan(limits)], return_counts=True), strict=True):
        found = undefined(_NO_ESTIMATE, clusters(frame), plan.spec(), int(count))
        yield {"kind": "limit", "fifth": None, "seconds": float(limit), **found.as_row()}
