"""The data set's own validators in a package of simulated people on real questions."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from analysis.load import load
from analysis.report import write_report
from studies.exports.package import write_package
from studies.simulation.driver import simulate
from tests.factories import launched_study
from tests.shared_data import shared
from tests.simulation.test_reproduction import START

pytestmark = pytest.mark.django_db
TASK = {"name": "quality", "dataset": "real", "items_per_arm": 7, "questions_per_passage": 20, "time_limit_seconds": 60}


def right_in_a_hurry(line: dict[str, Any]) -> dict[str, float]:
    """The share of right speed answers to each question, from the published file itself."""
    shares = {}
    for question in line["questions"]:
        answers = [each["speed_answer"] for each in question["speed_validation"]]
        shares[question["question"]] = sum(answer == question["gold_label"] for answer in answers) / len(answers)
    return shares


def test_real_validators_with_45_seconds_stand_beside_unaided_people_and_are_told_apart_from_them(
    tmp_path: Path,
) -> None:
    file = shared("quality/QuALITY.v1.0.1.htmlstripped.dev.1line")
    call_command("load_items", "quality", str(file), "--dataset", "real", verbosity=0)
    study = launched_study(design={"participants": 50, "unit": "between"}, tasks=[TASK])
    simulate(study=study, participants=12, seed=1, start=START)
    write_package(study=study, out=tmp_path / "a.zip", include_simulated=True)
    package = load(tmp_path / "a.zip")
    write_report(package, tmp_path / "out", mixed="none")

    [row] = [each for each in json.loads((tmp_path / "out/results.json").read_text())["sandwiching"] if each["primary"]]
    shares = right_in_a_hurry(json.loads(file.read_text()))
    questions = package.tables["items"].set_index("item_id")["question"]
    assisted = package.responses[package.responses["arm"] == "assisted"]
    assert row["speed_validators"] == pytest.approx(assisted["item_id"].map(questions).map(shares).mean())
    assert row["speed_validators_source"].startswith("35 answers of the data set's own validators: unaided, 45 seconds")
    assert row["expert_basis"] == "validators"

    assert "validators, 45 seconds" in (tmp_path / "out/figures/sandwiching.svg").read_text()
    text = (tmp_path / "out/report.html").read_text()
    chapter = text[text.index("<h2>Sandwiching") : text.index("<h2>Time")]
    for words in (
        row["speed_validators_source"].replace("'", "&#x27;"),
        "other people under another clock",
        "circular",
    ):
        assert words in chapter
