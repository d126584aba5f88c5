"""Reliance by what a person had seen of the assistant so far: assisted trials, wrong briefs, wrong ones shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from analysis.exclusions import as_numbers, clusters
from analysis.inference import FloatArray, proportion
from analysis.load import Package
from analysis.plan import Plan, Row, Section

if TYPE_CHECKING:
    import pandas as pd

SEEN = ("assisted_trials_before", "wrong_briefs_before", "wrong_revealed_before")
_LEVELS = (("0", 0, 0), ("1–2", 1, 2), ("3–5", 3, 5), ("6–10", 6, 10), ("11+", 11, 10**9))


def exposure(package: Package, plan: Plan, trials: pd.DataFrame) -> Section:
    """Rows per task, assisted arm, kind of exposure (``seen``) and level of it.

    ``estimate`` and ``over_reliance`` = P(answer = option | option wrong), ``under_reliance`` = P(answer ≠ option |
    option right), ``accuracy`` = right answers / trials, by the drawn brief where there is one, else by the last
    recommendation. Exposure grows with time in the study and with a person's own choices, so the rows describe and do
    not compare.

    Returns
    -------
    Section
        Shares of trials, 0-1, by ``inference.proportion``.

    References
    ----------
    As ``reliance``.
    """
    column = next((name for name in ("brief_target", "assistant_answer") if _filled(trials, name)), "")
    if not column or not {"answer", "gold"} <= set(trials):
        return Section(reason="needs the columns answer, gold, and brief_target or assistant_answer")
    seen = [name for name in SEEN if _filled(trials, name)]
    if not seen:
        return Section(reason=f"needs one of the columns {' '.join(SEEN)}")
    rows = [
        row
        for task in sorted(trials["task"].unique())
        for arm in plan.assisted
        for row in _of_arm(plan, trials[(trials["task"] == task) & (trials["arm"] == arm)], task, arm, column, seen)
    ]
    return Section(rows, "" if rows else "no assisted trial has been opened")


def _filled(frame: pd.DataFrame, name: str) -> bool:
    return name in frame and bool(frame[name].notna().any())


def _of_arm(plan: Plan, frame: pd.DataFrame, task: str, arm: str, column: str, seen: list[str]) -> Iterator[Row]:
    for name in seen:
        before = as_numbers(frame[name])
        for level, least, most in _LEVELS:
            mine = (before >= least) & (before <= most)
            if mine.any():
                start: Row = {"task": task, "arm": arm, "basis": column, "seen": name, "level_of": level}
                yield start | {"primary": False} | _row(plan, frame[mine], column)


def _row(plan: Plan, frame: pd.DataFrame, column: str) -> Row:
    groups, spec = clusters(frame), plan.spec(notes=("descriptive",))
    known = as_numbers(frame[column].notna() & frame["gold"].notna())
    right: FloatArray = known * as_numbers((frame[column] == frame["gold"]).fillna(False))
    followed = as_numbers((frame["answer"] == frame[column]).fillna(False))
    correct = np.nan_to_num(frame["scored"].to_numpy(dtype=float))
    over = proportion(followed, known - right, groups, spec)
    under = proportion(1 - followed, right, groups, spec)
    accuracy = proportion(correct, np.ones(len(frame)), groups, spec)
    row = over.as_row()
    for name, each in {"over_reliance": over, "under_reliance": under, "accuracy": accuracy}.items():
        row |= {name: each.estimate, f"{name}_low": each.low, f"{name}_high": each.high, f"{name}_n": each.n}
    return row
