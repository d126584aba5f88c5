"""From planned to answered: how many trials of each arm were opened, answered, and ended by the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.exclusions import clusters, flag, planned_trials
from analysis.inference import proportion
from analysis.load import Package
from analysis.plan import Plan, Row, Section

if TYPE_CHECKING:
    import pandas as pd

POOLED = "all arms"


def flow(package: Package, plan: Plan, trials: pd.DataFrame, *, by_arm: bool = True) -> Section:
    """Rows per task and arm: ``estimate`` = trials answered / trials planned (opened, where no plan is in the package).

    Counts of main trials: ``planned opened answered unanswered timed_out timed_out_with_answer``; of people:
    ``people_planned people_opened``. ``by_arm=False`` pools the arms.

    Returns
    -------
    Section
        Shares of trials, 0-1, by ``inference.proportion``; counts.

    References
    ----------
    Schulz, Altman & Moher (2010), CONSORT 2010 statement, BMJ 340:c332; the interval as in
    ``inference.proportion``.
    """
    planned = planned_trials(package)
    rows = []
    everything = trials if planned is None else planned
    for task in sorted(everything["task"].unique()):
        for arm in plan.arms if by_arm else (POOLED,):
            rows.append(_row(plan, _cut(trials, task, arm), _cut(planned, task, arm), task, arm))
    return Section(rows, "" if rows else "no main trial was planned or opened")


def _cut(frame: pd.DataFrame | None, task: str, arm: str) -> pd.DataFrame | None:
    if frame is None:
        return None
    return frame[(frame["task"] == task) & ((frame["arm"] == arm) | (arm == POOLED))]


def _row(plan: Plan, opened: pd.DataFrame | None, planned: pd.DataFrame | None, task: str, arm: str) -> Row:
    assert opened is not None
    base = opened if planned is None else planned
    answered = base["answered"].to_numpy().astype(np.float64)
    share = proportion(answered, np.ones(len(base)), clusters(base), plan.spec())
    timed_out = flag(opened, "timed_out")
    unanswered = ~opened["answered"].to_numpy(dtype=bool)
    return {
        "task": task,
        "arm": arm,
        "planned": None if planned is None else len(planned),
        "opened": len(opened),
        "answered": int((~unanswered).sum()),
        "unanswered": int(unanswered.sum()),
        "timed_out": int(timed_out.sum()) if "timed_out" in opened else None,
        "timed_out_with_answer": int((timed_out & ~unanswered).sum()) if "timed_out" in opened else None,
        "people_opened": int(opened["participant_id"].nunique()),
        "people_planned": None if planned is None else int(planned["participant_id"].nunique()),
        **share.as_row(),
    }
