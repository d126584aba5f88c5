"""Simulate, export, analyse: what was put in comes out, for several seeds."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from analysis.load import load
from analysis.results import Study
from studies.exports.package import write_package
from studies.simulation.driver import simulate
from studies.simulation.person import CALM
from tests.factories import launched_study

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PEOPLE, EACH, RIGHT = 16, 5, 0.6
# All alike, nobody is timed out or leaves, everybody asks: the truth is then a line of arithmetic.
KNOWN = replace(
    CALM,
    ability=-0.2,
    ability_sd=0,
    difficulty_sd=0,
    trust=0.65,
    trust_sd=0,
    messages=30,
    messages_sd=0,
    most_messages=1,
)
ASKS = 30 / 31
OWN = (lambda knows: knows + (1 - knows) / 4)(1 / (1 + math.exp(0.2)))
FOLLOWS = KNOWN.trust * ASKS
ASSISTED = FOLLOWS * RIGHT + (1 - FOLLOWS) * OWN
OVER_RELIANCE = FOLLOWS + (1 - FOLLOWS) * (1 - OWN) / 3


def analysed(seed: int, folder: Path) -> Study:
    task = {"name": "mmlu", "dataset": "d", "items_per_arm": EACH}
    study = launched_study(tasks=[task])
    simulate(study=study, participants=PEOPLE, seed=seed, start=START, population=KNOWN)
    out = folder / f"{seed}.zip"
    write_package(study=study, out=out, include_simulated=True)
    return Study(load(out))


def row(rows: list[dict[str, Any]], **wanted: object) -> dict[str, Any]:
    return next(one for one in rows if all(one.get(key) == value for key, value in wanted.items()))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_analysis_recovers_ability_and_trust(seed: int, tmp_path: Path) -> None:
    found = analysed(seed, tmp_path)
    assert (found["n"]["participants"], found["n"]["simulated"]) == (PEOPLE, 2 * PEOPLE * EACH)
    for arm, truth in (("unaided", OWN), ("assisted", ASSISTED)):
        estimate = row(found["accuracy"], arm=arm)
        assert estimate["n"] == PEOPLE * EACH
        assert estimate["low"] <= truth <= estimate["high"], arm
    reliance = row(found["reliance"], arm="assisted", basis="brief")
    assert reliance["over_reliance_low"] <= OVER_RELIANCE <= reliance["over_reliance_high"]
