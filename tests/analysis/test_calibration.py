"""Confidence against what happened: other people's numbers, a known truth, empty denominators."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis import scores
from analysis.inference import Clusters, FloatArray, jackknife, jackknife_of
from analysis.load import load
from analysis.results import Study
from tests.analysis.drawn import ParkMiller
from tests.analysis.packages import Record, crossed, one_csv, package, shared


def anchor(name: str) -> dict[str, Any]:
    case: dict[str, Any] = json.loads(shared("anchors/expected.json").read_text())[name]
    return case


def calibrated(seed: int, people: int = 40, items: int = 24) -> tuple[FloatArray, FloatArray, Clusters]:
    """A perfectly calibrated population on a grid .25, .30 … 1."""
    rng = np.random.default_rng(seed)
    person, item = (grid.ravel() for grid in np.indices((people, items)))
    c = 0.25 + 0.05 * rng.integers(16, size=len(person))
    return c, (rng.random(len(c)) < c).astype(float), Clusters.of(person, item)


def found(export: Path) -> Study:
    return Study(load(export))


def with_confidence(rows: list[Record]) -> list[Record]:
    return [row | {"confidence": (0.25, 0.42, 0.6, 0.8, 1.0)[place % 5]} for place, row in enumerate(rows)]


def test_expected_calibration_error_of_torchmetrics() -> None:
    case = anchor("ece_torchmetrics")
    c, y = np.array(case["confidence"]), np.array(case["outcome"], dtype=float)
    sums = scores.bin_sums(scores.equal_width(c, case["n_bins"]), c, y)
    assert float(scores.calibration_error(sums)) == pytest.approx(case["ece_l1"], abs=case["tolerance"])
    assert float(scores.reliability(sums)) ** 0.5 == pytest.approx(case["rmsce_l2"], abs=case["tolerance"])


def test_brier_score_of_scikit_learn() -> None:
    case = anchor("brier_sklearn")
    c, y = np.array(case["prob"]), np.array(case["outcome"], dtype=float)
    sums = scores.bin_sums(scores.equal_width(c), c, y)
    assert float(scores.brier(sums)) == pytest.approx(case["brier"], abs=case["tolerance"])


def test_auroc_of_scikit_learn() -> None:
    case = anchor("auroc_sklearn")
    value, _ = scores.concordance(np.zeros(4, dtype=np.intp), np.array(case["score"]), np.array(case["outcome"], float))
    assert value == pytest.approx(case["auroc"], abs=case["tolerance"])


# Turck et al. (2010), Intensive Care Med. 36:107: grades 1 to 5 of 113 patients with a good or a poor outcome.
GOOD, POOR = (37, 20, 3, 8, 4), (2, 12, 1, 8, 18)


def stated_and_right() -> tuple[FloatArray, FloatArray]:
    """300 confidences and outcomes as r/calibration.R draws them."""
    chance = ParkMiller(1973)
    c = (np.floor(1000 * chance.uniform(300)) + 0.5) / 1000
    y = (chance.uniform(300) < c**1.5).astype(float)
    assert (c.sum(), y.sum()) == (pytest.approx(138.519), 108), "not the numbers that R drew"
    return c, y


def auroc(c: FloatArray, y: FloatArray) -> tuple[float, float]:
    """Area and standard error, every row its own person and item, delete-one turned into DeLong's by his divisors.

    DeLong's S₁/m₁ + S₀/m₀ has (m − 1)m where the sum of squared delete-one changes has (m − 1)².
    """
    n = len(y)
    value, replicates = scores.concordance(np.zeros(n, dtype=np.intp), c, y)
    changes = np.square(replicates(np.arange(n)) - value)
    sizes = np.where(y == 1, y.sum(), n - y.sum())
    return value, float((changes * (sizes - 1) / sizes).sum() ** 0.5)


def test_auroc_and_its_delete_one_error_are_procs_area_and_delongs_error() -> None:
    """pROC's roc() and var() (r/calibration.R), on tied grades and on a wide scale."""
    grades = np.concatenate([np.repeat(np.arange(5.0), GOOD), np.repeat(np.arange(5.0), POOR)])
    outcome = np.repeat([0.0, 1.0], [sum(GOOD), sum(POOR)])
    assert auroc(grades, outcome) == pytest.approx((0.823678862, 0.0383394667), abs=5e-10)
    assert auroc(*stated_and_right()) == pytest.approx((0.845968364, 0.0232700279), abs=5e-10)


def test_the_five_terms_are_those_of_r() -> None:
    """BrierScore of s2dverification (Stephenson, Coelho & Jolliffe 2008) in ten bins of equal width, brier of
    verification where confidence stands at their middles (r/calibration.R)."""
    c, y = stated_and_right()
    s = scores.bin_sums(scores.equal_width(c), c, y)
    generalised = scores.resolution(s) - scores.within_variance(s) + 2 * scores.within_covariance(s)
    found = [scores.brier(s), scores.reliability(s), scores.resolution(s), scores.uncertainty(s), generalised]
    known = [0.1601526633, 0.0186007492, 0.0855037043, 0.2304, 0.0888480858]
    assert [float(each) for each in found] == pytest.approx(known, abs=5e-11)
    middles = np.floor(c * 10) / 10 + 0.05
    s = scores.bin_sums(scores.by_value(middles, np.arange(0.05, 1, 0.1)), middles, y)
    found = [scores.brier(s), scores.reliability(s), scores.resolution(s), scores.uncertainty(s)]
    assert [float(each) for each in found] == pytest.approx([0.1641, 0.0192037043, 0.0855037043, 0.2304], abs=5e-11)


@pytest.mark.parametrize("bins", [scores.equal_width, scores.equal_mass, scores.founding_bins])
def test_the_five_terms_sum_to_the_brier_score(bins: Any) -> None:
    rng = np.random.default_rng(4)
    c = rng.random(500)
    y = (rng.random(500) < c**2).astype(float)
    s = scores.bin_sums(bins(c), c, y)
    five = (scores.reliability(s) - scores.resolution(s) + scores.uncertainty(s)
            + scores.within_variance(s) - 2 * scores.within_covariance(s))  # fmt: skip
    assert float(five) == pytest.approx(float(np.mean((c - y) ** 2)), abs=1e-12)


def test_the_founding_studys_own_example() -> None:
    """Bowman et al. 2022: 39 % right in the 42 % bin is an error of 3 points."""
    c, y = np.full(100, 0.42), (np.arange(100) < 39).astype(float)
    sums = scores.bin_sums(scores.founding_bins(c), c, y)
    assert float(scores.founding_error(sums)) == pytest.approx(0.03)
    both = np.concatenate([c, [1.0]]), np.concatenate([y, [0.0]])
    sums = scores.bin_sums(scores.founding_bins(both[0]), *both)
    assert float(scores.founding_error(sums)) == pytest.approx((0.03 + 1) / 2)
    assert float(scores.founding_error(sums, weighted=True)) == pytest.approx((3 + 1) / 101)


@pytest.mark.parametrize(("people", "items", "published"), [(10, 20, 0.065), (40, 24, 0.030)])
def test_a_calibrated_raters_error_is_its_null_expectation(people: int, items: int, published: float) -> None:
    """ANALYSIS: .065 at 200 and .030 at 960 answers, 10 bins, grid .25 … 1 in steps of .05."""
    raw, null, square, crossed_square = [], [], [], []
    for seed in range(60):
        c, y, clusters = calibrated(seed, people, items)
        bins = scores.equal_width(c)
        sums = scores.bin_sums(bins, c, y)
        raw.append(float(scores.calibration_error(sums)))
        null.append(scores.null_error(bins, c))
        square.append(scores.independent_square(sums))
        crossed_square.append(scores.crossed_null_and_square(bins, c, y, clusters)[1])
    assert np.mean(null) == pytest.approx(published, abs=0.004)
    assert np.mean(raw) == pytest.approx(np.mean(null), abs=0.004)
    assert np.mean(square) == pytest.approx(0, abs=0.001)
    assert np.mean(crossed_square) == pytest.approx(0, abs=0.001)


def test_quick_replicates_equal_recomputing_without_each_cluster() -> None:
    c, y, clusters = calibrated(7, 8, 9)
    bins = scores.equal_width(c)
    for scope in (np.zeros(len(c), dtype=np.intp), clusters.participant):
        value, replicates = scores.concordance(scope, c, y)
        slow = jackknife(lambda kept, s=scope: scores.concordance(s[kept], c[kept], y[kept])[0], clusters)  # type: ignore[misc]
        quick = jackknife_of(value, replicates, clusters)
        assert (quick.estimate, quick.se) == (pytest.approx(slow.estimate), pytest.approx(slow.se))
    for codes in (clusters.participant, clusters.item, clusters.cell):
        quick_sums = scores.bin_sums_without(codes, bins, c, y)
        kept = codes != 1
        expected = scores.bin_sums(scores.Bins(bins.code[kept], bins.labels, ""), c[kept], y[kept])
        assert quick_sums[:, 1] == pytest.approx(expected)


def test_constant_confidence_has_no_resolution_and_tells_nothing_apart(tmp_path: Path) -> None:
    row = found(package(tmp_path / "a.zip", crossed(12, 12, confidence=0.6)))["calibration"][0]
    assert (row["resolution"], row["auroc"], row["auroc_within"]) == (pytest.approx(0), 0.5, 0.5)
    assert row["ece"] == pytest.approx(abs(0.6 - row["mean_confidence"] + row["overconfidence"]))
    assert row["bins"] == "by value, 1 values"


def test_all_right_leaves_auroc_undefined_with_a_reason(tmp_path: Path) -> None:
    row = found(package(tmp_path / "a.zip", with_confidence(crossed(12, 12, answer="B"))))["calibration"][0]
    assert row["auroc"] is None
    assert "auroc undefined: no pair of a right and a wrong answer" in row["notes"]


def test_the_founding_scale_is_binned_by_value_and_answers_without_confidence_are_counted(tmp_path: Path) -> None:
    rows = with_confidence(crossed(12, 12))
    for row in rows[:24]:
        row["confidence"] = None
    results = found(package(tmp_path / "a.zip", rows))
    first = results["calibration"][0]
    assert first["bins"] == "by value, 5 values"
    assert first["within_variance"] == pytest.approx(0, abs=1e-12)
    assert sum(row["without_confidence"] for row in results["calibration"]) == 24
    assert {row["bin"] for row in results["calibration_bins"]} == {"25", "42", "60", "80", "100"}
    assert sum(row["n"] for row in results["calibration_bins"]) == 120


def test_without_confidence_the_section_is_one_line(tmp_path: Path) -> None:
    rows = [{"participant_id": f"P{p}", "item_id": f"I{i}", "arm": "unaided", "correct": (p * i) % 2}
            for p in range(5) for i in range(5)]  # fmt: skip
    results = found(one_csv(tmp_path / "t.csv", rows))
    assert results["calibration"] == []
    assert "confidence" in results["not_computed"]["calibration"]
