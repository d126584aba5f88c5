"""People, model and experts: published formulas, a known truth, and what is not there."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.derived import gap_recovered, intersection_union, not_worse
from analysis.faults import PackageError
from analysis.inference import Clusters, Spec, difference, proportion
from analysis.load import load
from analysis.report import write_report
from analysis.results import Study
from tests.analysis.packages import Record, crossed, one_csv, package
from tests.analysis.rich import FOLLOW, OWN, baselines, expert_ratings, rich_package


def found(export: Path) -> list[Record]:
    rows: list[Record] = Study(load(export))["sandwiching"]
    return rows


def primary(rows: list[Record]) -> Record:
    return next(row for row in rows if row["primary"])


def test_fieller_is_the_published_formula() -> None:
    """Fieller (1954) in the usual form, q = a/b, g = t² v22/b²:
    [q − g v12/v22 ± (t/b) √(v11 − 2q v12 + q² v22 − g(v11 − v12²/v22))]/(1 − g)."""
    rng = np.random.default_rng(5)
    n = 60
    team, base, top = (rng.normal(mean, 1, n) for mean in (2.0, 1.0, 4.0))
    one = np.ones(n)
    clusters = Clusters.of(np.arange(n), np.arange(n))
    got = gap_recovered((team, one), (base, one), (top, one), clusters, Spec())
    x, y = team - base, top - base
    a, b = x.mean(), y.mean()
    v = np.cov(x, y) / n
    t = 2.00099538
    g = t**2 * v[1, 1] / b**2
    middle = a / b - g * v[0, 1] / v[1, 1]
    reach = (
        t
        / b
        * math.sqrt(v[0, 0] - 2 * a / b * v[0, 1] + (a / b) ** 2 * v[1, 1] - g * (v[0, 0] - v[0, 1] ** 2 / v[1, 1]))
    )
    assert got.estimate == pytest.approx(a / b)
    assert got.low == pytest.approx((middle - reach) / (1 - g), rel=1e-6)
    assert got.high == pytest.approx((middle + reach) / (1 - g), rel=1e-6)


# Ten shares of a team, of a base and of a ceiling, as in r/fieller.R.
TEAM = np.array([0.62, 0.71, 0.55, 0.80, 0.67, 0.74, 0.58, 0.69, 0.77, 0.60])
BASE = np.array([0.41, 0.52, 0.47, 0.50, 0.39, 0.58, 0.44, 0.46, 0.61, 0.40])
TOP = np.array([0.88, 0.91, 0.79, 0.94, 0.86, 0.97, 0.83, 0.90, 0.93, 0.85])


@pytest.mark.parametrize(
    ("ceiling", "printed"),
    [((TOP, np.ones(10)), (0.477941176, 0.390129155, 0.557175164)), (1.0, (0.373563218, 0.287654510, 0.462092260))],
)
def test_the_gap_recovered_is_that_of_mratios(ceiling: Any, printed: tuple[float, float, float]) -> None:
    """gsci.ratio of the R package mratios, of the means and their covariance, t with 9 degrees of freedom."""
    one = np.ones(10)
    found = gap_recovered((TEAM, one), (BASE, one), ceiling, Clusters.of(np.arange(10), np.arange(10)), Spec())
    assert (found.estimate, found.low, found.high) == pytest.approx(printed, abs=5e-10)


def test_a_gap_that_is_not_told_from_zero_has_an_unbounded_set_and_says_so() -> None:
    rng = np.random.default_rng(5)
    team, base, top = (rng.normal(0, 1, 40) for _ in range(3))
    one, clusters = np.ones(40), Clusters.of(np.arange(40), np.arange(40))
    got = gap_recovered((team, one), (base, one), (top, one), clusters, Spec())
    assert (got.low, got.high) == (None, None)
    assert "unbounded" in got.notes
    same = gap_recovered((team, one), (base, one), (base, one), clusters, Spec())
    assert (same.estimate, same.notes) == (None, "undefined: the base is as good as the ceiling")


def test_the_intersection_union_interval_takes_the_smaller_bounds() -> None:
    person, item = (grid.ravel() for grid in np.indices((12, 12)))
    y = ((person * 5 + item * 7) % 11 < 6).astype(float)
    even, clusters = (person % 2).astype(float), Clusters.of(person, item)
    first = proportion(y, np.ones(144), clusters)
    second = difference((y * even, even), (y * (1 - even), 1 - even), clusters)
    both = intersection_union(first, second)
    assert both.estimate == min(first.estimate or 9, second.estimate or 9)
    assert (both.low, both.high) == (min(first.low or 9, second.low or 9), min(first.high or 9, second.high or 9))
    assert not_worse(both, None) is None


def test_assigned_arms_are_held_against_the_briefs_as_drawn_and_that_is_no_model(tmp_path: Path) -> None:
    rows = found(rich_package(tmp_path / "a.zip"))
    row = primary(rows)
    assert row["comparator"] == "designed"
    assert "not a model" in row["notes"]
    assert row["people"] == "stayers"
    assert {each["comparator"] for each in rows} == {"designed", "as_deployed", "received"}


def test_the_model_as_deployed_is_the_default_elsewhere_and_unparsed_is_never_wrong(tmp_path: Path) -> None:
    rows = crossed(12, 12)
    for row in rows:
        row.update(brief_target=None, brief_correct=None)
    asked = baselines(12)
    arms = [{"study": "trial-study", "protocol_sha256": "a" * 64, "arm": "unaided"},
            {"study": "trial-study", "protocol_sha256": "a" * 64, "arm": "assisted", "assistant": "helper",
             "strategy": "honest"}]  # fmt: skip
    export = package(tmp_path / "a.zip", rows, tables={"baselines": asked, "arms": arms})
    row = primary(found(export))
    shares = {}
    for item in range(12):
        given = [each["correct"] for each in asked if each["item_id"] == f"I{item}" and each["correct"] is not None]
        shares[f"I{item}"] = np.mean(given)
    expected = np.mean([shares[each["item_id"]] for each in rows if each["arm"] == "assisted"])
    assert (row["comparator"], row["model"]) == ("as_deployed", pytest.approx(expected))
    assert "small-1, 2026-01-01" in row["model_source"]


def test_answers_of_another_assistant_are_not_this_arms_model(tmp_path: Path) -> None:
    asked = [row | {"assistant": "somebody else"} for row in baselines(12)]
    rows = found(package(tmp_path / "a.zip", crossed(12, 12), tables={"baselines": asked}))
    assert {row["comparator"] for row in rows} == {"designed", "received"}


def test_accuracy_with_worked_examples_is_told_by_their_number(tmp_path: Path) -> None:
    few = {"method": "few_shot", "comparator": "benchmark"}
    rights = {1: 0.3, 5: 0.9}
    asked = [row | few | {"shots": k} for k, right in rights.items() for row in baselines(12, right=right)]
    rows = found(package(tmp_path / "a.zip", crossed(12, 12), tables={"baselines": asked}))
    by_method = {row["method_asked"]: row["model"] for row in rows if row["comparator"] == "benchmark"}
    assert set(by_method) == {"few_shot k=1", "few_shot k=5"}
    assert by_method["few_shot k=1"] < by_method["few_shot k=5"]


def test_experts_come_from_ratings_or_from_the_published_constant(tmp_path: Path) -> None:
    rated = primary(found(package(tmp_path / "a.zip", crossed(12, 12), tables={"ratings": expert_ratings(12)})))
    assert rated["expert"] == pytest.approx(0.9, abs=0.05)
    assert "expert ratings" in rated["expert_source"]
    constant = primary(found(package(tmp_path / "b.zip", crossed(12, 12))))
    assert (constant["expert"], constant.get("expert_low")) == (0.90, None)
    assert "published constant" in constant["expert_source"]


DECLARED: Record = {"task": "mmlu", "dataset": "mmlu-own", "accuracy": 0.7, "source": "Smith 2020, table 3",
                    "measured_on": "ten graduates"}  # fmt: skip


def test_the_constant_that_a_study_declares_comes_before_the_founding_studys_and_after_ratings(tmp_path: Path) -> None:
    row = primary(found(package(tmp_path / "a.zip", crossed(12, 12), experts=[DECLARED])))
    assert (row["expert"], row["expert_basis"], row.get("expert_low")) == (0.7, "declared", None)
    assert row["expert_source"] == (
        "published constant without variance, not on these items, declared by the study "
        "(Smith 2020, table 3, ten graduates)"
    )
    rated = package(tmp_path / "b.zip", crossed(12, 12), tables={"ratings": expert_ratings(12)}, experts=[DECLARED])
    assert primary(found(rated))["expert_basis"] == "ratings"
    other = package(tmp_path / "c.zip", crossed(12, 12), experts=[{**DECLARED, "task": "quality"}])
    assert (primary(found(other))["expert"], primary(found(other))["expert_basis"]) == (0.9, "published")


def test_a_declared_constant_closes_the_gap_without_adding_variance(tmp_path: Path) -> None:
    """With a constant ceiling c the gap recovered is (assisted − unaided)/(c − unaided): no third mean in it."""
    row = primary(found(package(tmp_path / "a.zip", crossed(12, 12), experts=[DECLARED])))
    gap = row["assisted_minus_unaided"] / (0.7 - row["unaided"])
    assert row["gap_recovered"] == pytest.approx(gap)


def test_constants_that_differ_between_the_data_sets_of_a_task_are_not_mixed(tmp_path: Path) -> None:
    other = {**DECLARED, "dataset": "mmlu-other", "accuracy": 0.8}
    alone = primary(found(package(tmp_path / "a.zip", crossed(12, 12), experts=[DECLARED, other])))
    assert alone["expert"] == 0.7, "nothing here was asked from the other data set"
    answers = [
        {**each, "dataset": ("mmlu-own", "mmlu-other")[int(each["item_id"][1:]) % 2]} for each in crossed(12, 12)
    ]
    for declared in ([DECLARED, other], [DECLARED]):
        row = primary(found(package(tmp_path / "b.zip", answers, experts=declared)))
        assert (row["expert"], row["gap_recovered"]) == (None, None)
        assert "no constant that holds for every data set" in row["expert_source"]


def test_the_report_names_the_source_of_a_declared_constant_in_its_table_method_and_limits(tmp_path: Path) -> None:
    export = package(tmp_path / "a.zip", crossed(12, 12), experts=[DECLARED])
    write_report(load(export), tmp_path / "out", mixed="none")
    text = (tmp_path / "out" / "report.html").read_text()
    chapter = text[text.index("<h2>Sandwiching") : text.index("<h2>", text.index("<h2>Sandwiching") + 4)]
    table, method = (chapter.index(mark) for mark in ("Who stands in the figure", "<b>Method."))
    assert table < chapter.index("Smith 2020, table 3") < method < chapter.rindex("Smith 2020, table 3")
    assert "without variance" in chapter[chapter.index("<b>Limits.") :]
    assert "Smith 2020" in text[text.index("For a paper") :]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"accuracy": 90}, "90 is no share"),
        ({"accuracy": None}, "None is no share"),
        ({"source": " "}, "source: is miss"),
    ],
)
def test_a_declared_constant_that_is_no_share_or_has_no_source_is_refused(
    tmp_path: Path, entry: Record, says: str
) -> None:
    with pytest.raises(PackageError, match=says):
        load(package(tmp_path / "a.zip", crossed(4, 4), experts=[{**DECLARED, **entry}]))


def test_untimed_validators_stand_for_experts_as_circular_and_those_in_a_hurry_for_unaided_people(
    tmp_path: Path,
) -> None:
    untimed = [{**row, "source": "untimed"} for row in expert_ratings(12)]
    speed = [{**row, "source": "speed", "correct": "false"} for row in expert_ratings(12)]
    row = primary(found(package(tmp_path / "a.zip", crossed(12, 12), tables={"ratings": untimed + speed})))
    assert row["expert"] == pytest.approx(0.9, abs=0.05)
    assert "untimed validators of the data set: circular" in row["expert_source"]
    assert row["speed_validators"] == 0
    alone = primary(found(package(tmp_path / "b.zip", crossed(12, 12), tables={"ratings": speed})))
    assert "published constant" in alone["expert_source"], "they are no ceiling"


def test_the_declared_margin_decides_and_without_one_nothing_is_claimed(tmp_path: Path) -> None:
    wide = primary(found(rich_package(tmp_path / "a.zip", manifest={"analysis": {"margin": 0.9}})))
    assert (wide["margin"], wide["not_worse_than_unaided"]) == (0.9, True)
    none = primary(found(rich_package(tmp_path / "b.zip")))
    assert (none["margin"], none["not_worse_than_unaided"], none["not_worse_than_model"]) == (None, None, None)


def test_simulated_parts_are_recovered(tmp_path: Path) -> None:
    row = primary(found(rich_package(tmp_path / "a.zip", people=60, items=40)))
    assert row["model"] == pytest.approx(0.5, abs=0.05)
    assert row["unaided"] == pytest.approx(OWN * 0.94, abs=0.07)
    followed = 0.9 * FOLLOW
    assert row["assisted"] == pytest.approx((followed * 0.5 + (1 - followed) * OWN) * 0.94, abs=0.07)
    assert row["complementarity"] == min(row["assisted_minus_unaided"], row["assisted_minus_model"])
    assert row["no_turn_share"] == pytest.approx(0.1, abs=0.03)
    assert row["take_answer"] == pytest.approx(0.5, abs=0.06)


def test_nothing_to_compare_with_is_one_line(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"participant_id": f"P{p}", "item_id": f"I{i}", "arm": ("unaided", "lm")[(p + i) % 2], "correct": (p * i) % 2}
        for p in range(6)
        for i in range(6)
    ]
    results = Study(load(one_csv(tmp_path / "t.csv", rows)))
    assert results["sandwiching"] == []
    assert "baselines.csv" in results["not_computed"]["sandwiching"]
