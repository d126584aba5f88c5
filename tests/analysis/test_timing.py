"""Times, the people's flow and who left: published values, simulated truth, empty denominators."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from analysis.dropout import fisher_exact, lee_bounds, trimmed_means
from analysis.inference import FloatArray
from analysis.load import load
from analysis.report import write_report
from analysis.results import Study
from analysis.timing import Survival
from tests.analysis.drawn import ParkMiller
from tests.analysis.packages import Record, crossed, one_csv, package, response
from tests.analysis.rich import LIMIT, rich_package, rich_rows

# Freireich et al. (1963), 6-mercaptopurine arm, weeks in remission; negative = censored.
WEEKS = np.array(
    [6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35], dtype=float
)
LEUKAEMIA = Survival.of(np.abs(WEEKS), WEEKS > 0)


def results(export: Path) -> Study:
    return Study(load(export))


def people(rows: list[Record], **values: Any) -> list[Record]:
    """participants.csv of these rows."""
    made: dict[str, Record] = {}
    for row in rows:
        made[row["participant_id"]] = {
            "study": "trial-study", "protocol_sha256": "a" * 64, "participant_id": row["participant_id"],
            "assigned_arm": row["arm"], "randomised_at": "2026-01-01T09:59:00.000Z",
            "consented_at": "2026-01-01T09:58:00.000Z", "outcome": "completed", "is_simulated": False,
            "is_preview": False, **values,
        }  # fmt: skip
    return list(made.values())


def test_kaplan_meier_of_freireichs_leukaemia_patients() -> None:
    """Survival and Greenwood's standard errors as printed in Collett and in Kleinbaum & Klein."""
    at = np.array([6, 7, 10, 13, 16, 22, 23], dtype=float)
    survival, influence = (np.array(part) for part in zip(*map(LEUKAEMIA.at, at), strict=True))
    assert survival == pytest.approx([0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=0.0005)
    greenwood = [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    assert np.sqrt(np.square(influence).sum(axis=1)) == pytest.approx(greenwood, abs=0.00006)
    assert influence.sum(axis=1) == pytest.approx(0, abs=1e-12)


def test_kaplan_meier_agrees_with_statsmodels() -> None:
    survfunc = pytest.importorskip("statsmodels.duration.survfunc")
    other = survfunc.SurvfuncRight(np.abs(WEEKS), (WEEKS > 0).astype(int))
    assert [LEUKAEMIA.at(time)[0] for time in other.surv_times] == pytest.approx(other.surv_prob)


# What survival prints of the same patients and of those with placebo, by time, with our level (r/survival.R).
MERCAPTOPURINE = {
    6: (0.6127315, 0.9579006), 7: (0.5589950, 0.9321771), 10: (0.5018131, 0.9021609), 13: (0.4337119, 0.8663187),
    16: (0.3724744, 0.8269566), 22: (0.2786548, 0.7780336), 23: (0.2024149, 0.7221616),
}  # fmt: skip
PLACEBO = {
    1: (0.659778885, 0.9789643), 2: (0.564410821, 0.9330651), 3: (0.516998447, 0.9053625),
    4: (0.426459253, 0.8432494), 5: (0.341895982, 0.7738572), 8: (0.190617768, 0.6165631),
    11: (0.124685361, 0.5290195), 12: (0.066934859, 0.4355892), 15: (0.042099411, 0.3872685),
    17: (0.021035692, 0.3402211), 22: (0.005563251, 0.3088565),
}  # fmt: skip
PLACEBO_WEEKS = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def test_medians_and_intervals_of_the_curves_are_those_of_survival(tmp_path: Path) -> None:
    """survfit(conf.type = "logit"), medians 23 (13 to none) and 8 (4 to 12): every patient is one trial of an item of
    their own, 6-mercaptopurine stands as assisted."""
    weeks = [("assisted", float(week)) for week in WEEKS] + [("unaided", float(week)) for week in PLACEBO_WEEKS]
    rows = [
        response(place, place, arm, seconds=abs(week), timed_out=week < 0,
                 closed_by="participant" if week > 0 else "deadline")
        for place, (arm, week) in enumerate(weeks)
    ]  # fmt: skip
    found = results(package(tmp_path / "a.zip", rows))
    medians = {row["arm"]: (row["estimate"], row["low"], row["high"]) for row in found["timing"]}
    assert medians == {"assisted": (23, 13, None), "unaided": (8, 4, 12)}
    curves = [row for row in found["timing_curves"] if row["kind"] == "survival"]
    for arm, printed in (("assisted", MERCAPTOPURINE), ("unaided", PLACEBO)):
        ends = {row["seconds"]: (row["low"], row["high"]) for row in curves if row["arm"] == arm}
        assert {*printed} <= {*ends}
        for week, known in printed.items():
            assert ends[week] == pytest.approx(known, abs=5e-7)


def test_times_cut_off_by_the_clock_are_censored(tmp_path: Path) -> None:
    found = results(rich_package(tmp_path / "a.zip", people=40, items=40))
    for row in found["timing"]:
        # Times are log-normal (4.0, 0.6): the median is e⁴ = 54.6 although the clock cuts at 120.
        assert row["low"] < np.exp(4.0) < row["high"]
        assert row["censored"] > 0
    late = [row for row in found["timing_curves"] if row["kind"] == "survival" and row["arm"] == "unaided"]
    for row in late:
        if row["seconds"] < LIMIT:
            still = 0.5 * math.erfc((math.log(row["seconds"]) - 4) / 0.6 / math.sqrt(2))
            assert row["estimate"] == pytest.approx(still, abs=0.06)
    assert late[-1]["seconds"] == LIMIT


def test_a_rate_is_right_answers_per_minute(tmp_path: Path) -> None:
    rows = crossed(12, 12, answer="B", seconds=30)
    row = results(package(tmp_path / "a.zip", rows))["timing"][0]
    assert row["rate_correct"] == pytest.approx(2.0)
    slow = [row | {"seconds": 60 if row["arm"] == "assisted" else 30} for row in rows]
    ratio = {row["arm"]: row["time_ratio"] for row in results(package(tmp_path / "b.zip", slow))["timing"]}
    assert ratio == {"unaided": None, "assisted": pytest.approx(2.0)}


@pytest.mark.parametrize("size", [(8, 6), (10, 6), (12, 9)])
def test_the_median_is_when_half_have_answered_whatever_the_rounding(tmp_path: Path, size: tuple[int, int]) -> None:
    """Without censoring the curve is the share still open. Of 24, 30 and 54 trials its product misses one half."""
    rows = [row | {"seconds": 1 + place} for place, row in enumerate(crossed(*size, answer="B"))]
    for row in results(package(tmp_path / "a.zip", rows))["timing"]:
        times = sorted(one["seconds"] for one in rows if one["arm"] == row["arm"])
        assert row["estimate"] == times[len(times) // 2 - 1]


def test_nobody_in_time_is_no_median_but_a_reason(tmp_path: Path) -> None:
    rows = crossed(12, 12, answer=None, seconds=60)
    row = results(package(tmp_path / "a.zip", rows))["timing"][0]
    assert row["estimate"] is None
    assert "no trial was ended by its participant" in row["notes"]


def test_fifths_of_time_hold_all_counted_answers(tmp_path: Path) -> None:
    rows = [row | {"seconds": 10 + place} for place, row in enumerate(crossed(12, 12))]
    found = results(package(tmp_path / "a.zip", rows))["timing_curves"]
    fifths = [row for row in found if row["kind"] == "fifth" and row["arm"] == "assisted"]
    assert [row["fifth"] for row in fifths] == [1, 2, 3, 4, 5]
    assert sum(row["n"] for row in fifths) == 72


@pytest.mark.parametrize(("mean", "q"), [(0.6, 0.2), (0.9, 0.3), (0.1, 0.25), (0.5, 0.0)])
def test_trimming_shares_is_lees_closed_form(mean: float, q: float) -> None:
    values = (np.arange(200) < 200 * mean).astype(float)
    low, high = trimmed_means(values, q)
    assert low == pytest.approx(max(0, (mean - q) / (1 - q)))
    assert high == pytest.approx(min(1, mean / (1 - q)))


def kept_and_gone() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Outcome, whether it was seen, and arm of 100 people an arm as r/dropout.R draws them."""
    group = np.repeat([1, 0], 100)
    outcome = np.round(ParkMiller(2009).uniform(200) + 0.15 * group, 3)
    return outcome, np.repeat([1, 0, 1, 0], [90, 10, 72, 28]) == 1, group


def test_lees_bounds_are_those_of_two_r_packages_and_their_errors_lees_own() -> None:
    """leebounds (Semenova) and attrition (Coppock et al.), which has Lee's (2009) proposition 3 (r/dropout.R); the
    jackknife, of which the interval is made, comes within 2 per cent of it."""
    outcome, seen, group = kept_and_gone()
    found = lee_bounds(outcome, seen, group)
    assert found == pytest.approx((0.109319444, 0.301250000), abs=5e-10)
    flipped = lee_bounds(outcome, seen, 1 - group)
    assert flipped == pytest.approx((-0.301250000, -0.109319444), abs=5e-10)
    left = [np.delete(np.arange(200), place) for place in range(200)]
    replicates = np.array([lee_bounds(outcome[kept], seen[kept], group[kept]) for kept in left], dtype=float)
    errors = np.sqrt(199 / 200 * np.square(replicates - np.array(found, dtype=float)).sum(axis=0))
    assert errors == pytest.approx([0.0565047950, 0.0545694533], rel=0.02)


def test_lees_bounds_of_attritions_own_example() -> None:
    """What its tests print for 397 of 497 and 361 of 503 people seen, outcomes 1 to 5: a share .1015 of the first is
    cut. That package cuts whole people, ours the last one in part: 1/357 of a range of 4 apart at most."""
    values = np.arange(1.0, 6)
    outcome = np.concatenate([np.repeat(values, (33, 40, 159, 119, 46)), np.repeat(values, (34, 94, 113, 91, 29))])
    group = np.repeat([1, 0, 1, 0], [397, 361, 100, 142])
    seen = np.arange(1000) < 758
    low, high = lee_bounds(np.concatenate([outcome, np.full(242, np.nan)]), seen, group)
    assert (low, high) == pytest.approx((0.100617821905443, 0.534610520108332), abs=4 / 357)


def test_lee_bounds_hold_the_effect_on_those_who_always_stay() -> None:
    """Weak people leave the unaided arm only; the effect is .10 on everybody."""
    rng = np.random.default_rng(3)
    ability = rng.uniform(0.2, 0.8, 4000)
    group = np.arange(4000) % 2
    observed = (group == 1) | (ability > 0.35)
    low, high = lee_bounds(ability + 0.10 * group, observed, group)
    assert low is not None
    assert high is not None
    assert low <= 0.10 <= high
    naive = (ability + 0.10 * group)[(group == 1) & observed].mean() - ability[(group == 0) & observed].mean()
    assert naive < 0.05


def test_equal_retention_makes_the_bounds_one_number() -> None:
    outcome, group = np.array([0.1, 0.3, 0.5, 0.9]), np.array([0, 0, 1, 1])
    assert lee_bounds(outcome, np.ones(4, dtype=bool), group) == (pytest.approx(0.5), pytest.approx(0.5))
    assert lee_bounds(outcome, group == 1, group) == (None, None)


def test_the_flow_counts_everybody_once(tmp_path: Path) -> None:
    rows = rich_rows(24, 8, design="between")
    table = people(rows)
    for person in table[:4]:
        person["outcome"] = "withdrawn"
    table += [row | {"participant_id": f"X{n}", "randomised_at": None, "outcome": "screened_out", "assigned_arm": None}
              for n, row in enumerate(table[:3])]  # fmt: skip
    export = package(tmp_path / "a.zip", rows, tables={"participants": table}, design="between")
    found = results(export)
    counts = {(row["stage"], row["group"], row["reason"]): row["people"] for row in found["consort"]}
    assert counts["arrived", "everybody", ""] == 27
    assert counts["not randomised", "everybody", "screened out"] == 3
    assert counts["randomised", "everybody", ""] == 24
    assert (counts["allocated", "assisted", ""], counts["left", "assisted", "withdrawn"]) == (12, 2)
    row = found["dropout"][0]
    assert (row["group"], row["against"], row["stayed"], row["of"]) == ("assisted", "unaided", 10, 12)
    assert row["p_fisher"] == 1.0
    assert row["lee_low"] == pytest.approx(row["lee_high"])
    assert row["lee_ci_low"] < row["lee_low"] < row["lee_ci_high"]


def test_fishers_tea_tasting_p_value(tmp_path: Path) -> None:
    """Fisher's lady tasting tea, 3 of 4 right: p = .486 (two-sided)."""
    rows = [response(p, i, ("unaided", "assisted")[p % 2]) for p in range(8) for i in range(4)]
    table = people(rows)
    for number, person in enumerate(table):
        stays = number % 2 == 0 if number not in (0, 1) else number == 1
        person["outcome"] = "completed" if stays else "expired"
    found = results(package(tmp_path / "a.zip", rows, tables={"participants": table}, design="between"))
    assert found["dropout"][0]["p_fisher"] == pytest.approx(0.4857, abs=1e-4)


def test_within_subjects_there_are_no_lee_bounds(tmp_path: Path) -> None:
    rows = rich_rows(12, 8)
    table = people(rows)
    for number, person in enumerate(table):
        person.update(assigned_arm=None, sequence=("first", "second")[number % 2])
    found = results(package(tmp_path / "a.zip", rows, tables={"participants": table}))
    assert [row["group"] for row in found["dropout"]] == ["second"]
    assert "lee_low" not in found["dropout"][0]


def test_without_times_and_people_the_sections_are_one_line_each(tmp_path: Path) -> None:
    rows = [{"participant_id": f"P{p}", "item_id": f"I{i}", "arm": "unaided", "correct": (p * i) % 2}
            for p in range(5) for i in range(5)]  # fmt: skip
    found = results(one_csv(tmp_path / "t.csv", rows))
    assert found["not_computed"]["timing"] == "needs the column seconds"
    assert "participants.csv" in found["not_computed"]["consort"]
    assert "participants.csv" in found["not_computed"]["dropout"]


@pytest.mark.parametrize(
    "table", [[[3, 1], [1, 3]], [[8, 2], [1, 5]], [[0, 5], [4, 1]], [[40, 0], [38, 2]], [[0, 3], [0, 4]]]
)
def test_fishers_exact_p_is_that_of_scipy(table: list[list[int]]) -> None:
    from scipy import stats

    assert fisher_exact(table) == pytest.approx(float(stats.fisher_exact(np.array(table)).pvalue))


@pytest.mark.parametrize(("table", "printed"), [([[2, 15], [10, 3]], 0.0005367241), ([[42, 31], [8, 19]], 0.02327909)])
def test_fishers_exact_p_is_that_of_r(table: list[list[int]], printed: float) -> None:
    """fisher.test (r/shares.R); the first are the convicted twins of R's manual."""
    assert fisher_exact(table) == pytest.approx(printed, rel=1e-6)


def limited(**limits: float | None) -> list[Record]:
    """Everybody's clock by arm; every fourth person has half as much time again."""
    return [
        row | {"time_limit_seconds": limit if limit is None else limit * extra, "time_multiplier": extra, "seconds": 50}
        for row in crossed(12, 12)
        for limit in [limits[row["arm"]]]
        for extra in [1.5 if int(row["participant_id"][1:]) % 4 == 0 else 1.0]
    ]


def test_the_time_limit_is_marked_as_it_was_before_anybodys_extra_time(tmp_path: Path) -> None:
    found = results(package(tmp_path / "a.zip", limited(unaided=60, assisted=60)))
    limits = [row for row in found["timing_curves"] if row["kind"] == "limit"]
    assert [(row["arm"], row["seconds"], row["n"], row["estimate"]) for row in limits] == [
        ("unaided", 60, 72, None), ("assisted", 60, 72, None),
    ]  # fmt: skip
    assert str(found.draw("timing_curves")).count("time limit 60\u00a0s<") == 2, "in both plots, whoever's it is"


def test_limits_that_differ_between_arms_name_their_arm_and_none_is_drawn_where_there_is_no_clock(
    tmp_path: Path,
) -> None:
    figure = str(results(package(tmp_path / "a.zip", limited(unaided=60, assisted=None))).draw("timing_curves"))
    assert "time limit 60\u00a0s, unaided<" in figure, "the other arm has no clock"
    figure = str(results(package(tmp_path / "b.zip", limited(unaided=60, assisted=70))).draw("timing_curves"))
    assert "time limit 60\u00a0s, unaided<" in figure
    assert "time limit 70\u00a0s, assisted<" in figure
    bare = results(package(tmp_path / "c.zip", limited(unaided=None, assisted=None)))
    assert "time limit" not in str(bare.draw("timing_curves"))


def test_a_limit_that_nobody_comes_near_is_told_and_not_drawn(tmp_path: Path) -> None:
    export = package(tmp_path / "a.zip", limited(unaided=600, assisted=600))
    assert "time limit" not in str(results(export).draw("timing_curves"))
    write_report(load(export), tmp_path / "out", mixed="none")
    assert "before extra time and pauses: mmlu 600\u00a0s." in (tmp_path / "out" / "report.html").read_text()


def least_mean_of_always_stayers(values: FloatArray, always: float, stayed: float) -> float:
    """The least mean of `always` people among `stayed` who were seen, by a linear programme over who they are.

    Lee (2009), Rev. Econ. Stud. 76:1071: with monotone attrition those who always stay are a part of the seen.
    """
    found = linprog(values / always, A_eq=[np.ones(len(values))], b_eq=[always], bounds=(0, stayed / len(values)))
    assert found.success
    return float(found.fun)


def test_lee_bounds_are_the_ends_of_a_linear_programme_over_principal_strata() -> None:
    rng = np.random.default_rng(2009)
    for _ in range(60):
        group = np.arange(40) % 2
        stayed = rng.random(40) < np.where(group == 1, *rng.uniform(0.4, 1, 2))
        stayed[:2] = True
        outcome = rng.integers(0, 2, 40).astype(float)
        shares = [float(stayed[group == arm].mean()) for arm in (0, 1)]
        less = min(shares)
        least, most = [], []
        for arm in (0, 1):
            seen = outcome[stayed & (group == arm)]
            least.append(least_mean_of_always_stayers(seen, less, shares[arm]))
            most.append(-least_mean_of_always_stayers(-seen, less, shares[arm]))
        expected = (least[1] - most[0], most[1] - least[0])
        assert lee_bounds(outcome, stayed, group) == pytest.approx(expected)
