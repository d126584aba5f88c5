"""``python -m analysis power``: the grid as lines, a table and a picture."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from analysis.faults import PlanError
from analysis.figures import COLOURS, small_multiples
from analysis.load import load
from analysis.power import SLOPES, Scenario, grid
from analysis.results import Study, as_csv

_MARKERS = ("o", "s", "D", "^", "v", "P")


def run(options: argparse.Namespace) -> int:
    """Prints a line per cell as it is done; writes power.csv and power.svg where ``--out`` is given."""
    base = Scenario(participants=2, items=2, each=options.each, unaided=options.accuracy / 100,
                    effect=options.effect / 100, design=options.design)  # fmt: skip
    slopes: Sequence[float] = SLOPES
    if options.pilot:
        base = from_pilot(base, options.pilot)
        slopes = (base.item_slope_sd,)
    print("people  items  item slope SD  power (Monte-Carlo interval)   size")
    rows = []
    try:
        for row in grid(base, options.participants, options.items, slopes, options.replicates, options.seed):
            rows.append(row)
            print(_line(row), flush=True)
    except ValueError as error:
        raise PlanError(str(error)) from None
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "power.csv").write_text(as_csv(rows), encoding="utf-8", newline="")
        (options.out / "power.svg").write_text(picture(rows, options.effect), encoding="utf-8")
        print(options.out / "power.svg")
    return 0


def from_pilot(base: Scenario, path: str) -> Scenario:
    """The scenario with the spreads and the unaided accuracy of a pilot's mixed model with arm slopes."""
    rows = Study(load(path), mixed="full")["mixed_model"]
    fitted = [row for row in rows if row["primary"] and row["sd_items"] is not None]
    if not fitted:
        raise PlanError("the pilot gives no mixed model with arm slopes, so no variances to plan with")
    first = fitted[0]
    if len(fitted) > 1:
        print(f"several contrasts in the pilot; the variances are those of {first['name']}", file=sys.stderr)
    return replace(
        base,
        unaided=first["unaided_share"],
        person_sd=first["sd_people"],
        person_slope_sd=first["sd_people_slope"],
        item_sd=first["sd_items"],
        item_slope_sd=first["sd_items_slope"],
    )


def picture(rows: Sequence[dict[str, Any]], effect: float) -> str:
    """Power over people, a line per number of items, a panel per item slope; bars are Monte-Carlo intervals."""
    panels = {
        f"item slope SD {slope:g}": list(part) for slope, part in groupby(rows, key=lambda row: row["item_slope_sd"])
    }

    def draw(axes: Any, part: Sequence[dict[str, Any]]) -> None:
        for place, (items, line) in enumerate(groupby(part, key=lambda row: row["items"])):
            cells = list(line)
            ends = [[row["power"] - row["power_low"] for row in cells],
                    [row["power_high"] - row["power"] for row in cells]]  # fmt: skip
            axes.errorbar([row["participants"] for row in cells], [row["power"] for row in cells], yerr=ends,
                          marker=_MARKERS[place % len(_MARKERS)], color=COLOURS[place % len(COLOURS)],
                          label=f"{items} items", linewidth=1.5, capsize=2)  # fmt: skip
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("people")
        axes.axhline(0.8, color="#5f6368", linestyle=(0, (4, 3)), linewidth=1)

    title = f"Power for a difference of {effect:g} percentage points"
    return small_multiples(panels, draw, title, "power")


def _line(row: dict[str, Any]) -> str:
    return (f"{row['participants']:>6}  {row['items']:>5}  {row['item_slope_sd']:>13.2f}  {row['power']:.2f} "
            f"({row['power_low']:.2f} to {row['power_high']:.2f})            {row['size']:.3f}")  # fmt: skip
