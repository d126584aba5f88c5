"""What a team is held against: the model by its named comparators, and experts.

``as_deployed`` and ``benchmark`` are model-only answers of baselines.csv, averaged per item; ``received`` is
the first recommendation in the trial itself; ``designed`` the realised share of right briefs, which is not a
model. A model-only answer that was unparsed, refused or failed is missing, never wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.exclusions import as_numbers
from analysis.inference import FloatArray
from analysis.load import Package
from analysis.reference import EXPERTS, SOURCE

if TYPE_CHECKING:
    import pandas as pd

NOBODY = "none"
NOT_A_MODEL = "realised share of right briefs: not a model"
_PREFERRED = ("as_deployed", "benchmark", "received", "designed")


@dataclass(frozen=True)
class Comparator:
    """A value per row of a frame, nan where there is none; ``source`` says where it comes from."""

    name: str
    method: str
    values: FloatArray
    source: str


def comparators(package: Package, arm: str, frame: pd.DataFrame) -> list[Comparator]:
    """Every comparator of the arm with a value on some row of ``frame``, the default one first.

    A value is the mean of an item's model-only answers that could be read (``as_deployed``, ``benchmark``), or 1 or 0
    for the recommendation received or the brief drawn. The default is ``as_deployed``; where briefs are assigned,
    ``designed``. Where there is none, one called ``none`` without values.

    Returns
    -------
    list of Comparator
        Values per row, shares right, 0-1; nan where there is none.

    References
    ----------
    Bowman et al. (2022), arXiv:2211.03540, table 1 (model alone); Bansal et al. (2021), CHI, arXiv:2006.14779.
    """
    found = [*_model_only(package, arm, frame), *_received(frame), *_designed(frame)]
    found = [each for each in found if not np.isnan(each.values).all()]
    if not found:
        return [Comparator(NOBODY, "", np.full(len(frame), np.nan), "no model-only answers and no recommendations")]
    order = [*_PREFERRED[3:], *_PREFERRED[:3]] if _assigned(package, arm, frame) else list(_PREFERRED)
    return sorted(found, key=lambda each: (order.index(each.name), each.method != "zero_shot", each.method))


def _assigned(package: Package, arm: str, frame: pd.DataFrame) -> bool:
    arms = package.get("arms")
    if arms is not None and "strategy" in arms and arms["strategy"].notna().any():
        return bool((arms.loc[arms["arm"] == arm, "strategy"] == "assigned").any())
    return "brief_target" in frame and bool(frame["brief_target"].notna().any())


def _model_only(package: Package, arm: str, frame: pd.DataFrame) -> Iterator[Comparator]:
    asked = package.get("baselines")
    if asked is None or not {"item_id", "comparator", "correct"} <= set(asked):
        return
    asked = asked[asked["correct"].notna()]
    if "assistant" in asked:
        asked = asked[asked["assistant"].isin(_assistants(package, arm, frame))]
    for (name, method), rows in asked.groupby([asked["comparator"], way_of_asking(asked)], sort=True):
        if name in _PREFERRED:
            per_item = _per_item(rows)
            yield Comparator(str(name), str(method), _looked_up(frame, per_item), _about(rows))


def way_of_asking(asked: pd.DataFrame) -> pd.Series[str]:
    """The method of each answer of baselines.csv; with worked examples their number is part of it (accuracy by k)."""
    methods = asked["method"].fillna("") if "method" in asked else asked["comparator"].map(lambda _: "")
    shots = as_numbers(asked["shots"]) if "shots" in asked else np.zeros(len(asked))
    return methods.where(~(shots > 0), methods + [f" k={k:.0f}" if k > 0 else "" for k in shots])


def _assistants(package: Package, arm: str, frame: pd.DataFrame) -> set[str]:
    arms = package.get("arms")
    source = frame if arms is None or "assistant" not in arms else arms[arms["arm"] == arm]
    return set(source["assistant"].dropna()) if "assistant" in source else set()


def _per_item(rows: pd.DataFrame) -> dict[str, float]:
    scored = rows.assign(scored=as_numbers(rows["correct"]))
    return {str(item): float(mean) for item, mean in scored.groupby("item_id")["scored"].mean().items()}


def _looked_up(frame: pd.DataFrame, per_item: dict[str, float]) -> FloatArray:
    return np.array([per_item.get(item, np.nan) for item in frame["item_id"].astype(str)], dtype=np.float64)


def _about(rows: pd.DataFrame) -> str:
    """Models and days of the answers, so that they can be held next to the sessions'."""
    models = sorted(rows["model_returned"].dropna().unique()) if "model_returned" in rows else []
    days = sorted(rows["asked_at"].dropna().dt.date.astype(str).unique()) if "asked_at" in rows else []
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}" if days else ""
    return ", ".join([*models, *([when] if when else []), f"{len(rows)} answers"])


def _received(frame: pd.DataFrame) -> Iterator[Comparator]:
    if {"assistant_first_answer", "gold"} <= set(frame):
        values = right(frame, "assistant_first_answer")
        silent = int(np.isnan(values).sum())
        yield Comparator("received", "", values, f"first recommendation; {silent} trials without one left out")


def _designed(frame: pd.DataFrame) -> Iterator[Comparator]:
    if "brief_correct" in frame:
        yield Comparator("designed", "", as_numbers(frame["brief_correct"]), NOT_A_MODEL)


def right(frame: pd.DataFrame, column: str) -> FloatArray:
    """1 or 0 where the letter of ``column`` is or is not the key, nan where either is missing."""
    known = frame[column].notna() & frame["gold"].notna()
    return as_numbers((frame[column] == frame["gold"]).astype(float).where(known))


_CIRCULAR = "untimed validators of the data set: circular, for the key rests on their votes"
_RATERS = (
    ("expert", "ratings", "expert ratings"),
    ("untimed", "validators", f"ratings of {_CIRCULAR}"),
    ("validator", "validators", f"ratings of {_CIRCULAR}"),
)
CONSTANT = "published constant without variance, not on these items"
NO_CEILING = "no expert ratings and no published constant"
_SEVERAL = "the study declares no constant that holds for every data set of this task"


@dataclass(frozen=True)
class Ceiling:
    """Experts' accuracy: per row of a frame (nan where its item has none), one constant, or nothing.

    ``basis`` is ratings, validators, declared (by the study), published (the founding study's) or empty.
    """

    values: FloatArray | float | None
    source: str
    basis: str


def expert(package: Package, task: str, frame: pd.DataFrame) -> Ceiling:
    """Who stands for experts, by order of precedence: the mean of expert ratings of each item of ``frame``, that of
    the data set's untimed validators, the constant that the study declares, the founding study's for the dataset.

    Returns
    -------
    Ceiling
        Shares right, 0-1, per row or one constant; nothing where a declared constant does not hold for all of them.

    References
    ----------
    Bowman et al. (2022), arXiv:2211.03540, table 1 (constants and their use as a ceiling).
    """
    for source, basis, words in _RATERS:
        values, count = rated(package, source, frame)
        if count:
            return Ceiling(values, f"{count} {words}", basis)
    if (declared := _of_study(package, task, frame)) is not None:
        return declared
    if task in EXPERTS:
        return Ceiling(EXPERTS[task], f"{CONSTANT} ({SOURCE})", "published")
    return Ceiling(None, "", "")


def _of_study(package: Package, task: str, frame: pd.DataFrame) -> Ceiling | None:
    """The study's constant, nothing where it holds for some of the data sets asked from only; None without any."""
    declared = {
        each.get("dataset", ""): each for each in package.manifest.get("experts") or [] if each.get("task") == task
    }
    asked = sorted(set(frame["dataset"].dropna())) if "dataset" in frame else list(declared)
    found = [declared.get(name, declared.get("")) for name in asked]
    held = [each for each in found if each is not None]
    if not held:
        return None
    if len(held) < len(found) or len({each["accuracy"] for each in held}) > 1:
        return Ceiling(None, _SEVERAL, "")
    said = dict.fromkeys(", ".join(filter(None, (each["source"], each.get("measured_on")))) for each in held)
    return Ceiling(float(held[0]["accuracy"]), f"{CONSTANT}, declared by the study ({'; '.join(said)})", "declared")


def rated(package: Package, source: str, frame: pd.DataFrame) -> tuple[FloatArray, int]:
    """Accuracy of the raters of a source per row of ``frame``, and how many ratings that is.

    Returns
    -------
    Mean of an item's ratings, 0-1, nan where its item has none; a count.

    References
    ----------
    Pang et al. (2022), QuALITY, arXiv:2112.08608 (untimed and speed validators).
    """
    ratings, nothing = package.get("ratings"), np.full(len(frame), np.nan)
    if ratings is None or not {"item_id", "source", "correct"} <= set(ratings):
        return nothing, 0
    items = frame["item_id"].astype(str)
    mine = ratings[ratings["correct"].notna() & (ratings["source"] == source) & ratings["item_id"].isin(items)]
    return (_looked_up(frame, _per_item(mine)), len(mine)) if len(mine) else (nothing, 0)
