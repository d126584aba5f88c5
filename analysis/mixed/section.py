"""The mixed model as a section of the results: what the assistant changes, for people and items like these."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.effects import stayers
from analysis.effort import Effort, left_out
from analysis.exclusions import clusters, outcome
from analysis.inference import Clusters, Estimate, FloatArray, Spec, interval_of, t_quantile, undefined
from analysis.load import Package
from analysis.mixed.fit import Fit, Refused, fit, marginal
from analysis.plan import Plan, Row, Section

if TYPE_CHECKING:
    import pandas as pd

_ENDS = np.array([1.0, -0.5]), np.array([1.0, 0.5])
_PREVIEW = "preview (nAGQ=0): biased towards 0 by some per cent, spreads taken as known"
_WITHOUT_SLOPES = "for comparison: without arm slopes the interval is too short where the effect differs by item"
_COVERAGE = "coverage not established"
_METHOD = "crossed logistic mixed model, {kind}, average marginal effect, delta method, t"


def mixed_model(package: Package, plan: Plan, trials: pd.DataFrame, effort: Effort = "auto") -> Section:
    """Rows per task and assisted arm, with arm slopes (primary) and with intercepts alone.

    logit P(right) = ``intercept`` + ``effect_logits`` × (±½) + person + item, with normal spreads ``sd_people``,
    ``sd_items`` and of their arm slopes ``sd_people_slope``, ``sd_items_slope`` (``fit``); ``deviance`` = −2 log L.
    ``estimate`` is the average marginal effect, ``assisted_share`` − ``unaided_share`` over people and items drawn from
    where these came from (``marginal``); ``odds_ratio`` = exp(effect_logits) is the conditional one, which is further
    from 1 than a marginal one. The rows are those of the primary contrast: stayers within subjects, a trial without an
    answer counts as wrong. ``effort`` "auto" leaves the model out above 20,000 rows.

    Returns
    -------
    Section
        Differences and shares of 1; logits; an odds ratio. t intervals with min(people, items) − 1 df.

    References
    ----------
    Those of ``fit`` and ``marginal``.
    """
    if not plan.unaided:
        return Section(reason="no arm without an assistant to compare with")
    if reason := left_out(effort, len(trials)):
        return Section(reason=reason)
    rows = [
        _row(plan, frame, task, arm, slopes, effort == "preview")
        for arm in plan.assisted
        for task in sorted(trials["task"].unique())
        for frame in [_frame(plan, trials, task, arm)]
        if frame["arm"].nunique() == len(_ENDS)
        for slopes in (True, False)
    ]
    rows.sort(key=lambda row: (row["task"], plan.arms.index(row["arm"]), not row["primary"]))
    return Section(rows, "" if rows else "no task has main trials in both arms")


def _frame(plan: Plan, trials: pd.DataFrame, task: str, arm: str) -> pd.DataFrame:
    pair = (arm, plan.unaided)
    frame = trials[(trials["task"] == task) & trials["arm"].isin(pair)]
    frame = frame[frame["scored"].notna()] if plan.first.timeouts == "missing" else frame
    return stayers(frame, pair) if plan.design == "within" else frame


def _row(plan: Plan, frame: pd.DataFrame, task: str, arm: str, slopes: bool, preview: bool) -> Row:
    groups, spec = clusters(frame), plan.spec(timeouts=plan.first.timeouts)
    aided = np.asarray(frame["arm"] == arm, dtype=np.float64)
    right, _ = outcome(frame, "composite")
    row = {
        "task": task,
        "name": f"{arm} - {plan.unaided}",
        "arm": arm,
        "unaided": plan.unaided,
        "model": "slopes" if slopes else "intercepts",
        "people": "stayers" if plan.design == "within" else "all",
        "primary": slopes,
    }
    return row | _fitted(right, aided, groups, replace(spec, population="random"), slopes, preview)


def _fitted(right: FloatArray, aided: FloatArray, groups: Clusters, spec: Spec, slopes: bool, preview: bool) -> Row:
    design = np.column_stack([np.ones(len(aided)), aided - 0.5])
    without, notes = _unidentified(aided, groups) if slopes else ((), (_WITHOUT_SLOPES,))
    spec = spec.noted(*notes, _PREVIEW if preview else "", _COVERAGE)
    try:
        _refuse_separated(right, aided, groups)
        found = fit(right, design, groups.participant, groups.item, design if slopes else None,
                    without=without, preview=preview)  # fmt: skip
    except Refused as reason:
        return undefined(str(reason), groups, spec, len(right)).as_row() | _cells(None, None, spec)
    estimate = _effect(found, groups, spec.noted(*_caveats(found)), slopes, len(right))
    return estimate.as_row() | _cells(found, estimate, spec)


def _refuse_separated(right: FloatArray, aided: FloatArray, groups: Clusters) -> None:
    for side in (0, 1):
        share = right[aided == side].mean()
        if share in (0, 1):
            raise Refused(f"every {'assisted' if side else 'unaided'} answer is {'right' if share else 'wrong'}")
    if min(groups.participants, groups.items) < len(_ENDS) + 1:
        raise Refused("fewer than 3 people or item clusters")


def _unidentified(aided: FloatArray, groups: Clusters) -> tuple[tuple[tuple[int, int], ...], tuple[str, ...]]:
    """Slopes that no data could tell: of people who have one arm only, of items that have one arm only."""
    named = ((0, "people", groups.participant), (1, "item", groups.item))
    single = [(factor, name) for factor, name, codes in named if not _crossed(aided, codes)]
    places = tuple((factor, 1) for factor, _ in single)
    return places, tuple(f"{name} slopes are not identified and left out" for _, name in single)


def _crossed(aided: FloatArray, codes: np.ndarray[tuple[int], np.dtype[np.intp]]) -> bool:
    """Whether some level has both arms."""
    share = np.bincount(codes, aided) / np.bincount(codes)
    return bool(((share > 0) & (share < 1)).any())


def _effect(found: Fit, groups: Clusters, spec: Spec, slopes: bool, n: int) -> Estimate:
    sized = marginal(_widened(found), *_ENDS)
    method = _METHOD.format(kind="arm slopes" if slopes else "intercepts alone")
    return interval_of(sized.difference, sized.se, groups, spec, n, method)


def _widened(found: Fit) -> Fit:
    """The fit with a column of zeros for arm slopes where it has none."""
    width = len(_ENDS[0])
    return found if found.sd.shape[1] == width else replace(found, sd=np.pad(found.sd, ((0, 0), (0, 1))))


def _caveats(found: Fit) -> tuple[str, ...]:
    return (
        "singular fit: a spread is estimated as 0" if found.singular else "",
        "" if found.converged else "the optimiser did not converge: do not rely on this row",
    )


def _cells(found: Fit | None, estimate: Estimate | None, spec: Spec) -> Row:
    """The model's own numbers: logits, spreads, the odds ratio with its interval (t on the log scale)."""
    names = ("odds_ratio", "odds_ratio_low", "odds_ratio_high", "unaided_share", "assisted_share",
             "intercept", "effect_logits", "effect_logits_se", "sd_people", "sd_people_slope", "sd_items",
             "sd_items_slope", "deviance", "singular", "converged", "preview")  # fmt: skip
    if found is None or estimate is None:
        return dict.fromkeys(names)
    wide, beta, se = _widened(found), float(found.beta[1]), float(found.se[1])
    both = marginal(wide, *_ENDS)
    reach = t_quantile(spec.level, estimate.df or 1) * se
    odds = [math.exp(beta), math.exp(beta - reach), math.exp(beta + reach)]
    spreads = [float(sd) for sd in wide.sd.ravel()]
    if found.sd.shape[1] == 1:
        spreads = [spreads[0], None, spreads[2], None]  # type: ignore[list-item]
    rest = [found.deviance, found.singular, found.converged, found.preview]
    cells = [*odds, both.first, both.second, float(found.beta[0]), beta, se, *spreads, *rest]
    return dict(zip(names, cells, strict=True))
