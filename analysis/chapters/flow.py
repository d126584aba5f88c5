"""What became of the trials, in the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis import markup
from analysis.chapters.cells import opening, task
from analysis.plan import Row
from analysis.words import Table

Results = Mapping[str, Any]
SECTIONS = ("attrition",)
SOURCES = ()


def present(results: Results) -> bool:
    return bool(results["attrition"])


def draw(results: Results) -> dict[str, str]:
    return {}


def write(results: Results, drawn: Mapping[str, str]) -> Iterator[str]:
    yield from opening(results, "attrition", "Time-outs and flow")
    yield markup.table(*_table(results["attrition"]), "Main trials")


def _table(rows: Sequence[Row]) -> Table:
    names = ("planned", "opened", "answered", "unanswered", "timed_out", "timed_out_with_answer")
    head = ["task", "arm", *(name.replace("_", " ") for name in names), "people"]
    return head, [[task(row), row["arm"], *(row[name] for name in names), row["people_opened"]] for row in rows]


def method(results: Results) -> Iterator[str]:
    if any(row["planned"] is not None for row in results["attrition"]):
        yield "Planned trials are those drawn for randomised people."
    yield "A choice that stood at the deadline is an answer."


def limits(results: Results) -> Iterator[str]:
    return iter(())
