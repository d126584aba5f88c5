"""The interval of the bounds where the able take the aid: it holds the truth once Γ is as large as it has to be."""

import numpy as np
import pytest
from scipy.special import expit

from analysis.sensitivity import GAMMAS, sensitivity
from tests.analysis.coverage.harness import ITEMS, PEOPLE, least, package, rows, run
from tests.analysis.coverage.people import Array, crossed, frame, normal

pytestmark = pytest.mark.coverage
SD, EFFECT = 0.8, 0.5


def takes(rng: np.random.Generator, u: Array) -> Array:
    return rng.random(len(u)) < expit(0.8 * u)


def population() -> tuple[float, float]:
    """The true difference, and the Γ that the confounding needs."""
    rng, n = np.random.default_rng(1), 2_000_000
    u, w = rng.normal(0, SD, n), rng.normal(0, 1.2, n)
    took, scores = takes(rng, u), [expit(0.2 + u + w + side * EFFECT) for side in (-0.5, 0.5)]
    gaps = [score[took].mean() / score[~took].mean() for score in scores]
    return float(scores[1].mean() - scores[0].mean()), max(gaps)


def test_sensitivity() -> None:
    truth, needed = population()
    wanted = min(gamma for gamma in GAMMAS if gamma >= needed)
    person, item = crossed()

    def study(seed: int) -> dict[str, tuple[float | None, float | None, float]]:
        rng = np.random.default_rng(seed)
        u = rng.normal(0, SD, PEOPLE)
        aided = takes(rng, u)[person]
        logit = 0.2 + u[person] + normal(rng, 1.2, item, ITEMS) + EFFECT * (aided - 0.5)
        made = frame(
            person, item, np.where(aided, "assisted", "unaided"), correct=rng.random(len(logit)) < expit(logit)
        )
        found = {row["gamma"]: row for row in rows(sensitivity, package(made))}
        return {f"Γ = {gamma:g}": (found[gamma]["set_low"], found[gamma]["set_high"], truth)
                for gamma in (1.0, wanted)}  # fmt: skip

    found = run(f"sensitivity, Γ needed {needed:.2f}", study)
    assert found[f"Γ = {wanted:g}"] >= least()
