"""How often the answers of each arm are right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.exclusions import Variant, clusters, outcome, variants, weighed
from analysis.inference import FEW, Estimate, ratio
from analysis.load import Package
from analysis.plan import Plan, Row, Section

if TYPE_CHECKING:
    import pandas as pd


def accuracy(package: Package, plan: Plan, trials: pd.DataFrame) -> Section:
    """Rows per task, arm and variant: ``estimate`` = right answers / opened main trials.

    The primary one comes first, with few people also an item-only one. A trial without a counted answer is wrong;
    variants leave it out (``timeouts`` missing) or bound it (lowest, highest), see ``exclusions.outcome``.

    Returns
    -------
    Section
        Shares of trials, 0-1, by ``inference.ratio`` on the logit scale.

    References
    ----------
    Cameron, Gelbach & Miller (2011), J. Bus. Econ. Stat. 29:238 (interval); Manski (1990), Am. Econ. Rev. 80:319
    (bounds).
    """
    rows: list[Row] = []
    for variant, frame in variants(package, trials, plan.first):
        for task in sorted(trials["task"].unique()):
            for arm in plan.arms:
                rows += _rows(plan, variant, frame[(frame["task"] == task) & (frame["arm"] == arm)], task, arm)
    rows.sort(key=lambda row: (row["task"], plan.arms.index(row["arm"]), not row["primary"]))
    return Section(rows, "" if rows else "no main trial has been opened")


def _rows(plan: Plan, variant: Variant, frame: pd.DataFrame, task: str, arm: str) -> list[Row]:
    if frame.empty:
        return []
    estimates = [_estimate(plan, variant, frame)]
    if variant.primary and plan.population == "random" and estimates[0].participants < FEW:
        estimates.append(_estimate(plan, variant, frame, "these"))
    return [
        {"task": task, "arm": arm, "rows": variant.rows, "weights": variant.weights,
         "primary": variant.primary and place == 0, **estimate.as_row()}
        for place, estimate in enumerate(estimates)
    ]  # fmt: skip


def _estimate(plan: Plan, variant: Variant, frame: pd.DataFrame, people: str = "random") -> Estimate:
    spec = plan.spec(people=people, timeouts=variant.timeouts, exclusions=variant.exclusions)
    if variant.rows == "planned":
        spec = spec.noted("everyone randomised: planned trials never opened count as wrong")
    sums = weighed(frame, *outcome(frame, variant.timeouts), variant.weights)
    return ratio(*sums, clusters(frame), spec, scale="logit")
