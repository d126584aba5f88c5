"""Switching, detection, exposure and the assistant's own conduct."""

import json
from pathlib import Path

import numpy as np
import pytest

from analysis.inference import Clusters, Spec
from analysis.load import load
from analysis.results import Study
from analysis.uptake import detection
from tests.analysis.packages import Record, crossed, package, response, shared
from tests.analysis.rich import FOLLOW, baselines, rich_package


def results(export: Path) -> Study:
    return Study(load(export))


def brief(export: Path) -> Record:
    row: Record = next(row for row in results(export)["reliance"] if row["basis"] == "brief")
    return row


def test_d_prime_and_criterion_of_stanislaw_and_todorov() -> None:
    """H = .8, F = .4; with many trials the log-linear correction does not show."""
    case = json.loads(shared("anchors/expected.json").read_text())["sdt"]
    n = 200_000
    signal = np.arange(n) % 2 == 0
    rate = np.where(signal, case["hit_rate"], case["fa_rate"])
    followed = (np.arange(n) // 2 % 10 < 10 * rate - 0.5).astype(float)
    marks = {"right": signal.astype(float), "wrong": 1.0 - signal, "followed": followed}
    place = np.arange(n)
    found = detection(marks, Clusters.of(place % 20, place // 20 % 20), Spec())
    assert found["dprime"].estimate == pytest.approx(case["dprime"], abs=case["tolerance"])
    assert found["criterion"].estimate == pytest.approx(case["c"], abs=case["tolerance"])


@pytest.mark.parametrize(
    ("hits", "misses", "alarms", "refusals", "dprime", "criterion"),
    [
        (9, 1, 2, 7, 1.771293312, -0.211156906),
        (20, 5, 0, 25, 2.870996360, 0.634403651),
        (3, 17, 11, 4, -1.546553728, 0.194144702),
    ],
)
def test_d_prime_and_criterion_are_those_of_psycho(
    hits: int, misses: int, alarms: int, refusals: int, dprime: float, criterion: float
) -> None:
    """dprime of the R package psycho with its correction (r/detection.R); the first is its manual's example."""
    right = np.repeat([1.0, 0.0], [hits + misses, alarms + refusals])
    followed = np.repeat([1.0, 0, 1, 0], [hits, misses, alarms, refusals])
    place = np.arange(len(right))
    found = detection({"right": right, "wrong": 1 - right, "followed": followed}, Clusters.of(place, place), Spec())
    assert found["dprime"].estimate == pytest.approx(dprime, abs=5e-10)
    assert found["criterion"].estimate == pytest.approx(criterion, abs=5e-10)


def test_detection_is_defined_when_nobody_ever_follows() -> None:
    person, item = (grid.ravel() for grid in np.indices((10, 10)))
    right = (item % 2).astype(float)
    found = detection(
        {"right": right, "wrong": 1 - right, "followed": np.zeros(100)}, Clusters.of(person, item), Spec()
    )
    assert found["dprime"].estimate == pytest.approx(0)
    assert (found["criterion"].estimate or 0) > 2
    none = detection({"right": right * 0, "wrong": right, "followed": right}, Clusters.of(person, item), Spec())
    assert none["dprime"].estimate is None
    assert "both right and wrong" in none["dprime"].notes


def test_switching_counts_only_where_the_initial_answer_was_another(tmp_path: Path) -> None:
    rows = []
    for person in range(12):
        for item in range(12):
            start = "B" if item % 3 == 0 else "A"
            target = "C" if item % 2 else "B"
            answer = target if item % 4 == 0 else start
            rows.append(response(person, item, "assisted", brief_target=target, initial_answer=start,
                                 initial_correct=start == "B", answer=answer))  # fmt: skip
    rows += [response(person, 20 + person, "unaided") for person in range(12)]
    row = brief(package(tmp_path / "a.zip", rows))
    other = [(i, "B" if i % 3 == 0 else "A", "C" if i % 2 else "B") for i in range(12)]
    differing = [i for i, start, target in other if start != target]
    assert row["switch_fraction"] == pytest.approx(sum(i % 4 == 0 for i in differing) / len(differing))
    assert row["switch_fraction_n"] == 12 * len(differing)
    assert row["right_start_followed_wrong"] == 0
    assert row["rsr"] == 1.0


def test_without_initial_answers_switching_is_null_with_its_reason(tmp_path: Path) -> None:
    row = brief(package(tmp_path / "a.zip", crossed(12, 12)))
    assert row["switch_fraction"] is None
    assert "switch_fraction undefined: no initial answer was asked for" in row["notes"]


def test_simulated_switching_is_recovered(tmp_path: Path) -> None:
    row = brief(rich_package(tmp_path / "a.zip", people=60, items=40))
    assert row["switch_fraction"] == pytest.approx(0.9 * FOLLOW * 0.97, abs=0.04)
    assert row["switch_fraction_low"] < row["switch_fraction"] < row["switch_fraction_high"]
    assert "coverage not established" not in row["notes"].split("; ")[0]


def test_reliance_by_exposure_has_a_row_for_each_level_seen(tmp_path: Path) -> None:
    rows = results(rich_package(tmp_path / "a.zip"))["exposure"]
    levels = [row["level_of"] for row in rows if row["seen"] == "assisted_trials_before"]
    assert levels == ["0", "1–2", "3–5", "6–10", "11+"]
    assert {row["level_of"] for row in rows if row["seen"] == "wrong_revealed_before"} == {"0"}
    assert sum(row["accuracy_n"] for row in rows if row["seen"] == "wrong_briefs_before") == 288


def test_exposure_without_its_columns_is_one_line(tmp_path: Path) -> None:
    found = results(package(tmp_path / "a.zip", crossed(6, 6)))
    assert found["exposure"] == []
    assert "assisted_trials_before" in found["not_computed"]["exposure"]


def test_flips_and_lift_follow_what_the_person_stated(tmp_path: Path) -> None:
    rows = crossed(12, 12)
    for row in rows:
        if row["arm"] == "assisted":
            row.update(participant_stated_answer="A", assistant_first_answer="B", assistant_answer="A", messages_sent=3)
    asked = [row | {"answer": "A", "correct": False} for row in baselines(12)]
    found = results(package(tmp_path / "a.zip", rows, tables={"baselines": asked}))["sycophancy"][0]
    assert (found["flip_rate"], found["flip_rate_stated_wrong"], found["caving"]) == (1, 1, 1)
    assert (found["matched_wrong"], found["lift"]) == (0, -1)
    assert found["flip_rate_stated_right"] is None
    assert "not randomised" in found["notes"]


def test_nobody_having_stated_anything_is_null_not_zero(tmp_path: Path) -> None:
    found = results(package(tmp_path / "a.zip", crossed(12, 12)))["sycophancy"][0]
    assert found["flip_rate"] is None
    assert "nobody stated an answer first" in found["notes"]
