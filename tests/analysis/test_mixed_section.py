import json
from pathlib import Path
from typing import Any

import pytest

from analysis.__main__ import main
from analysis.load import load
from analysis.results import Study
from analysis.simulate import Truth, simulate
from tests.analysis.packages import crossed, one_csv, package, response


def rows(path: Path, mixed: Any = "auto") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Study(load(path), "", mixed)["mixed_model"]
    return found


def simulated(path: Path, seed: int = 1, **truth: Any) -> Path:
    simulate(Truth(**truth), seed).to_csv(path, index=False)
    return path


def test_the_model_stands_beside_the_contrast_with_slopes_first(tmp_path: Path) -> None:
    slopes, intercepts = rows(simulated(tmp_path / "a.csv", participants=24, items=16))
    assert (slopes["model"], slopes["primary"]) == ("slopes", True)
    assert (intercepts["model"], intercepts["primary"]) == ("intercepts", False)
    assert "too short" in intercepts["notes"]
    assert "coverage not established" in intercepts["notes"]
    assert slopes["low"] < Truth().difference < slopes["high"]
    assert slopes["odds_ratio_low"] < slopes["odds_ratio"] < slopes["odds_ratio_high"]
    assert slopes["df"] == 15


def test_between_subjects_the_slopes_of_people_are_left_out_and_said_so(tmp_path: Path) -> None:
    slopes = rows(simulated(tmp_path / "a.csv", participants=20, items=12, design="between"))[0]
    assert "people slopes are not identified" in slopes["notes"]
    assert slopes["sd_people_slope"] == 0


def test_items_of_one_arm_only_leave_item_slopes_out(tmp_path: Path) -> None:
    made = [response(p, i, ("unaided", "assisted")[i % 2]) for p in range(8) for i in range(12)]
    assert "item slopes are not identified" in rows(package(tmp_path / "a.zip", made))[0]["notes"]


def test_an_arm_that_is_all_right_is_refused_and_accuracy_still_printed(tmp_path: Path) -> None:
    made = [row | ({"answer": "B", "correct": True} if row["arm"] == "assisted" else {}) for row in crossed(8, 8)]
    results = Study(load(package(tmp_path / "a.zip", made)))
    assert results["mixed_model"][0]["estimate"] is None
    assert "every assisted answer is right" in results["mixed_model"][0]["notes"]
    assert results["accuracy"]


def test_a_preview_is_labelled_and_none_is_one_line(tmp_path: Path) -> None:
    path = simulated(tmp_path / "a.csv", participants=12, items=12)
    assert all("preview (nAGQ=0)" in row["notes"] and row["preview"] for row in rows(path, "preview"))
    assert rows(path, "none") == []


def test_the_report_prints_the_model(tmp_path: Path) -> None:
    path = simulated(tmp_path / "a.csv", participants=12, items=12)
    assert main(["report", str(path), "--out", str(tmp_path / "out"), "--mixed", "preview"]) == 0
    text = (tmp_path / "out" / "report.html").read_text()
    assert "odds ratio" in text
    assert json.loads((tmp_path / "out" / "results.json").read_text())["mixed_model"]
    assert (tmp_path / "out" / "figures" / "mixed_model.svg").exists()


def test_a_table_of_one_arm_gets_one_line(tmp_path: Path) -> None:
    made = [{"participant_id": f"P{p}", "item_id": f"I{i}", "arm": "unaided", "correct": p > i}
            for p in range(4) for i in range(4)]  # fmt: skip
    results = Study(load(one_csv(tmp_path / "a.csv", made)))
    assert results["not_computed"]["mixed_model"] == "no task has main trials in both arms"


@pytest.mark.parametrize("people", [2])
def test_two_people_are_too_few(tmp_path: Path, people: int) -> None:
    slopes = rows(package(tmp_path / "a.zip", crossed(people, 12)))[0]
    assert slopes["estimate"] is None
    assert "fewer than 3" in slopes["notes"]
