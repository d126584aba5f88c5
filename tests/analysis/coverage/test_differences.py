"""The difference of arms and everything beside it, by the two-way interval, the bootstrap and the mixed model."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.derived import gap_recovered, intersection_union
from analysis.inference import Clusters, Estimate, Spec, difference, proportion
from analysis.mixed.section import mixed_model
from analysis.simulate import Truth, simulate
from tests.analysis.coverage.harness import ITEMS, STUDIES, least, package, rows, run
from tests.analysis.coverage.people import Array

pytestmark = pytest.mark.coverage
DESIGNS: dict[str, dict[str, Any]] = {
    "within": {},
    "within, no slopes": {"person_slope_sd": 0.0, "item_slope_sd": 0.0},
    "between": {"design": "between"},
}
EXPERT = 0.9


def sides(frame: pd.DataFrame) -> tuple[Array, Array, Clusters]:
    right = (frame["correct"] == "true").to_numpy(dtype=float)
    aided = (frame["arm"] == "assisted").to_numpy(dtype=float)
    return right, aided, Clusters.of(frame["participant_id"], frame["item_id"])


def bounds(found: Estimate, truth: float) -> tuple[float | None, float | None, float]:
    return found.low, found.high, truth


@pytest.mark.parametrize("design", DESIGNS)
def test_two_way_intervals(design: str) -> None:
    truth = Truth(**DESIGNS[design])
    better = max(truth.accuracy("unaided"), 0.5)
    gap = truth.difference / (EXPERT - truth.accuracy("unaided"))

    def study(seed: int) -> dict[str, tuple[float | None, float | None, float]]:
        right, aided, groups = sides(simulate(truth, seed))
        pair = (right * aided, aided), (right * (1 - aided), 1 - aided)
        model = (np.random.default_rng(seed).random(ITEMS) < 0.5)[groups.item].astype(float)
        plain = difference(*pair, groups)
        both = intersection_union(plain, difference(pair[0], (model * aided, aided), groups))
        return {
            "accuracy": bounds(proportion(right, aided, groups), truth.accuracy("assisted")),
            "difference": bounds(plain, truth.difference),
            "complementarity": bounds(both, truth.accuracy("assisted") - better),
            "gap recovered, constant ceiling": bounds(gap_recovered(*pair, EXPERT, groups, Spec()), gap),
        }

    found = run(f"two-way: {design}", study)
    assert all(share >= least() for name, share in found.items() if name != "complementarity")


@pytest.mark.parametrize("design", ["within", "between"])
def test_the_pigeonhole_bootstrap(design: str) -> None:
    truth, studies = Truth(**DESIGNS[design]), min(STUDIES, 300)

    def study(seed: int) -> dict[str, tuple[float | None, float | None, float]]:
        right, aided, groups = sides(simulate(truth, seed))
        pair = (right * aided, aided), (right * (1 - aided), 1 - aided)
        return {"difference": bounds(difference(*pair, groups, Spec(pigeonhole=seed)), truth.difference)}

    assert run(f"pigeonhole: {design}", study, studies)["difference"] >= least(studies)


@pytest.mark.parametrize("design", DESIGNS)
def test_the_mixed_model(design: str) -> None:
    truth = Truth(**DESIGNS[design])

    def study(seed: int) -> dict[str, tuple[float | None, float | None, float]]:
        frame = simulate(truth, seed)
        made = frame[["participant_id", "item_id", "arm"]].assign(
            correct=pd.array((frame["correct"] == "true").to_numpy(), dtype="boolean")
        )
        found = {}
        for row in rows(mixed_model, package(made)):
            name = row["model"]
            found[f"{name}: marginal effect"] = (row["low"], row["high"], truth.difference)
            odds = (row["odds_ratio_low"], row["odds_ratio_high"], math.exp(truth.effect))
            found[f"{name}: odds ratio"] = odds
        return found

    found = run(f"mixed model: {design}", study)
    assert all(share >= least() for name, share in found.items() if name in ESTABLISHED)


ESTABLISHED: tuple[str, ...] = ()
