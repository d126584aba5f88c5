"""What people do with the assistant's answer: follow it or not, when it is right and when it is wrong.

By ``brief`` (primary, randomised): all opened assisted main trials, by the option that was drawn for the
assistant, whether or not it argued for it. Where wrong briefs stand only on items that a model misses, the brief was
randomised on those items alone: then ``missed`` is primary, the same over the trials whose brief was drawn, and
``brief`` confounds the brief with the item. By the ``first`` and ``last`` recommendation: as received, not
randomised, since what people write decides what they get. The five shares (followed_right, ignored_right,
followed_wrong, ignored_wrong, no_advice) are of all these trials and sum to one; a trial without any
recommendation is no_advice, never filled in. A trial without a counted answer followed nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from analysis.exclusions import Variant, as_numbers, clusters, variants
from analysis.inference import BoolArray, Clusters, Estimate, FloatArray, Spec, difference, proportion, undefined
from analysis.load import Package
from analysis.plan import Plan, Row, Section
from analysis.uptake import uptake

if TYPE_CHECKING:
    import pandas as pd

_BASES = {
    "missed": ("brief_target", "by the drawn brief, on items that the model misses (randomised)"),
    "brief": ("brief_target", "by the drawn brief (randomised)"),
    "first": ("assistant_first_answer", "as received, not randomised"),
    "last": ("assistant_answer", "as received, not randomised"),
}
_BY_BRIEF = ("missed", "brief")
_PARTLY = "by the brief: wrong only on items that the model misses, confounded with item"
_FIXED = "by the brief: right or wrong by rule, not randomised"
NOT_MISSED = "not_missed"  # the stratum of briefs that a rule made right, in packages without `brief_drawn`
SHARES = ("followed_right", "ignored_right", "followed_wrong", "ignored_wrong", "no_advice")


def reliance(package: Package, plan: Plan, trials: pd.DataFrame) -> Section:
    """Rows per task, assisted arm and basis (see the module); the option is the brief or the recommendation.

    ``estimate`` and ``over_reliance`` = P(answer = option | option wrong); ``under_reliance`` = P(answer ≠ option |
    option right); ``accuracy_right`` and ``accuracy_wrong`` = P(right answer | option right, wrong), ``accuracy_gap``
    their difference. Of all trials: ``followed_right ignored_right followed_wrong ignored_wrong no_advice``, which sum
    to 1. With an initial answer: ``rair`` = P(right at the end | wrong start, option right) and ``rsr`` = P(right at
    the end | right start, option wrong). ``agreement switch_fraction over_reliance_after_other
    right_start_followed_wrong dprime criterion`` are those of ``uptake``.

    Returns
    -------
    Section
        Shares of the trials counted in ``<name>_n``, 0-1, pooled over people, by ``inference.proportion``; the gap a
        difference of shares; ``dprime`` and ``criterion`` in standard deviations. ``None`` without such a trial.

    References
    ----------
    Schemmer et al. (2023), IUI, arXiv:2302.02187 (RAIR, RSR); those of ``uptake`` and
    ``inference.proportion``.
    """
    if "answer" not in trials or not ({"gold"} | {"brief_correct"}) & set(trials):
        return Section(reason="needs the columns answer and gold (or brief_correct)")
    rows: list[Row] = []
    for variant, frame in variants(package, trials):
        if variant.timeouts == "composite" and variant.rows == "opened":
            rows += [row for arm in plan.assisted for row in _of_arm(plan, variant, frame, arm)]
    rows.sort(key=lambda row: (row["task"], plan.arms.index(row["arm"]), list(_BASES).index(row["basis"])))
    return Section(rows, "" if rows else "no brief was drawn and no recommendation recorded")


def _of_arm(plan: Plan, variant: Variant, frame: pd.DataFrame, arm: str) -> list[Row]:
    rows = []
    for task in sorted(frame["task"].unique()):
        here = frame[(frame["task"] == task) & (frame["arm"] == arm)]
        for basis, among, label in _bases(here):
            spec = plan.spec(timeouts=variant.timeouts, exclusions=variant.exclusions, notes=(label,))
            main = "brief" if basis == "brief" and label != _PARTLY else "missed"
            start = {"task": task, "arm": arm, "basis": basis, "primary": variant.primary and basis == main}
            rows.append(start | _row(among, basis, _BASES[basis][0], spec))
    return rows


def _bases(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame, str]]:
    """What trials can be told apart by: its name, the trials, and how it came about."""
    chance = _left_to_chance(frame)
    mixed = bool(chance.any() and not chance.all())
    for basis, (column, label) in _BASES.items():
        if column not in frame or not frame[column].notna().any() or (basis == "missed" and not mixed):
            continue
        if basis == "brief" and not chance.all():
            label = _PARTLY if mixed else _FIXED
        yield basis, frame[_drawn(frame)] if basis == "missed" else frame, label


def _left_to_chance(frame: pd.DataFrame) -> BoolArray:
    """Of the trials with a brief, whether chance decided if it was right."""
    known = frame["brief_target"].notna().to_numpy() if "brief_target" in frame else np.zeros(len(frame), dtype=bool)
    chance: BoolArray = _drawn(frame)[known]
    return chance


def _drawn(frame: pd.DataFrame) -> BoolArray:
    """Per row; where the package does not say so, all but the stratum of items that the model does not miss."""
    if "brief_drawn" in frame and frame["brief_drawn"].notna().any():
        return np.asarray(as_numbers(frame["brief_drawn"]) == 1)
    if "brief_stratum" in frame:
        return np.asarray((frame["brief_stratum"] != NOT_MISSED).fillna(True), dtype=bool)
    return np.ones(len(frame), dtype=bool)


def _row(frame: pd.DataFrame, basis: str, column: str, spec: Spec) -> Row:
    marks, groups = _marks(frame, basis, column), clusters(frame)
    named = {name: proportion(hits, among, groups, spec) for name, (hits, among) in _statistics(marks).items()}
    named["accuracy_gap"] = _gap(marks, groups, spec)
    named |= _from_initial(frame, marks, groups, spec) | uptake(frame, column, marks, groups, spec)
    row: Row = named["over_reliance"].as_row()
    for name, estimate in named.items():
        row |= _cells(name, estimate)
    row["notes"] = "; ".join(filter(None, [row["notes"], *_reasons(named)]))
    return row


def _marks(frame: pd.DataFrame, basis: str, column: str) -> dict[str, FloatArray]:
    """0/1 per row: the target's correctness, whether it was followed, whether there was any advice."""
    target = frame[column]
    right = _target_right(frame, basis, column)
    known = target.notna().to_numpy() & ~np.isnan(right)
    first = frame.get("assistant_first_answer", target)
    advised = first.notna().to_numpy() if basis in _BY_BRIEF else known
    masks = {
        "right": known & (right == 1),
        "wrong": known & (right == 0),
        "followed": (frame["answer"] == target).fillna(False).to_numpy(dtype=bool) & known,
        "advised": advised & known,
        "all": np.ones(len(frame), dtype=bool) if basis not in _BY_BRIEF else known,
        "correct": frame["scored"].to_numpy(dtype=float) == 1,
    }
    return {name: mask.astype(float) for name, mask in masks.items()}


def _target_right(frame: pd.DataFrame, basis: str, column: str) -> FloatArray:
    """1, 0 or nan; from the key, or from the package's own mark where the key is not given."""
    if "gold" in frame:
        right = (frame[column] == frame["gold"]).astype(float)
        return as_numbers(right.where(frame["gold"].notna() & frame[column].notna()))
    mark = {**dict.fromkeys(_BY_BRIEF, "brief_correct"), "last": "assistant_correct"}.get(basis, "")
    if mark not in frame:
        return np.full(len(frame), np.nan)
    return as_numbers(frame[mark])


def _statistics(m: Mapping[str, FloatArray]) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Hits and the rows among which they are counted, per statistic."""
    return {
        "followed_right": (m["advised"] * m["right"] * m["followed"], m["all"]),
        "ignored_right": (m["advised"] * m["right"] * (1 - m["followed"]), m["all"]),
        "followed_wrong": (m["advised"] * m["wrong"] * m["followed"], m["all"]),
        "ignored_wrong": (m["advised"] * m["wrong"] * (1 - m["followed"]), m["all"]),
        "no_advice": (1 - m["advised"], m["all"]),
        "over_reliance": (m["followed"], m["wrong"]),
        "under_reliance": (1 - m["followed"], m["right"]),
        "accuracy_right": (m["correct"], m["right"]),
        "accuracy_wrong": (m["correct"], m["wrong"]),
    }


def _gap(m: Mapping[str, FloatArray], groups: Clusters, spec: Spec) -> Estimate:
    return difference((m["correct"] * m["right"], m["right"]), (m["correct"] * m["wrong"], m["wrong"]),
                      groups, spec)  # fmt: skip


def _from_initial(
    frame: pd.DataFrame, m: Mapping[str, FloatArray], groups: Clusters, spec: Spec
) -> dict[str, Estimate]:
    """RAIR and RSR (Schemmer et al. 2023): right at the end after a wrong start and right advice, and after
    a right start and wrong advice."""
    if "initial_correct" not in frame or frame["initial_correct"].isna().all():
        nothing = undefined("no initial answer was asked for", groups, spec)
        return {"rair": nothing, "rsr": nothing}
    start = as_numbers(frame["initial_correct"])
    wrong_start, right_start = (start == 0).astype(float), (start == 1).astype(float)
    return {
        "rair": proportion(m["correct"], wrong_start * m["right"], groups, spec),
        "rsr": proportion(m["correct"], right_start * m["wrong"], groups, spec),
    }


def _cells(name: str, estimate: Estimate) -> Row:
    return {
        name: estimate.estimate,
        f"{name}_low": estimate.low,
        f"{name}_high": estimate.high,
        f"{name}_n": estimate.n,
    }


def _reasons(named: Mapping[str, Estimate]) -> list[str]:
    return [f"{name} {estimate.notes.split('; ')[0]}" for name, estimate in named.items() if estimate.estimate is None]
