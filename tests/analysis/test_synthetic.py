"""Simulated data packages: complete, reproducible, and true to what they say of themselves."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.__main__ import main
from analysis.load import load
from analysis.results import SECTIONS, analyse
from analysis.simulate import Truth
from analysis.synthetic.confidence import STEPS, stated
from analysis.synthetic.package import write_package
from tests.analysis.truths import held

RICH = Truth(participants=20, reliability=(0.5, 0.8), ask=0.9, follow=0.5, initial=True, timeouts=0.05, leave=0.15,
             overconfidence=0.08)  # fmt: skip
MANY = 4 / 0.95**0.5  # standard errors: of some fifty intervals each holds the truth, but for one run in hundreds


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("synthetic") / "s.zip"
    write_package(RICH, 1, out)
    return out


def results(path: Path) -> dict[str, Any]:
    return analyse(load(path), mixed="none")[1]


def by_arm(found: dict[str, Any]) -> dict[str, float]:
    return {row["arm"]: row["estimate"] for row in found["accuracy"] if row["primary"]}


def truth_of(path: Path) -> list[dict[str, Any]]:
    with zipfile.ZipFile(path) as archive:
        return list(json.loads(archive.read("truth.json"))["expected"])


def test_every_section_that_follows_from_a_package_has_rows(made: Path) -> None:
    found = results(made)
    assert not [reason for reason in found["not_computed"].values() if "needs" in reason]
    assert all(found[name] for name in SECTIONS if name not in ("mixed_model", "sensitivity"))
    assert found["n"]["simulated"] == found["n"]["responses"] < 20 * 24


@pytest.mark.parametrize("design", ["within", "between"])
def test_a_large_study_shows_what_its_truth_says(design: Any, tmp_path: Path) -> None:
    truth = Truth(participants=48, items=32, design=design, ask=0.8, follow=0.5, initial=True, timeouts=0.05,
                  leave=0.1, overconfidence=-0.1)  # fmt: skip
    write_package(truth, 5, tmp_path / "s.zip")
    compared = list(held(truth_of(tmp_path / "s.zip"), results(tmp_path / "s.zip")))
    assert {each.section for each in compared} >= {"accuracy", "contrasts", "calibration", "reliance", "timing"}
    for each in compared:
        assert each.estimate is not None
        if each.low is None or each.high is None:
            continue
        half = (each.high - each.low) / 2
        assert abs(each.estimate - each.value) < MANY / 2 * half, each


def test_leaving_and_running_out_of_time_happen_as_often_as_asked_for(made: Path) -> None:
    package = load(made)
    people, planned = package.tables["participants"], package.tables["allocations"]
    assert 0 < (people["outcome"] == "expired").sum() < 12
    assert 0.01 < package.responses["answer"].isna().mean() < 0.1
    assert planned["opened"].sum() == len(package.responses) < len(planned)
    assert set(package.responses["answer_source"].dropna()) == {"submitted", "standing"}


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(made: Path, tmp_path: Path) -> None:
    for seed in (1, 2):
        write_package(RICH, seed, tmp_path / f"{seed}.zip")
    assert (tmp_path / "1.zip").read_bytes() == made.read_bytes() != (tmp_path / "2.zip").read_bytes()


def test_one_csv_has_the_same_answers_and_its_truth_beside_it(tmp_path: Path, capsys: Any) -> None:
    assert main(["simulate", "--out", str(tmp_path / "s.csv"), "--follow", "0.4", "--participants", "20"]) == 0
    assert "true difference" in capsys.readouterr().out
    assert main(["simulate", "--out", str(tmp_path / "s.zip"), "--follow", "0.4", "--participants", "20"]) == 0
    bare, whole = results(tmp_path / "s.csv"), results(tmp_path / "s.zip")
    assert by_arm(bare) == by_arm(whole)
    beside = json.loads((tmp_path / "s.truth.json").read_text())
    assert beside["parameters"]["follow"] == 0.4
    assert beside["expected"] == truth_of(tmp_path / "s.zip")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--overconfidence", "0.5", "--effect", "9"], "another --overconfidence"),
        (["--reliability", "0.5,0.5"], "--reliability"),
        (["--reliability", "0.1,0.2,0.3", "--items", "2"], "at least 4 people"),
    ],
)
def test_what_cannot_be_made_is_refused_in_one_line(words: list[str], says: str, tmp_path: Path, capsys: Any) -> None:
    assert main(["simulate", "--out", str(tmp_path / "s.zip"), *words]) == 1
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(("accuracy", "excess"), [(0.5, 0.0), (0.7, 0.1), (0.4, -0.1)])
def test_stated_confidence_is_as_wrong_as_asked_for_at_every_step(accuracy: float, excess: float) -> None:
    rng = np.random.default_rng(1)
    correct = rng.random(200_000) < accuracy
    confidence = stated(accuracy, excess).draw(correct, rng)
    for step in STEPS:
        mine = correct[confidence == step]
        assert abs(mine.mean() - np.clip(step - excess, 0, 1)) < 5 * (0.25 / len(mine)) ** 0.5 + 1e-9
