"""How often the report's intervals hold what was simulated through the platform itself: services, export, analysis.

Every study has people and items of its own: abilities, trust and difficulties are drawn anew. What is asked for holds
for all people and items that could have been drawn. It prints a table; `OVERSIGHT_COVERAGE` is the number of studies.
"""

import math
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.load import load
from analysis.results import analyse
from studies.exports.package import write_package
from studies.simulation.driver import simulate
from studies.simulation.person import CALM
from tests.analysis.truths import Held, held
from tests.factories import dataset, launched_study

pytestmark = [pytest.mark.coverage, pytest.mark.django_db]
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
STUDIES = int(os.environ.get("OVERSIGHT_COVERAGE", "60"))
FIRST = int(os.environ.get("OVERSIGHT_FIRST_SEED", "1"))
PEOPLE, ITEMS, EACH, RIGHT = 14, 16, 5, 0.6
PEOPLE_DRAWN = replace(CALM, ability=-0.2, trust=0.6, trust_sd=0.1, messages=30, messages_sd=0, most_messages=1)


def truth() -> list[dict[str, Any]]:
    """By Gauss-Hermite quadrature over ability - difficulty; who does not know guesses among four."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(61)
    spread = math.hypot(PEOPLE_DRAWN.ability_sd, PEOPLE_DRAWN.difficulty_sd)
    knows = float(weights @ (1 / (1 + np.exp(-(PEOPLE_DRAWN.ability + spread * nodes)))) / weights.sum())
    own = knows + (1 - knows) / 4
    follows = PEOPLE_DRAWN.trust * 30 / 31  # 1 in 31 asks nothing
    assisted = follows * RIGHT + (1 - follows) * own
    named = {
        ("accuracy", "unaided", "estimate"): own,
        ("accuracy", "assisted", "estimate"): assisted,
        ("contrasts", "assisted", "estimate"): assisted - own,
        ("reliance", "assisted", "over_reliance"): follows + (1 - follows) * (1 - own) / 3,
        ("reliance", "assisted", "under_reliance"): (1 - follows) * (1 - own),
    }
    return [dict(zip(("section", "arm", "statistic"), key, strict=True), value=value) for key, value in named.items()]


def found(seed: int, folder: Path) -> Iterator[Held]:
    """One whole study: loaded, launched, simulated through the services, exported, analysed, held against the truth."""
    dataset(name=f"d{seed}", questions=ITEMS)
    task = {"name": "mmlu", "dataset": f"d{seed}", "items_per_arm": EACH, "time_limit_seconds": "none"}
    study = launched_study(slug=f"s{seed}", tasks=[task])
    simulate(study=study, participants=PEOPLE, seed=seed, start=START, population=PEOPLE_DRAWN)
    out = folder / f"{seed}.zip"
    write_package(study=study, out=out, include_simulated=True)
    return held(truth(), analyse(load(out), mixed="none")[1])


def test_intervals_hold_what_was_simulated_through_the_services(tmp_path: Path) -> None:
    seen: dict[str, list[Held]] = {}
    for seed in range(FIRST, FIRST + STUDIES):
        for each in found(seed, tmp_path):
            seen.setdefault(f"{each.section} {each.arm} {each.statistic}", []).append(each)
        print(f"after seed {seed}", *(line(name, rows) for name, rows in seen.items()), sep="\n", flush=True)
    for name, rows in seen.items():
        assert share(rows) >= 0.95 - 3 * (0.95 * 0.05 / len(rows)) ** 0.5, name


def share(rows: list[Held]) -> float:
    """Of the intervals that there are, those that hold the truth."""
    inside = [each.inside for each in rows if each.inside is not None]
    return sum(inside) / len(inside)


def line(name: str, rows: list[Held]) -> str:
    off = [each.estimate - each.value for each in rows if each.estimate is not None]
    width = [each.high - each.low for each in rows if each.low is not None and each.high is not None]
    mean = sum(off) / len(off)
    return f"| {name} | {share(rows):.3f} | {mean:+.4f} | {sum(width) / len(width):.3f} | {len(rows)} |"
