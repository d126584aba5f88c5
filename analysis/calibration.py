"""How far people's confidence can be believed: scores, their decomposition, and the bins of the diagram."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from analysis import scores
from analysis.comparators import way_of_asking
from analysis.exclusions import Variant, as_numbers, clusters, exclusion_variants
from analysis.inference import (
    FEW,
    Clusters,
    Estimate,
    FloatArray,
    IntArray,
    Spec,
    jackknife_of,
    proportion,
    ratio,
    undefined,
)
from analysis.load import Package
from analysis.plan import Plan, Row, Section

if TYPE_CHECKING:
    import pandas as pd

NEEDS = "needs the column confidence"
_UNBOUNDED = ("log_score", "overconfidence", "within_covariance")
_UNKNOWN = (
    "coverage not established: ece, ece_equal_mass, bowman_ce, bowman_ce_weighted, resolution, within_variance, "
    "auroc_within"
)
PARTS = ("reliability", "resolution", "uncertainty", "within_variance", "within_covariance")


@dataclass(frozen=True)
class Stated:
    """Answers with a confidence: c, y and clusters, and the values of the scale where it has few."""

    c: FloatArray
    y: FloatArray
    clusters: Clusters
    values: FloatArray | None
    lacking: int
    below_chance: int | None

    @cached_property
    def bins(self) -> scores.Bins:
        return scores.equal_width(self.c) if self.values is None else scores.by_value(self.c, self.values)

    @cached_property
    def mass_bins(self) -> scores.Bins:
        return scores.equal_mass(self.c) if self.values is None else self.bins


def calibration(package: Package, plan: Plan, trials: pd.DataFrame) -> Section:
    """Rows per task, arm and exclusion variant, then per model of baselines.csv that states a probability.

    Of confidence c (0-1) and correctness y over counted answers with a confidence; ``without_confidence`` counts the
    others. ``estimate`` and ``brier``, its parts ``reliability resolution uncertainty within_variance
    within_covariance``, ``ece`` and ``ece_equal_mass`` (``calibration_error``), ``bowman_ce`` and
    ``bowman_ce_weighted`` (``founding_error``), ``log_score`` (``log_losses``), ``auroc`` and ``auroc_within`` a person
    (``concordance``) are the functions of ``scores``. ``overconfidence`` = mean(c − y); ``mean_confidence`` = mean(c).
    Of a calibrated rater: ``ece_null``, ``ece_equal_mass_null`` (``null_error``), ``ece_null_crossed``; chance taken
    off: ``squared_error_debiased`` (crossed), ``squared_error_debiased_independent``. Counts: ``log_score_clipped`` and
    ``below_chance`` (c below 1 / number of options).

    Returns
    -------
    Section
        Units as in ``scores``; over-confidence and mean confidence are probabilities. Two-way jackknife; a model's
        intervals are over items only, since samples of one model do not speak of other models.

    References
    ----------
    Those of each function in ``scores``; over-confidence: Lichtenstein & Fischhoff (1977), Organ. Behav. Hum. Perform.
    20:159.
    """
    if "confidence" not in trials or trials["confidence"].isna().all():
        people: list[Row] = []
    else:
        people = [
            row for variant, frame in exclusion_variants(package, trials) for row in _of_people(plan, variant, frame)
        ]
    people.sort(key=lambda row: (row["task"], plan.arms.index(row["arm"]), not row["primary"]))
    rows = people + [
        _row(stated, spec, task, name, "model", True) for task, name, stated, spec in _models(package, plan)
    ]
    return Section(rows, "" if people else NEEDS + " with values")


def calibration_bins(package: Package, plan: Plan, trials: pd.DataFrame) -> Section:
    """Per task, arm and bin of the diagram: ``estimate`` = share of right answers, ``confidence`` = mean confidence.

    Bins are those of the row in ``calibration``: the scale's values, or 10 of equal width.

    Returns
    -------
    Section
        Shares of the bin's answers and probabilities, 0-1, intervals by ``inference.proportion``.

    References
    ----------
    Murphy (1973), J. Appl. Meteorol. 12:595; Cameron, Gelbach & Miller (2011), J. Bus. Econ. Stat. 29:238.
    """
    if "confidence" not in trials:
        return Section(reason=NEEDS)
    rows: list[Row] = []
    for task, arm, stated in _cuts(plan, trials):
        bins = stated.bins
        for code in np.unique(bins.code):
            mine = bins.code == code
            share = proportion(stated.y, mine.astype(float), stated.clusters, plan.spec())
            rows.append({"task": task, "arm": arm, "bin": bins.labels[code], "bins": bins.kind, "primary": True,
                         "confidence": float(stated.c[mine].mean()), **share.as_row()})  # fmt: skip
    return Section(rows, "" if rows else NEEDS + " with values")


def _of_people(plan: Plan, variant: Variant, frame: pd.DataFrame) -> Iterator[Row]:
    for task, arm, stated in _cuts(plan, frame):
        kinds = ["random"]
        if variant.primary and plan.population == "random" and stated.clusters.participants < FEW:
            kinds.append("these")
        for people in kinds:
            spec = plan.spec(people=people, timeouts="missing", exclusions=variant.exclusions)
            yield _row(stated, spec, task, arm, "people", variant.primary and people == "random")


def _cuts(plan: Plan, frame: pd.DataFrame) -> Iterator[tuple[str, str, Stated]]:
    for task in sorted(frame["task"].unique()):
        here = frame[frame["task"] == task]
        values = _few(here["confidence"].dropna().to_numpy(dtype=float))
        for arm in plan.arms:
            mine = here[(here["arm"] == arm) & here["scored"].notna()]
            told = mine[mine["confidence"].notna()]
            if len(told):
                c, y = (told[name].to_numpy(dtype=float) for name in ("confidence", "scored"))
                yield task, arm, Stated(c, y, clusters(told), values, len(mine) - len(told), _below_chance(told, c))


def _below_chance(frame: pd.DataFrame, c: FloatArray) -> int | None:
    """Rows whose confidence is below 1/m, where the number of options m is known."""
    if "n_options" not in frame or frame["n_options"].isna().any():
        return None
    return int((c < 1 / frame["n_options"].to_numpy(dtype=float) - 1e-9).sum())


def _few(c: FloatArray) -> FloatArray | None:
    values = np.unique(c)
    return values if len(values) <= scores.FEW_VALUES else None


def _models(package: Package, plan: Plan) -> Iterator[tuple[str, str, Stated, Spec]]:
    """Model-only answers with a probability of the given answer (top label), per way of asking."""
    asked = package.get("baselines")
    if asked is None or not {"probability", "correct", "item_id"} <= set(asked):
        return
    told = asked[asked["probability"].notna() & asked["correct"].notna()]
    told = told.assign(method=way_of_asking(told)) if "method" in told else told
    keys = [name for name in ("task", "assistant", "model", "method", "comparator") if name in told]
    for names, frame in told.groupby(keys, sort=True, dropna=False) if keys else ():
        named = dict(zip(keys, (str(name) for name in names), strict=True))
        c, y = frame["probability"].to_numpy(dtype=float), as_numbers(frame["correct"])
        label = " · ".join(value for key, value in named.items() if key != "task" and value not in ("nan", "None"))
        groups = Clusters.of(["model"] * len(frame), frame["item_id"].to_numpy(dtype=str))
        note = "a model's own probability of its answer (top label); interval over items only"
        spec = Spec(level=plan.level, people="these", timeouts="missing", notes=(note,))
        yield named.get("task", "all"), f"model: {label}", Stated(c, y, groups, _few(c), 0, None), spec


def _row(stated: Stated, spec: Spec, task: str, arm: str, who: str, primary: bool) -> Row:
    named = _estimates(stated, spec)
    null, square = scores.crossed_null_and_square(stated.bins, stated.c, stated.y, stated.clusters)
    sums = scores.bin_sums(stated.bins, stated.c, stated.y)
    row: Row = {"task": task, "arm": arm, "who": who, "primary": primary, **named["brier"].as_row()}
    for name, estimate in named.items():
        low, high = _possible(name, estimate)
        row |= {name: estimate.estimate, f"{name}_low": low, f"{name}_high": high}
    row |= {
        "ece_null": scores.null_error(stated.bins, stated.c),
        "ece_equal_mass_null": scores.null_error(stated.mass_bins, stated.c),
        "ece_null_crossed": _known(null),
        "squared_error_debiased": _known(square),
        "squared_error_debiased_independent": _known(scores.independent_square(sums)),
        "mean_confidence": float(stated.c.mean()),
        "bins": stated.bins.kind,
        "log_score_clipped": scores.log_losses(stated.c, stated.y)[1],
        "below_chance": stated.below_chance,
        "without_confidence": stated.lacking,
    }
    reasons = [f"{name} {each.notes.split('; ')[0]}" for name, each in named.items() if each.estimate is None]
    row["notes"] = "; ".join(filter(None, [row["notes"], *reasons, _UNKNOWN]))
    return row


def _possible(name: str, estimate: Estimate) -> tuple[float | None, float | None]:
    """Bounds within what the statistic can be: shares and errors from 0 to 1; cutting costs no coverage."""
    if estimate.low is None or estimate.high is None or name in _UNBOUNDED:
        return estimate.low, estimate.high
    return max(0.0, estimate.low), min(1.0, estimate.high)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _estimates(stated: Stated, spec: Spec) -> dict[str, Estimate]:
    ones = np.ones(len(stated.c))
    losses, _ = scores.log_losses(stated.c, stated.y)
    main, founding = _binned(stated, stated.bins), _binned(stated, scores.founding_bins(stated.c))
    mass = main if stated.mass_bins is stated.bins else _binned(stated, stated.mass_bins)
    return {
        "brier": main(scores.brier, spec),
        **{name: main(getattr(scores, name), spec) for name in PARTS},
        "log_score": ratio(losses, ones, stated.clusters, spec),
        "ece": main(scores.calibration_error, spec),
        "ece_equal_mass": mass(scores.calibration_error, spec),
        "bowman_ce": founding(scores.founding_error, spec),
        "bowman_ce_weighted": founding(partial(scores.founding_error, weighted=True), spec),
        "overconfidence": ratio(stated.c - stated.y, ones, stated.clusters, spec),
        "auroc": _auroc(stated, np.zeros(len(ones), dtype=np.intp), spec),
        "auroc_within": _auroc(stated, stated.clusters.participant, spec),
    }


def _binned(stated: Stated, bins: scores.Bins) -> Callable[[Callable[[FloatArray], FloatArray], Spec], Estimate]:
    """From a statistic of the sums per bin to its estimate; the sums are made once for all statistics."""
    whole = scores.bin_sums(bins, stated.c, stated.y)
    without: dict[int, FloatArray] = {}

    def sums_without(codes: IntArray) -> FloatArray:
        if id(codes) not in without:
            without[id(codes)] = scores.bin_sums_without(codes, bins, stated.c, stated.y)
        return without[id(codes)]

    def estimate(statistic: Callable[[FloatArray], FloatArray], spec: Spec) -> Estimate:
        value = float(statistic(whole))
        return jackknife_of(value, lambda codes: statistic(sums_without(codes)), stated.clusters, spec)

    return estimate


def _auroc(stated: Stated, scope: IntArray, spec: Spec) -> Estimate:
    value, replicates = scores.concordance(scope, stated.c, stated.y)
    if np.isnan(value):
        return undefined("no pair of a right and a wrong answer", stated.clusters, spec, len(stated.c))
    return jackknife_of(value, replicates, stated.clusters, spec)
