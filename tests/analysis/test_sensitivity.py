"""The mean-outcome sensitivity model and E-values (r/sensitivity.R): published numbers, known confounding, refusal."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from analysis.exclusions import main_trials
from analysis.inference import Clusters, Spec, jackknife, ratio
from analysis.load import load
from analysis.plan import plan_of
from analysis.report import write_report
from analysis.results import analyse
from analysis.sensitivity import Bounded, Contrast, bounds, e_value, e_values, sensitivity
from analysis.simulate import Truth, simulate
from tests.analysis.packages import crossed, one_csv, package


def section(path: Path, unaided: str = "unaided") -> tuple[list[dict[str, Any]], str]:
    loaded = load(path)
    trials = main_trials(loaded)
    found = sensitivity(loaded, plan_of(loaded, trials, unaided), trials)
    return found.rows, found.reason


def foreign(path: Path, **truth: Any) -> Path:
    """A bare table: nothing says who drew the arms."""
    frame = simulate(Truth(**truth), seed=5)
    frame[["participant_id", "item_id", "arm", "correct"]].to_csv(path, index=False)
    return path


@pytest.mark.parametrize(("ratio", "published"), [(3.9, 7.263034), (2.4, 4.23303), (1.8, 3.0)])
def test_e_values_of_vanderweele_and_ding(ratio: float, published: float) -> None:
    """VanderWeele & Ding (2017), Ann. Intern. Med. 167:268: 3.9 (1.8 to 8.7); the digits, and 2.4, as EValue
    prints them."""
    assert e_value(ratio) == pytest.approx(published, abs=5e-6)


@pytest.mark.parametrize(("ratio", "printed"), [(0.80, 1.809017), (0.91, 1.428571)])
def test_e_values_of_a_protective_ratio(ratio: float, printed: float) -> None:
    """The same paper's 0.80 (0.71 to 0.91), 1.81 and 1.43, with the digits that EValue prints (r/sensitivity.R)."""
    assert e_value(ratio) == pytest.approx(printed, abs=5e-7)


def test_the_e_value_of_a_differences_end_is_what_evalue_prints_of_its_risk_ratio() -> None:
    """120 of 200 against 90 of 200, the interval of two binomial shares (r/sensitivity.R)."""
    reach = stats.norm.ppf(0.975) * (0.6 * 0.4 / 200 + 0.45 * 0.55 / 200) ** 0.5
    rows = Clusters.of(range(400), range(400))
    found = replace(ratio(np.ones(400), np.ones(400), rows), estimate=0.15, low=0.15 - reach, high=0.15 + reach)
    assert e_values((0.6, 0.45), found) == pytest.approx((0.6 / 0.45, 2.0, 1.482021), abs=5e-7)
    other = replace(found, estimate=-0.15, low=-0.15 - reach, high=-0.15 + reach)
    assert e_values((0.45, 0.6), other)[1] == pytest.approx(2.0)


def test_no_association_needs_no_confounder() -> None:
    assert e_value(1.0) == 1.0
    assert e_value(1 / 3.9) == pytest.approx(e_value(3.9))


def test_without_any_assumption_the_bounds_are_manskis() -> None:
    """Manski (1990): as Γ grows the bounds become those of unseen outcomes that are all 0 or all 1, width 1."""
    sums = np.array([[30.0, 50.0, 45.0, 150.0]])
    low, high = bounds(sums, 1e9)
    assert (low, high) == (pytest.approx((30 - 45 - 50) / 200), pytest.approx((30 + 150 - 45) / 200))
    assert high - low == pytest.approx(1)


def test_gamma_one_is_the_difference_held_equal_by_stratum() -> None:
    sums = np.array([[9.0, 10.0, 20.0, 40.0], [10.0, 40.0, 1.0, 10.0]])
    expected = 0.5 * (0.9 - 0.5) + 0.5 * (0.25 - 0.1)
    assert bounds(sums, 1.0) == (pytest.approx(expected), pytest.approx(expected))


def test_bounds_hold_a_truth_whose_confounding_is_within_gamma_and_no_other() -> None:
    """People who took the aid are better by a known factor with and without it; the aid itself does nothing."""
    took, score_if_took, score_if_not = 0.4, 0.66, 0.55
    sums = np.array([[1000 * took * score_if_took, 1000 * took, 1000 * (1 - took) * score_if_not, 1000 * (1 - took)]])
    factor = score_if_took / score_if_not
    within, without = bounds(sums, factor), bounds(sums, factor - 0.05)
    assert within[0] == pytest.approx(0, abs=1e-12) or within[0] < 0
    assert within[0] <= 0 <= within[1]
    assert without[0] > 0


def test_the_interval_just_reaches_zero_at_the_tipping_point() -> None:
    frame = simulate(Truth(participants=60, items=40, effect=1.2), seed=2)
    right = (frame["correct"] == "true").to_numpy(float)
    first = (frame["arm"] == "assisted").to_numpy(float)
    groups = Clusters.of(frame["participant_id"], frame["item_id"])
    for sign in (first, 1 - first):
        bounded = Bounded(Contrast(right, sign, np.zeros(len(right), dtype=np.intp), groups), Spec())
        gamma, delta = bounded.tipping()
        assert gamma is not None
        assert gamma > 1
        plain = bounded.end(1.0, upper=False)
        assert bounded.reach(gamma, upper=(plain.estimate or 0) < 0) == pytest.approx(0, abs=1e-6)
        assert delta == pytest.approx(min(abs(plain.low or 9), abs(plain.high or 9)))


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("gamma", [1.0, 1.2, 4.0])
def test_the_interval_of_a_bound_agrees_with_its_jackknife(gamma: float, upper: bool) -> None:
    frame = simulate(Truth(participants=40, items=30), seed=2)
    right, first = ((frame[c] == v).to_numpy(float) for c, v in (("correct", "true"), ("arm", "assisted")))
    strata = np.unique(frame["item_id"], return_inverse=True)[1] % 3
    groups = Clusters.of(frame["participant_id"], frame["item_id"])

    def bound(kept: Any) -> float:
        return float(bounds(Contrast(right[kept], first[kept], strata[kept], groups).sums, gamma)[upper])

    quick, slow = Bounded(Contrast(right, first, strata, groups), Spec()).end(gamma, upper), jackknife(bound, groups)
    assert quick.estimate == pytest.approx(slow.estimate)
    assert quick.se == pytest.approx(slow.se, rel=0.05)


def test_a_table_that_says_nothing_of_randomisation_gets_bounds_tipping_and_e_values(tmp_path: Path) -> None:
    rows, _ = section(foreign(tmp_path / "a.csv", participants=60, items=40, effect=1.2))
    first, last = rows[0], rows[-1]
    assert (first["primary"], first["gamma"], last["gamma"]) == (True, 1.0, 2.0)
    assert first["bound_low"] == first["bound_high"] == first["estimate"]
    assert all(row["bound_low"] <= first["estimate"] <= row["bound_high"] for row in rows)
    widths = [row["set_high"] - row["set_low"] for row in rows]
    assert widths == sorted(widths)
    assert first["tipping_gamma"] > 1
    assert first["tipping_delta"] == pytest.approx(first["low"])
    assert first["e_value"] > first["e_value_limit"] > 1


def test_the_plain_difference_is_that_of_the_contrasts(tmp_path: Path) -> None:
    results = analyse(load(foreign(tmp_path / "a.csv")), "unaided", "none")[1]
    assert results["sensitivity"][0]["estimate"] == pytest.approx(results["contrasts"][0]["estimate"])


def test_an_interval_that_includes_no_difference_has_nothing_to_tip(tmp_path: Path) -> None:
    first = section(foreign(tmp_path / "a.csv", effect=0.0))[0][0]
    assert (first["tipping_gamma"], first["tipping_delta"], first["e_value_limit"]) == (1.0, 0.0, 1.0)
    assert "includes no difference as it is" in first["notes"]


def test_a_side_that_is_never_right_has_no_tipping_factor_but_a_tipping_difference(tmp_path: Path) -> None:
    rows = [{"participant_id": f"P{p}", "item_id": f"I{i}", "arm": ("unaided", "b")[(p + i) % 2],
             "correct": (p + i) % 2 == 1 and (p * i) % 3 > 0} for p in range(12) for i in range(12)]  # fmt: skip
    first = section(one_csv(tmp_path / "a.csv", rows))[0][0]
    assert (first["tipping_gamma"], first["risk_ratio"], first["e_value"]) == (None, None, None)
    assert first["tipping_delta"] == pytest.approx(first["low"])
    assert "never right" in first["notes"]


def test_a_randomised_contrast_is_refused_with_the_reason(tmp_path: Path) -> None:
    rows, reason = section(package(tmp_path / "a.zip", crossed(12, 12)))
    assert "they were randomised" in reason
    assert {row["basis"] for row in rows} <= {"last"}


def test_a_fixed_order_of_arms_is_no_draw(tmp_path: Path) -> None:
    rows, _ = section(package(tmp_path / "a.zip", crossed(12, 12), arm_order="fixed", unit_of_assignment="item"))
    assert "arms" in {row["basis"] for row in rows}


def test_what_is_measured_is_held_equal_where_both_arms_have_it(tmp_path: Path) -> None:
    rows = [{"participant_id": f"P{p}", "item_id": f"I{i}", "arm": ("unaided", "aided")[hard ^ ((p + i) % 4 == 0)],
             "correct": int(not hard), "category": ("easy", "hard")[hard]}
            for p in range(12) for i in range(12) for hard in [i % 2]]  # fmt: skip
    held = section(one_csv(tmp_path / "a.csv", rows))[0][0]
    assert held["estimate"] == pytest.approx(0)
    assert "category held equal" in held["notes"]
    plain = section(one_csv(tmp_path / "b.csv", [{k: v for k, v in row.items() if k != "category"} for row in rows]))
    assert plain[0][0]["estimate"] < -0.3
    assert "nothing measured" in plain[0][0]["notes"]


def test_a_report_is_written_where_only_one_bound_has_an_interval(tmp_path: Path) -> None:
    """Everybody follows the last recommendation: at Γ = 1 nothing varies, beyond it one bound does."""
    rows = [
        row | {"brief_target": None, "brief_correct": None, "correct": row["assistant_answer"] == row["gold"]}
        | {"answer": row["assistant_answer"]}
        for row in crossed(6, 6)
        if row["arm"] == "assisted"
    ]  # fmt: skip
    rows += [row for row in crossed(6, 6) if row["arm"] == "unaided"]
    found = load(package(tmp_path / "a.zip", rows))
    ends = [(row["set_low"], row["set_high"]) for row in section(tmp_path / "a.zip")[0] if row["gamma"] > 1]
    assert any((low is None) != (high is None) for low, high in ends)
    write_report(found, tmp_path / "out", mixed="none")
    assert (tmp_path / "out" / "figures" / "sensitivity.svg").exists()
