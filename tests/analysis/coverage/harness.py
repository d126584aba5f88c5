"""How often the intervals of a section hold a known truth, over many simulated studies.

``OVERSIGHT_COVERAGE`` is the number of studies (1,000 by default); the same number gives the same table.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.load import Package
from analysis.plan import Plan, Row, Section, plan_of

STUDIES = int(os.environ.get("OVERSIGHT_COVERAGE", "1000"))
PEOPLE, ITEMS = 40, 24
ENOUGH = 0.94
TABLE: list[str] = []
Draw = Callable[[int], tuple[pd.DataFrame, Mapping[str, float]]]
Maker = Callable[[Package, Plan, Any], Section]


@dataclass
class Tally:
    """Counts of one interval: studies that hold the truth, lie below or above it, or have no interval."""

    held: int = 0
    below: int = 0
    above: int = 0
    none: int = 0
    widths: list[float] = field(default_factory=list)

    def add(self, low: float | None, high: float | None, truth: float) -> None:
        if low is None or high is None:
            self.none += 1
            return
        self.held += low <= truth <= high
        self.below += high < truth
        self.above += low > truth
        self.widths.append(high - low)

    @property
    def share(self) -> float:
        return self.held / max(self.held + self.below + self.above, 1)


def package(frame: pd.DataFrame, **tables: pd.DataFrame) -> Package:
    """These responses as a loaded package of real people, without a manifest."""
    return Package({"responses": frame, **tables}, {}, "0" * 64, False, {"preview": 0, "simulated": 0})


def rows(section: Maker, of: Package) -> list[Row]:
    from analysis.exclusions import main_trials

    trials = main_trials(of)
    return section(of, plan_of(of, trials, "unaided" if (trials["arm"] == "unaided").any() else ""), trials).rows


def ends(row: Row, name: str) -> tuple[float | None, float | None]:
    return (row["low"], row["high"]) if name == "estimate" else (row[f"{name}_low"], row[f"{name}_high"])


def run(label: str, study: Callable[[int], Mapping[str, tuple[float | None, float | None, float]]],
        studies: int = 0) -> dict[str, float]:  # fmt: skip
    """Coverage by name over seeded studies, each giving (low, high, truth) by name; prints a line a name."""
    count, started = studies or STUDIES, time.monotonic()
    tallies: dict[str, Tally] = {}
    for seed in range(count):
        for name, interval in study(seed).items():
            tallies.setdefault(name, Tally()).add(*interval)
    for name, tally in tallies.items():
        width = f"{np.mean(tally.widths):.3f}" if tally.widths else "–"
        share = f"{tally.share:.3f}".lstrip("0")
        TABLE.append(
            f"| {label} | {name} | {share} | {tally.below} / {tally.above} | {tally.none} | {width} | {count} |"
        )
        print(TABLE[-1], flush=True)
    print(f"  ({label}: {time.monotonic() - started:.0f} s)", flush=True)
    return {name: tally.share for name, tally in tallies.items()}


def least(studies: int = 0) -> float:
    """What an interval whose coverage is called established must show; less where fewer studies ran."""
    count = studies or STUDIES
    return ENOUGH - 1e-9 if count >= 1000 else 0.95 - 3 * (0.95 * 0.05 / count) ** 0.5
