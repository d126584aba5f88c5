"""The founding study's table, printed as it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis import markup
from analysis.plan import Row
from analysis.reference import SOURCE
from analysis.words import Table

Results = Mapping[str, Any]
SECTIONS = ("reference",)
SOURCES = (f"{SOURCE}, arXiv:2211.03540",)


def present(results: Results) -> bool:
    return bool(results["reference"])


def draw(results: Results) -> dict[str, str]:
    return {}


def write(results: Results, drawn: Mapping[str, str]) -> Iterator[str]:
    yield markup.tag("h2", "The founding study, for reference")
    yield markup.table(*_table(results["reference"]), f"{SOURCE}; CE: calibration error, %")


def _table(rows: Sequence[Row]) -> Table:
    head = ["condition", "MMLU right, %", "MMLU CE", "QuALITY right, %", "QuALITY CE"]
    names = (
        "condition",
        "mmlu_accuracy",
        "mmlu_calibration_error",
        "quality_accuracy",
        "quality_calibration_error",
    )
    return head, [[row[name] for name in names] for row in rows]


def method(results: Results) -> Iterator[str]:
    return iter(())


def limits(results: Results) -> Iterator[str]:
    yield (
        "Bowman et al. 2022 had other people, items and models, and gave no intervals: a point of orientation, never "
        "pooled with this study."
    )
