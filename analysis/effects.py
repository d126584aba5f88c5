"""What an assistant changes: accuracy in each assisted arm minus accuracy in the arm without one, or as planned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from analysis.exclusions import Variant, clusters, only, opposite, outcome, variants, weighed
from analysis.inference import FEW, Estimate, FloatArray, difference
from analysis.load import Package
from analysis.multiplicity import holm, p_value
from analysis.plan import Pair, Plan, Row, Section

if TYPE_CHECKING:
    import pandas as pd


def contrasts(package: Package, plan: Plan, trials: pd.DataFrame) -> Section:
    """Rows per task and contrast, those planned and each assisted arm minus the unaided: ``estimate`` = accuracy in
    the first arm minus accuracy in the second.

    Within subjects the primary rows are of stayers, people with an opened main trial in both arms; everyone stands
    beside them, and the first block alone where people began with different arms. ``p`` is two-sided against no
    difference (``p_value``). ``family`` is planned or exploratory, or all where no contrast was planned; ``p_holm``
    adjusts the primary rows of the planned ones (of all) for their number, over all tasks, unless the plan says that
    they are not to be (``holm``). ``p_planned`` is the p that the plan asks for: in the direction that it expects,
    adjusted or not as it says.

    Returns
    -------
    Section
        Differences of shares, −1 to 1, by ``inference.difference``; p a probability.

    References
    ----------
    Cameron, Gelbach & Miller (2011), J. Bus. Econ. Stat. 29:238; Holm (1979), Scand. J. Stat. 6:65.
    """
    if not plan.pairs:
        return Section(reason="no arm without an assistant to compare with")
    rows = [row for pair in plan.pairs for row in _of_pair(package, plan, trials, pair)]
    if plan.holm:
        _adjust(rows, "p", "p_holm")
        _adjust(rows, "p_planned", "p_planned")
    rows.sort(key=lambda row: (row["task"], plan.pairs.index((row["arm"], row["unaided"])), not row["primary"]))
    return Section(rows, "" if rows else "no task has main trials in both arms")


def stayers(frame: pd.DataFrame, arms: tuple[str, str]) -> pd.DataFrame:
    """The rows of people who have a row in both arms."""
    person = frame["person_code"].to_numpy()
    met = [np.bincount(person, frame["arm"] == arm) > 0 for arm in arms]
    return only(frame, (met[0] & met[1])[person])


def _of_pair(package: Package, plan: Plan, trials: pd.DataFrame, pair: Pair) -> Iterator[Row]:
    for task in sorted(trials["task"].unique()):
        opened = only(trials, (trials["task"] == task) & trials["arm"].isin(pair))
        if opened["arm"].nunique() < 2:
            continue
        for variant, rows in variants(package, trials, plan.first):
            frame = only(rows, (rows["task"] == task) & rows["arm"].isin(pair))
            yield from _rows(plan, variant, frame, task, pair)
        first = _first_block(opened)
        if plan.design == "within" and first is not None:
            yield _row(plan, plan.first, first, task, pair, "first block")


def _rows(plan: Plan, variant: Variant, frame: pd.DataFrame, task: str, pair: tuple[str, str]) -> Iterator[Row]:
    crossed = plan.design == "within" and variant.rows == "opened"
    primary_rows = stayers(frame, pair) if crossed else frame
    row = _row(plan, variant, primary_rows, task, pair, "stayers" if crossed else "all")
    yield row
    if variant.primary and plan.population == "random" and row["participants"] < FEW:
        yield _row(plan, variant, primary_rows, task, pair, row["people"], these=True)
    if crossed and (variant.primary or variant.timeouts != "missing") and len(primary_rows) < len(frame):
        yield _row(plan, variant, frame, task, pair, "all") | {"primary": False, "p_planned": None}


def _row(
    plan: Plan,
    variant: Variant,
    frame: pd.DataFrame,
    task: str,
    pair: tuple[str, str],
    people: str,
    these: bool = False,
) -> Row:
    estimate = _estimate(plan, variant, frame, pair, these)
    primary = variant.primary and people in ("stayers", "all") and not these
    return {
        "task": task,
        "name": f"{pair[0]} - {pair[1]}",
        "arm": pair[0],
        "unaided": pair[1],
        "design": plan.design,
        "people": people,
        "rows": variant.rows,
        "weights": variant.weights,
        "primary": primary,
        "family": plan.family(pair),
        "p": p_value(estimate),
        "p_holm": None,
        "p_planned": p_value(estimate, plan.primary[pair]) if primary and pair in plan.primary else None,
        **estimate.as_row(),
    }


def _estimate(plan: Plan, variant: Variant, frame: pd.DataFrame, pair: tuple[str, str], these: bool) -> Estimate:
    people = "these" if these else "random"
    spec = plan.spec(people=people, timeouts=variant.timeouts, exclusions=variant.exclusions)
    if variant.rows == "planned":
        spec = spec.noted("everyone randomised: planned trials never opened count as wrong")
    rules = (variant.timeouts, opposite(variant.timeouts))
    sides = [_side(frame, arm, rule, variant.weights) for arm, rule in zip(pair, rules, strict=True)]
    return difference(sides[0], sides[1], clusters(frame), spec.noted(*plan.notes))


def _side(frame: pd.DataFrame, arm: str, timeouts: str, weights: str) -> tuple[FloatArray, FloatArray]:
    mine = (frame["arm"] == arm).to_numpy(dtype=float)
    right, counted = outcome(frame, timeouts)
    return weighed(frame, right * mine, counted * mine, weights)


def _first_block(frame: pd.DataFrame) -> pd.DataFrame | None:
    """Everyone's first block, where people began with different arms; ``None`` otherwise."""
    if not {"block", "position"} <= set(frame) or frame["block"].isna().any():
        return None
    order = [column for column in ("sitting", "position") if column in frame]
    ordered = frame.sort_values(order, kind="stable")
    first = ordered[ordered["block"] == ordered.groupby("participant_id")["block"].transform("first")]
    pure = bool((first.groupby("participant_id")["arm"].nunique() == 1).all())
    return first if pure and first["arm"].nunique() == 2 else None


def _adjust(rows: list[Row], name: str, adjusted_name: str) -> None:
    family = [row for row in rows if row["primary"] and row["family"] != "exploratory"]
    for row, adjusted in zip(family, holm([row[name] for row in family]), strict=True):
        row[adjusted_name] = adjusted
