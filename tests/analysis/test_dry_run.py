"""A dry run has the chapters and rows of the report to come, and not one number of its own."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from analysis.__main__ import main

PROTOCOL: dict[str, Any] = {
    "study": {"slug": "planned", "title": "A planned study"},
    "design": {"unit": "within", "arm_order": "counterbalanced", "items": "same"},
    "tasks": [{"name": "mmlu", "time_limit_seconds": 60}],
    "arms": [{"name": "unaided", "assistant": None}, {"name": "arguing", "assistant": "guide"}],
    "assistants": {"guide": {"strategy": "assigned", "provider": "scripted"}},
    "confidence": {"scale": "five_bins"},
    "answer": {"initial": "required"},
    "analysis": {"alpha": 0.05, "primary": [{"arm": "arguing", "against": "unaided", "direction": "greater"}],
                 "planned_participants": 40},
    "exclusions": [{"name": "attention", "rule": "failed_attention", "why": "did not read"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: Any) -> Path:
    home: Path = tmp_path_factory.mktemp("dry")
    frozen = {"study": "planned", "version": 1, "sha256": "f" * 64, "document": {"protocol": PROTOCOL, "items": []}}
    (home / "protocol.json").write_text(json.dumps(frozen))
    assert main(["report", "--dry-run", str(home / "protocol.json"), "--out", str(home / "out")]) == 0
    return home / "out"


def cells(made: Path, name: str) -> list[dict[str, str]]:
    with (made / f"tables/{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_arm_has_its_rows_and_no_estimate(made: Path) -> None:
    numbers = ("estimate", "low", "high", "se", "n", "participants", "items")
    for name in ("accuracy", "contrasts", "calibration", "votes", "reliance", "sandwiching", "mixed_model", "timing"):
        rows = cells(made, name)
        assert rows
        assert {row[number] for row in rows for number in numbers} == {""}
    assert {row["arm"] for row in cells(made, "accuracy")} == {"unaided", "arguing"}
    assert {row["exclusions"] for row in cells(made, "contrasts")} == {"none", "declared"}


def test_the_page_has_the_reports_chapters_the_planned_analysis_and_empty_cells(made: Path) -> None:
    text = (made / "report.html").read_text(encoding="utf-8")
    headings = re.findall("<h2>(.*?)</h2>", text)
    assert headings[:6] == ["What was asked", "The answer", "Accuracy", "Difference that an assistant makes",
                            "Mixed model", "People and items one by one"]  # fmt: skip
    assert "against: unaided, arm: arguing, direction: greater" in text
    assert "f" * 64 in text
    assert "differs by … percentage points in “arguing, mmlu” (95 % interval …" in text
    accuracy = text[text.index("<h2>Accuracy") : text.index("<h2>Difference")]
    assert re.findall(r"<td[^>]*>[^<]*\d", accuracy) == []
    assert not re.search(r"\bnan\b", text)


def test_nothing_is_claimed_of_people_who_have_not_come(made: Path) -> None:
    text = (made / "report.html").read_text(encoding="utf-8")
    assert "did better" not in text
    assert "not shown to" not in text


def test_a_declared_constant_is_named_in_the_plan(tmp_path: Path) -> None:
    expert = {"accuracy": 0.9, "source": "Smith 2020, table 3", "measured_on": ""}
    tasks = [{**PROTOCOL["tasks"][0], "expert": expert}]
    (tmp_path / "p.json").write_text(json.dumps({**PROTOCOL, "tasks": tasks}))
    assert main(["report", "--dry-run", str(tmp_path / "p.json"), "--out", str(tmp_path / "out")]) == 0
    assert "Smith 2020, table 3" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("content", ["{}", "no json", '{"document": {"protocol": {"arms": []}}}'])
def test_what_is_no_protocol_is_refused_in_a_line(tmp_path: Path, content: str, capsys: Any) -> None:
    (tmp_path / "x.json").write_text(content)
    assert main(["report", "--dry-run", str(tmp_path / "x.json"), "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "protocol" in said
    assert "Traceback" not in said
