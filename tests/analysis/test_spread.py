"""People and items one by one: published intervals, and a spread that is told from chance."""

from pathlib import Path

import numpy as np
import pytest

from analysis.chapters import spread as chapter
from analysis.load import load
from analysis.results import Study
from analysis.simulate import Truth, simulate
from analysis.spread import newcombe
from tests.analysis.drawn import ParkMiller
from tests.analysis.packages import one_csv


def test_newcombes_interval_as_he_printed_it() -> None:
    """Newcombe 1998 (Statistics in Medicine 17, 873–890), method 10: 56 of 70 minus 48 of 80."""
    low, high = newcombe(*(np.array([value]) for value in (56 / 70, 48 / 80, 70.0, 80.0)), 0.95)
    assert (low[0], high[0]) == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_chance_is_taken_off_the_spread_of_people_and_items(tmp_path: Path, spread: float) -> None:
    truth = Truth(participants=100, items=100, person_sd=spread, item_sd=0, person_slope_sd=0, item_slope_sd=spread)
    simulate(truth, 4).to_csv(tmp_path / "a.csv", index=False)
    study = Study(load(tmp_path / "a.csv"))
    people, items = study["by_person"][0], study["by_item"][0]
    assert people["sd_observed"] > 0.06
    assert items["sd_observed"] > 0.09
    for row in (people, items):
        assert (row["sd_beyond_chance"] > 0.1) == bool(spread)
        assert row["sd_beyond_chance"] < row["sd_observed"]


def test_the_spread_beyond_chance_is_that_of_metafors_hedges_and_olkin(tmp_path: Path) -> None:
    """rma(method = "HE") of shares with their binomial variances p(1 − p)/(n − 1) (r/spread.R)."""
    chance = ParkMiller(1985).uniform(120)
    rows = []
    for place, (person, item) in enumerate(np.ndindex(12, 10)):
        aided = (item + person) % 2
        likely = 0.15 + 0.06 * person + aided * (0.5 if item < 5 else -0.3)
        rows.append({"participant_id": f"P{person}", "item_id": f"I{item}", "arm": ("unaided", "aided")[aided],
                     "correct": bool(chance[place] < likely)})  # fmt: skip
    assert sum(row["correct"] for row in rows) == 58, "not the answers that R drew"
    study = Study(load(one_csv(tmp_path / "a.csv", rows)))
    people = {row["arm"]: row["sd_beyond_chance"] for row in study["by_person"]}
    assert people == {"unaided": pytest.approx(0.0674199862, abs=5e-11), "aided": 0}
    assert study["by_item"][0]["sd_beyond_chance"] == pytest.approx(0.236747508, abs=5e-10)


def test_every_person_and_every_item_met_in_both_arms_has_a_row(tmp_path: Path) -> None:
    simulate(Truth(participants=7, items=5), 1).to_csv(tmp_path / "a.csv", index=False)
    study = Study(load(tmp_path / "a.csv"))
    assert len(study["by_person"]) == 2 * 7
    assert {row["item_id"] for row in study["by_item"]} <= {f"I000{item}" for item in range(1, 6)}
    assert sum(row["n"] for row in study["by_person"]) == 35


def test_the_caterpillar_says_that_its_shares_are_raw(tmp_path: Path) -> None:
    simulate(Truth(participants=7, items=5), 1).to_csv(tmp_path / "a.csv", index=False)
    study = Study(load(tmp_path / "a.csv"))
    text = " ".join(chapter.write(study, chapter.draw(study)))
    assert "Raw share of right answers of each person with Wilson&#x27;s 95 % interval" in text
    assert "Nothing is drawn towards that line" in text
