"""A blinded run shows everything and tells nothing: effects vanish, sizes stay, and every page says so."""

import json
from pathlib import Path

import pytest

from analysis.__main__ import main
from analysis.load import Package, load
from analysis.results import Study
from analysis.simulate import Truth, simulate

STRONG = Truth(participants=40, effect=2.5, follow=0.6)


def export(folder: Path, design: str = "within") -> Package:
    simulate(Truth(**{**{name: getattr(STRONG, name) for name in ("participants", "effect", "follow")},
                      "design": design}), 3).to_csv(folder / "a.csv", index=False)  # type: ignore[arg-type]  # fmt: skip
    return load(folder / "a.csv")


@pytest.mark.parametrize("design", ["within", "between"])
def test_a_strong_effect_and_reliance_vanish_and_the_sizes_stay(tmp_path: Path, design: str) -> None:
    package = export(tmp_path, design)
    seen, blind = Study(package), Study(package, blind=1)
    assert seen["reliance"][0]["over_reliance"] > 0.5
    assert blind["reliance"][0]["over_reliance"] < 0.35
    for before, after in zip(seen["accuracy"], blind["accuracy"], strict=True):
        assert (before["arm"], before["n"], before["participants"]) == (after["arm"], after["n"], after["participants"])
    for before, after in zip(seen["contrasts"], blind["contrasts"], strict=True):
        assert before["low"] > 0
        assert after["low"] < 0 < after["high"]


def test_the_package_itself_stays_as_it_was(tmp_path: Path) -> None:
    package = export(tmp_path)
    before = package.responses.copy()
    Study(package, blind=1)["accuracy"]
    assert package.responses.equals(before)


def test_the_run_is_seeded_recorded_and_marked_everywhere(tmp_path: Path) -> None:
    export(tmp_path)
    arguments = ["report", str(tmp_path / "a.csv"), "--out", str(tmp_path / "one"), "--mixed", "none"]
    assert main([*arguments, "--blinded", "--seed", "7"]) == 0
    results = json.loads((tmp_path / "one/results.json").read_text())
    again = Study(load(tmp_path / "a.csv"), blind=7)
    assert results["accuracy"] == again["accuracy"] != Study(again.package, blind=8)["accuracy"]
    assert (results["seed"], results["blinded_run"]["seed"]) == (7, 7)
    assert results["not_computed"]["sycophancy"]
    html = (tmp_path / "one/report.html").read_text()
    assert '<p class="mark">Blinded run' in html
    assert html.count("Blinded run</text></svg>") == html.count("<svg") == len(list(tmp_path.glob("one/figures/*")))
    for table in (tmp_path / "one/tables").glob("*.csv"):
        assert table.read_text().startswith("blinded_run,")


def test_letters_keep_their_distance_from_the_key(tmp_path: Path) -> None:
    responses = Study(export(tmp_path), blind=5).package.responses
    counted = responses[responses["correct"].notna()]
    assert ((counted["answer"] == counted["gold"]) == counted["correct"]).all()
