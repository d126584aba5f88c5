"""How far raters agree on the items that they rated, and with the key.

Krippendorff's alpha, Fleiss' kappa and percent agreement are functions of sums over items, so that their
jackknife over items needs one pass. They speak of these raters and of items like these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from analysis import ballots
from analysis.inference import Clusters, Estimate, FloatArray, IntArray, Spec, jackknife_of, undefined
from analysis.load import Package
from analysis.plan import Plan, Row, Section

if TYPE_CHECKING:
    import pandas as pd

Scale = Literal["nominal", "ordinal", "interval", "ratio"]
NEEDS = "needs ratings.csv with item_id, rater_id and answer"
_COVERAGE = "coverage .95–.97 in 1,000 simulated studies of 3 raters and 40 items"


def agreement(package: Package, plan: Plan, trials: pd.DataFrame) -> Section:
    """Rows per task and source of ratings, of the options that raters chose.

    ``estimate`` and ``alpha`` are Krippendorff's alpha (``alpha``); ``fleiss_kappa`` (``fleiss``) only where every item
    has equally many ratings; ``percent_agreement`` the mean over items of ``agreeing``; ``label_agreement`` the share
    of items whose raters' majority is the key, ties split. Counts: ``raters``, ``ratings``, ``items_rated`` and
    ``items_rated_once`` (they take no part in the first three).

    Returns
    -------
    Section
        Alpha and kappa without unit, at most 1; the others shares of items, 0-1. Jackknife over item clusters.

    References
    ----------
    Krippendorff (2011) and Fleiss (1971) as in ``alpha`` and ``fleiss``; Perez et al. (2022), arXiv:2212.09251, for
    ``label_agreement``.
    """
    ratings = _ratings(package)
    if ratings is None:
        return Section(reason=NEEDS)
    rows = [
        {"task": task, "source": source, "primary": True, **_row(frame, plan.spec(people="these"))}
        for (task, source), frame in ratings.groupby(["task", "source"], sort=True)
    ]
    return Section(rows)


def coincidences(counts: FloatArray) -> FloatArray:
    """Each unit's part of the coincidence matrix, (units, values, values), from units × values.

    Every ordered pair of a unit's m ratings counts 1/(m − 1); a unit with fewer than two counts nothing.
    """
    others = counts.sum(axis=1) - 1
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(counts.shape[1])
    weights = np.where(others > 0, 1 / np.where(others > 0, others, 1), 0.0)
    return np.asarray(pairs * weights[:, None, None], dtype=np.float64)


def alpha(matrix: FloatArray, values: FloatArray, scale: Scale = "nominal") -> FloatArray:
    """Krippendorff's alpha, 1 − D_o/D_e, of coincidence matrices (..., values, values).

    Returns
    -------
    No unit: 1 is perfect agreement, 0 what chance would give; nan where only one value occurs.

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's alpha-reliability; Hayes & Krippendorff (2007), Communication
    Methods and Measures 1:77.
    """
    margins = matrix.sum(axis=-1)
    n = margins.sum(axis=-1)
    distance = _distance(margins, values, scale)
    observed = (matrix * distance).sum(axis=(-2, -1))
    expected = (margins[..., :, None] * margins[..., None, :] * distance).sum(axis=(-2, -1))
    return _quotient(expected - (n - 1) * observed, expected)


def krippendorff(ratings: FloatArray, scale: Scale = "nominal") -> float:
    """Krippendorff's alpha of ``ratings``, units × raters, nan where a rater gave none.

    ``scale`` says what a distance between two values is; nominal codes are names, the others numbers.

    Returns
    -------
    float
        As ``alpha``; nan where only one value occurs.

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's alpha-reliability.
    """
    values = np.unique(ratings[~np.isnan(ratings)])
    counts: FloatArray = (ratings[:, :, None] == values).sum(axis=1).astype(float)
    return float(alpha(coincidences(counts).sum(axis=0), values, scale))


def fleiss(counts: FloatArray) -> float:
    """Fleiss' kappa, (P̄ − P_e)/(1 − P_e), of ``counts``: units × categories.

    P̄ is the share of agreeing pairs, P_e what chance gives at these shares of categories.

    Returns
    -------
    float
        No unit, at most 1; nan without two ratings a unit, when units differ in their number of ratings, or
        when one category alone occurs.

    References
    ----------
    Fleiss (1971), Psychological Bulletin 76:378.
    """
    sizes = counts.sum(axis=1)
    if len(np.unique(sizes)) != 1 or sizes[0] < 2:
        return float("nan")
    return float(_kappa(np.column_stack([counts, agreeing(counts), np.ones(len(counts))]).sum(axis=0)))


def agreeing(counts: FloatArray) -> FloatArray:
    """Percent agreement: per unit of ``counts`` (units × categories) the share of pairs of its ratings that agree.

    Returns
    -------
    0-1 per unit; nan with fewer than two ratings.

    References
    ----------
    Fleiss (1971), Psychological Bulletin 76:378, his P_i.
    """
    sizes = counts.sum(axis=1)
    return _quotient((counts * (counts - 1)).sum(axis=1), sizes * (sizes - 1))


def _kappa(sums: FloatArray) -> FloatArray:
    """Kappa from sums over units, along the last axis: count of each category, share of agreeing pairs, units."""
    counts, agreed, units = sums[..., :-2], sums[..., -2], sums[..., -1]
    by_chance = np.square(_quotient(counts, counts.sum(axis=-1, keepdims=True))).sum(axis=-1)
    return _quotient(_quotient(agreed, units) - by_chance, 1 - by_chance)


def _distance(margins: FloatArray, values: FloatArray, scale: Scale) -> FloatArray:
    gaps = values[:, None] - values[None, :]
    if scale == "nominal":
        return np.asarray(gaps != 0, dtype=np.float64)
    if scale == "interval":
        return np.asarray(gaps**2)
    if scale == "ratio":
        return np.asarray(_quotient(gaps, values[:, None] + values[None, :]) ** 2)
    middle = np.cumsum(margins, axis=-1) - margins / 2
    return np.asarray((middle[..., :, None] - middle[..., None, :]) ** 2)


def _quotient(top: FloatArray, bottom: FloatArray) -> FloatArray:
    return np.where(bottom != 0, top / np.where(bottom != 0, bottom, 1), np.nan)


@dataclass(frozen=True)
class _Rated:
    """The items that one source rated: options chosen (units × options), the key's place or -1, and clusters."""

    counts: FloatArray
    keys: IntArray
    home: IntArray
    clusters: Clusters
    spec: Spec

    def of(self, statistic: Callable[[FloatArray], FloatArray], columns: FloatArray, why: str = "") -> Estimate:
        """A statistic of sums of ``columns`` over units with its jackknife over item clusters; shares by the logit."""
        if why:
            return undefined(why, self.clusters, self.spec, len(self.clusters.cell))
        width = self.clusters.items

        def replicates(_: IntArray) -> FloatArray:
            parts = np.column_stack([np.bincount(self.home, column, width) for column in columns.T])
            return statistic(columns.sum(axis=0) - parts)

        value = float(statistic(columns.sum(axis=0)))
        return jackknife_of(value, replicates, self.clusters, self.spec, "logit" if statistic is _ratio else "identity")


def _ratings(package: Package) -> pd.DataFrame | None:
    """Counted ratings with ``task``, ``item_cluster`` and ``gold`` of their item, in a fixed order."""
    ratings, items = package.get("ratings"), package.get("items")
    if ratings is None or not {"item_id", "rater_id", "answer"} <= set(ratings) or ratings["answer"].isna().all():
        return None
    found = ratings[ratings["answer"].notna() & ratings["rater_id"].notna()]
    found = found.assign(source=found["source"].fillna("raters") if "source" in found else "raters")
    wanted = {"family": "all", "passage_id": None, "gold": None}
    facts = found[["item_id"]].assign(**wanted).drop_duplicates("item_id")
    if items is not None:
        known = [name for name in wanted if name in items]
        facts = facts.drop(columns=known).merge(items[["item_id", *known]], on="item_id", how="left")
    joined = found.drop(columns=["gold"], errors="ignore").merge(facts, on="item_id", how="left")
    passage = "passage " + joined["passage_id"].astype(str)
    joined["item_cluster"] = passage.where(joined["passage_id"].notna(), "item " + joined["item_id"].astype(str))
    joined["task"] = joined["family"].fillna("all")
    return joined.sort_values(["task", "source", "item_id", "rater_id"], kind="stable")


def _rated(frame: pd.DataFrame, spec: Spec) -> _Rated:
    letters = sorted({*frame["answer"], *frame["gold"].dropna()})
    place = {letter: number for number, letter in enumerate(letters)}
    groups = Clusters.of(frame["rater_id"].to_numpy(dtype=str), frame["item_cluster"].to_numpy(dtype=str))
    _, first, unit = np.unique(frame["item_id"].to_numpy(dtype=str), return_index=True, return_inverse=True)
    counts = np.zeros((len(first), len(letters)))
    np.add.at(counts, (unit, frame["answer"].map(place).to_numpy(dtype=np.intp)), 1)
    keys = frame["gold"].iloc[first].map(place).fillna(-1).to_numpy(dtype=np.intp)
    return _Rated(counts, keys, groups.item[first], groups, spec.noted("these raters", _COVERAGE))


def _row(frame: pd.DataFrame, spec: Spec) -> Row:
    rated = _rated(frame, spec)
    named = _estimates(rated)
    sizes = rated.counts.sum(axis=1)
    row: Row = {**named["alpha"].as_row(), "raters": rated.clusters.participants, "items_rated": len(sizes),
                "items_rated_once": int((sizes < 2).sum()), "ratings": int(sizes.sum())}  # fmt: skip
    for name, estimate in named.items():
        row |= {name: estimate.estimate, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
    reasons = [f"{name} {each.notes.split('; ')[0]}" for name, each in named.items() if each.estimate is None]
    row["notes"] = "; ".join(filter(None, [row["notes"], *reasons]))
    return row


def _estimates(rated: _Rated) -> dict[str, Estimate]:
    counts = rated.counts
    sizes, agreed, ones = counts.sum(axis=1), agreeing(counts), np.ones(len(counts))
    twice = sizes > 1
    lone = "" if twice.any() else "no item has two ratings"
    unequal = "" if len(set(sizes)) == 1 else "items have different numbers of ratings"
    majority = np.array([_majority(row, key) for row, key in zip(counts, rated.keys, strict=True)])
    known = ~np.isnan(majority)
    return {
        "alpha": rated.of(_alpha, coincidences(counts).reshape(len(counts), -1), lone),
        "fleiss_kappa": rated.of(_kappa, np.column_stack([counts, np.nan_to_num(agreed), ones]), lone or unequal),
        "percent_agreement": rated.of(_ratio, np.column_stack([np.nan_to_num(agreed), twice]), lone),
        "label_agreement": rated.of(
            _ratio, np.column_stack([np.nan_to_num(majority), known]), "" if known.any() else "no item has a key"
        ),
    }


def _alpha(sums: FloatArray) -> FloatArray:
    size = round(sums.shape[-1] ** 0.5)
    return alpha(sums.reshape(*sums.shape[:-1], size, size), np.arange(float(size)))


def _ratio(sums: FloatArray) -> FloatArray:
    return _quotient(sums[..., 0], sums[..., 1])


def _majority(counts: FloatArray, key: int) -> float:
    """1/j where the key is among the j options chosen most, else 0; nan without a key."""
    if key < 0:
        return float("nan")
    return ballots.plurality(tuple(int(count) for count in counts), key, int(counts.sum()))
