"""Calibration: people who are over-confident on a scale of five or of hundredths, and calibrated people."""

from functools import cache

import numpy as np
import pytest
from scipy.special import expit

from analysis import scores
from analysis.calibration import PARTS, calibration
from analysis.inference import FloatArray
from tests.analysis.coverage.harness import ITEMS, PEOPLE, ends, least, package, rows, run
from tests.analysis.coverage.people import Array, crossed, frame, normal, stated

pytestmark = pytest.mark.coverage
SCENARIOS = {
    "over-confident, five values": (0.8, 0.5, "five"),
    "over-confident, hundredths": (0.8, 0.5, "hundredths"),
    "calibrated, hundredths": (0.0, 0.0, "hundredths"),
}
ALWAYS = ("brier", "log_score", "overconfidence", "auroc")
NAMES = (*ALWAYS, *PARTS, "ece", "ece_equal_mass", "bowman_ce", "bowman_ce_weighted")
ESTABLISHED = (*ALWAYS, "reliability", "uncertainty", "within_covariance")


def answers(rng: np.random.Generator, u: Array, w: Array, v: Array, surplus: float, scale: str) -> tuple[Array, Array]:
    logit = 0.2 + u + w
    return rng.random(len(u)) < expit(logit), stated(rng, logit, v, surplus, scale)


@cache
def truth(scenario: str) -> dict[str, float]:
    """The statistics of three million unrelated answers."""
    surplus, leaning, scale = SCENARIOS[scenario]
    rng, n = np.random.default_rng(1), 3_000_000
    right, c = answers(rng, rng.normal(0, 0.8, n), rng.normal(0, 1.2, n), rng.normal(0, leaning, n), surplus, scale)
    y = right.astype(float)
    five = scale == "five"
    main = scores.by_value(c, np.unique(c)) if five else scores.equal_width(c)
    s = scores.bin_sums(main, c, y)
    mass = s if five else scores.bin_sums(scores.equal_mass(c), c, y)
    founding = scores.bin_sums(scores.founding_bins(c), c, y)

    def one(statistic: FloatArray) -> float:
        return float(statistic)

    found = {name: one(getattr(scores, name)(s)) for name in ("brier", *PARTS)}
    return found | {
        "log_score": float(scores.log_losses(c, y)[0].mean()),
        "overconfidence": float(c.mean() - y.mean()),
        "auroc": scores.concordance(np.zeros(n, dtype=np.intp), c, y)[0],
        "ece": one(scores.calibration_error(s)),
        "ece_equal_mass": one(scores.calibration_error(mass)),
        "bowman_ce": one(scores.founding_error(founding)),
        "bowman_ce_weighted": one(scores.founding_error(founding, weighted=True)),
    }


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_calibration(scenario: str) -> None:
    surplus, leaning, scale = SCENARIOS[scenario]
    known = truth(scenario)
    person, item = crossed()

    def study(seed: int) -> dict[str, tuple[float | None, float | None, float]]:
        rng = np.random.default_rng(seed)
        u, w, v = normal(rng, 0.8, person, PEOPLE), normal(rng, 1.2, item, ITEMS), normal(rng, leaning, person, PEOPLE)
        right, c = answers(rng, u, w, v, surplus, scale)
        row = rows(calibration, package(frame(person, item, "unaided", correct=right, confidence=c)))[0]
        # On a scale of few values nothing varies inside a bin: there is nothing to cover.
        return {name: (*ends(row, name), known[name]) for name in NAMES if abs(known[name]) > 1e-9}

    found = run(f"calibration: {scenario}", study)
    assert all(share >= least() for name, share in found.items() if name in ESTABLISHED)
