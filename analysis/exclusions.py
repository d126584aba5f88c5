"""Which trials count, and how a trial without a counted answer counts.

Primary is every opened main trial, each weighing the same and a missing answer being wrong (the composite outcome),
unless the study planned otherwise. Whatever leaves rows out or treats time-outs otherwise is a named variant beside
it, never instead of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from analysis.inference import BoolArray, Clusters, FloatArray
from analysis.load import Package

if TYPE_CHECKING:
    import pandas as pd

Frame = TypeVar("Frame", "pd.DataFrame", "pd.DataFrame | None")
_FILL = {"composite": 0.0, "missing": 0.0, "lowest": 0.0, "highest": 1.0}
_UNITS = {"item": "item_id", "participant": "participant_id"}
_OPPOSITE = {"lowest": "highest", "highest": "lowest"}


@dataclass(frozen=True, slots=True)
class Variant:
    """One choice of rows, weights and time-out rule.

    ``timeouts``: composite (unanswered = wrong), missing (left out), lowest and highest (bounds); ``weights``: what
    weighs the same, response, item or participant; ``exclusions``: none, declared, undisputed_keys; ``rows``: opened,
    or planned (everyone randomised).
    """

    timeouts: str = "composite"
    weights: str = "response"
    exclusions: str = "none"
    rows: str = "opened"
    primary: bool = False


PRIMARY = Variant(primary=True)


def _remembered(make: Callable[[Package], Frame]) -> Callable[[Package], Frame]:
    """Made once per package, as long as the package lives; every caller gets a lazy copy of its own."""
    made: WeakKeyDictionary[Package, Frame] = WeakKeyDictionary()

    @wraps(make)
    def once(package: Package) -> Frame:
        if package not in made:
            made[package] = make(package)
        frame = made[package]
        return frame if frame is None else frame.copy(deep=False)

    return once


@_remembered
def main_trials(package: Package) -> pd.DataFrame:
    """Opened main trials, in a fixed order, with ``task item_cluster answered scored left_out disputed`` added.

    ``scored`` is 1, 0 or nan (no counted answer, or withheld); ``answered`` is known even
    where answers are withheld; ``item_cluster`` is the passage where there is one. ``person_code``,
    ``cluster_code`` and ``cell_code`` number people, item clusters and where they meet.
    """
    return _prepared(package, package.responses).astype({"arm": "category", "task": "category"})


@_remembered
def planned_trials(package: Package) -> pd.DataFrame | None:
    """Every main trial planned for a randomised person, opened or not; ``None`` without allocations."""
    planned = package.get("allocations")
    if planned is None or not {"trial_kind", "arm", "item_id"} <= set(planned) or planned.empty:
        return None
    if "randomised_at" in planned:
        planned = planned[planned["randomised_at"].notna()]
    opened = main_trials(package).astype({"arm": object, "task": object})
    keys = ["participant_id", "item_id"]
    gained = ["scored", "answered", "left_out", "task"]
    frame = _prepared(package, planned)
    merged = frame.drop(columns=gained).merge(opened[keys + gained].assign(was_opened=True), on=keys, how="left")
    merged["task"] = merged["task"].fillna(frame["task"]).to_numpy()
    merged["was_opened"] = merged["was_opened"].fillna(False).astype(bool)
    return merged.assign(**{name: merged[name].fillna(False).astype(bool) for name in ("left_out", "answered")})


def variants(
    package: Package, opened: pd.DataFrame, first: Variant = PRIMARY
) -> Iterator[tuple[Variant, pd.DataFrame]]:
    """The primary rows first, then each variant that differs from it."""
    yield first, opened
    beside = replace(first, primary=False)
    if opened["scored"].isna().any():
        for rule in _FILL:
            if rule != first.timeouts:
                yield replace(beside, timeouts=rule), opened
    if first.weights != "response":
        yield replace(beside, weights="response"), opened
    for name, kept in (("declared", ~opened["left_out"]), ("undisputed_keys", ~opened["disputed"])):
        if not kept.all():
            yield replace(beside, exclusions=name), opened[kept]
    planned = planned_trials(package)
    if planned is not None and len(planned) > len(opened):
        yield replace(beside, timeouts="composite", rows="planned"), planned


def exclusion_variants(package: Package, opened: pd.DataFrame) -> Iterator[tuple[Variant, pd.DataFrame]]:
    """The primary rows and the exclusions only, for what an unanswered trial cannot take part in."""
    for variant, frame in variants(package, opened):
        if variant.timeouts == "composite" and variant.rows == "opened":
            yield variant, frame


def only(frame: pd.DataFrame, mask: BoolArray | pd.Series[bool]) -> pd.DataFrame:
    """The rows of the mask; the frame itself where these are all, since copying a large one takes its time."""
    chosen = np.asarray(mask, dtype=bool)
    return frame if chosen.all() else frame[chosen]


def outcome(frame: pd.DataFrame, timeouts: str) -> tuple[FloatArray, FloatArray]:
    """Numerator and denominator of the accuracy of these rows under a time-out rule.

    A row without a counted answer is 0 (composite, lowest), 1 (highest) or takes no part (missing).

    Returns
    -------
    Two arrays of rows, 0 or 1.

    Raises
    ------
    KeyError
        For another rule.

    References
    ----------
    Manski (1990), Am. Econ. Rev. 80:319, for lowest and highest.
    """
    scored = frame["scored"].to_numpy(dtype=float)
    counted = ~np.isnan(scored) if timeouts == "missing" else np.ones(len(scored), dtype=bool)
    return np.where(np.isnan(scored), _FILL[timeouts], scored) * counted, counted.astype(float)


def weighed(
    frame: pd.DataFrame, numerator: FloatArray, denominator: FloatArray, weights: str
) -> tuple[FloatArray, FloatArray]:
    """Both as they are (response), or over the sum of the denominators of the row's item or participant in its arm.

    The quotient of their sums is then the mean over items (participants) of each one's own quotient.

    Returns
    -------
    Two arrays of rows; the second sums to the number of items (participants) of each arm that have any.

    References
    ----------
    Horvitz & Thompson (1952), J. Am. Stat. Assoc. 47:663: weights that are inverse to how often a unit was drawn.
    """
    if weights == "response":
        return numerator, denominator
    unit = frame.groupby(["arm", _UNITS[weights]], observed=True, sort=False).ngroup().to_numpy()
    total = np.bincount(unit, denominator)[unit]
    share = np.divide(1.0, total, out=np.zeros(len(total)), where=total > 0)
    return numerator * share, denominator * share


def opposite(timeouts: str) -> str:
    """The rule of the other side that makes a difference as small or as large as it can be."""
    return _OPPOSITE.get(timeouts, timeouts)


def clusters(frame: pd.DataFrame) -> Clusters:
    """Participant and item-cluster codes of these rows."""
    return Clusters.coded(*(frame[name].to_numpy() for name in ("person_code", "cluster_code", "cell_code")))


def flag(frame: pd.DataFrame, column: str) -> BoolArray:
    """A boolean column with missing as false; all false where there is no such column."""
    if column not in frame:
        return np.zeros(len(frame), dtype=bool)
    return frame[column].fillna(False).to_numpy(dtype=bool)


def as_numbers(values: pd.Series) -> FloatArray:
    """Booleans or numbers as 1, 0 or nan."""
    if values.dtype.kind in "bf" and isinstance(values.dtype, np.dtype):
        return values.to_numpy(dtype=np.float64)
    return np.asarray(values.astype("Float64").to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)


def _prepared(package: Package, frame: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    if "trial_kind" in frame:
        frame = frame[frame["trial_kind"].fillna("main") == "main"]
    frame = frame.sort_values(["participant_id", "item_id"], kind="stable").reset_index(drop=True)
    cluster = "item " + frame["item_id"].astype(str)
    if "passage_id" in frame:
        cluster = ("passage " + frame["passage_id"].astype(str)).where(frame["passage_id"].notna(), cluster)
    crossed = Clusters.of(*(pd.factorize(ids, sort=True)[0] for ids in (frame["participant_id"], cluster)))
    return frame.assign(
        task=frame["task"].fillna("all") if "task" in frame else "all",
        item_cluster=cluster,
        person_code=crossed.participant,
        cluster_code=crossed.item,
        cell_code=crossed.cell,
        scored=as_numbers(frame["correct"]) if "correct" in frame else np.nan,
        answered=_answered(frame),
        left_out=flag(frame, "excluded"),
        disputed=_disputed(package, frame),
    )


def _answered(frame: pd.DataFrame) -> BoolArray:
    """Where an answer counted: it is scored, or its source tells so although it is withheld."""
    found = np.zeros(len(frame), dtype=bool)
    for column in ("correct", "answer", "answer_source"):
        if column in frame:
            found |= frame[column].notna().to_numpy(dtype=bool)
    return found


def _disputed(package: Package, frame: pd.DataFrame) -> BoolArray:
    if "key_status" in frame:
        return (frame["key_status"] == "disputed").to_numpy(dtype=bool)
    items = package.get("items")
    if items is None or "key_status" not in items:
        return np.zeros(len(frame), dtype=bool)
    doubtful = items.loc[items["key_status"] == "disputed", "item_id"]
    return frame["item_id"].isin(doubtful).to_numpy(dtype=bool)
