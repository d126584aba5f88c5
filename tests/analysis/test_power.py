from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from analysis.__main__ import main
from analysis.inference import Clusters, difference
from analysis.power import Scenario, logits, power, two_way, wilson
from analysis.simulate import Truth, simulate

PLAIN = {"person_sd": 0.0, "item_sd": 0.0, "person_slope_sd": 0.0, "item_slope_sd": 0.0}


def test_independent_answers_have_the_textbook_power_of_two_proportions() -> None:
    """statsmodels' NormalIndPower; the floor makes ours a little smaller, never larger."""
    sm = pytest.importorskip("statsmodels.stats.api")
    here = Scenario(200, 200, each=8, unaided=0.5, effect=0.07, **PLAIN)  # type: ignore[arg-type]
    known = sm.NormalIndPower().power(sm.proportion_effectsize(0.57, 0.5), 800, 0.05)
    found = power(here, 1500, seed=1)
    assert known - 0.06 < found.estimate < known + 0.02


def test_the_vectorised_estimator_is_that_of_the_report() -> None:
    rng = np.random.default_rng(4)
    right, item = rng.random((3, 12, 6)) < 0.6, np.argsort(rng.random((3, 12, 9)), axis=2)[:, :, :6]
    assisted = rng.permuted(np.broadcast_to(np.arange(6) % 2 == 1, right.shape), axis=2)
    effect, variance = two_way(right, assisted, item, 9)
    people = np.repeat(np.arange(12), 6)
    for place in range(3):
        y, a = right[place].ravel().astype(float), assisted[place].ravel().astype(float)
        slow = difference((y * a, a), (y * (1 - a), 1 - a), Clusters.of(people, item[place].ravel()))
        assert effect[place] == pytest.approx(slow.estimate)
        assert np.sqrt(variance[place]) == pytest.approx(slow.se)


def test_the_effect_asked_for_is_the_effect_simulated() -> None:
    here = Scenario(40, 24, unaided=0.6, effect=0.1)
    spread = np.sqrt(0.8**2 + 1.2**2 + (0.4**2 + 0.8**2) / 4)
    draws = np.random.default_rng(1).normal(0, spread, 1_000_000)
    assert [expit(logit + draws).mean() for logit in logits(here)] == pytest.approx([0.6, 0.7], abs=2e-3)


def test_items_buy_more_than_people_where_the_effect_differs_by_item() -> None:
    """80 × 96 beats 160 × 24 at an item-slope SD of .8; with none it does not matter."""
    assert power(Scenario(80, 96), 200, 1).low > power(Scenario(160, 24), 200, 1).estimate


def test_without_an_effect_the_size_is_nominal() -> None:
    size = power(Scenario(40, 24, effect=0), 600, 2)
    assert 0.02 < size.estimate < 0.08


@pytest.mark.parametrize(
    ("people", "items", "effect", "known"),
    [(40, 24, 0.08, 0.392), (40, 24, 0, 0.054), (80, 96, 0.08, 0.831), (80, 96, 0, 0.047)],
)
def test_power_and_size_of_crossed_studies_are_those_that_r_draws_and_tests(
    people: int, items: int, effect: float, known: float
) -> None:
    """r/power.R, 1,000 studies each with sandwich's two-way errors: within three Monte-Carlo errors of the two."""
    found = power(Scenario(people, items, effect=effect), 4000, seed=1).estimate
    assert found == pytest.approx(known, abs=3 * (known * (1 - known) * (1 / 1000 + 1 / 4000)) ** 0.5)


def test_wilsons_interval_is_the_published_one() -> None:
    """Newcombe (1998), Stat. Med. 17:857, table I: 81 of 263 gives .2553 to .3662, 0 of 20 gives 0 to .1611."""
    found = wilson(81, 263)
    assert (found.low, found.high) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))
    assert wilson(0, 20).high == pytest.approx(0.1611, abs=5e-5)


def test_the_command_writes_a_table_and_the_same_picture_twice(tmp_path: Path, capsys: Any) -> None:
    code = ["power", "--effect", "8", "--participants", "10,20", "--items", "12", "--replicates", "20"]
    for name in ("a", "b"):
        assert main([*code, "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / "a" / "power.svg").read_bytes() == (tmp_path / "b" / "power.svg").read_bytes()
    assert len((tmp_path / "a" / "power.csv").read_text().splitlines()) == 1 + 2 * 3


def test_a_pilot_gives_the_variances(tmp_path: Path, capsys: Any) -> None:
    simulate(Truth(participants=20, items=16), 1).to_csv(tmp_path / "pilot.csv", index=False)
    code = ["power", "--effect", "8", "--participants", "10", "--items", "12", "--replicates", "10"]
    assert main([*code, "--pilot", str(tmp_path / "pilot.csv")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_an_impossible_effect_is_one_readable_line(capsys: Any) -> None:
    assert main(["power", "--effect", "60", "--participants", "10", "--items", "12"]) == 1
    assert "must lie between" in capsys.readouterr().err
