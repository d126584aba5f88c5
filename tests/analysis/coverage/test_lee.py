"""Lee's bounds between subjects: weak people leave the unaided arm; the items are fixed, people are the units."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from analysis.dropout import dropout, lee_bounds
from tests.analysis.coverage.harness import ITEMS, package, rows, run
from tests.analysis.coverage.people import Array, frame

pytestmark = pytest.mark.coverage
CROWD, CUT = 8_000, -0.8


def people(rng: np.random.Generator, count: int, w: Array) -> tuple[Array, Array, Array]:
    """Group, whether each stays, and right answers (people × items)."""
    group, u = np.arange(count) % 2, rng.normal(0, 0.8, count)
    stays = (group == 1) | (u + rng.normal(0, 0.5, count) > CUT)
    right = rng.random((count, len(w))) < expit(0.2 + u[:, None] + w + 0.7 * (group[:, None] - 0.5))
    return group, stays, right


@pytest.mark.parametrize("each", [40, 100])
def test_lees_bounds(each: int) -> None:
    def study(seed: int) -> dict[str, tuple[float | None, float | None, float]]:
        rng = np.random.default_rng(seed)
        w = rng.normal(0, 1.2, ITEMS)
        group, stays, right = people(rng, 2 * each, w)
        person, item = (grid.ravel() for grid in np.indices(right.shape))
        opened = stays[person]
        arms = np.array(["unaided", "assisted"], dtype=object)[group]
        made = frame(person[opened], item[opened], arms[person[opened]], correct=right.ravel()[opened])
        drawn = pd.DataFrame({"participant_id": [f"P{code:04d}" for code in range(len(group))],
                              "randomised_at": pd.Timestamp("2026-01-01", tz="UTC"), "assigned_arm": arms,
                              "outcome": np.where(stays, "completed", "withdrawn")})  # fmt: skip
        row = rows(dropout, package(made, participants=drawn))[0]
        crowd, staying, answers = people(np.random.default_rng(10**6 + seed), CROWD, w)
        low, high = lee_bounds(answers.mean(axis=1), staying, crowd)
        interval = (row["lee_ci_low"], row["lee_ci_high"])
        return {"lower bound": (*interval, low or 0.0), "upper bound": (*interval, high or 0.0)}

    # It shows .93 to .95: the results say that coverage is not established.
    assert min(run(f"Lee, {each} people each arm", study).values()) >= 0.9
