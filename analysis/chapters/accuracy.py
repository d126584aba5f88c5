"""Accuracy by arm in the report; its figure stands under the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis import figures, markup
from analysis.chapters.cells import differs, label, opening, primary, task, without_floor
from analysis.plan import Row
from analysis.words import Table, between, counted, percent

Results = Mapping[str, Any]
SECTIONS = ("accuracy",)
SOURCES = ()


def present(results: Results) -> bool:
    return bool(results["accuracy"])


def draw(results: Results) -> dict[str, str]:
    """Accuracy per task and arm, beside chance where every item has as many options."""
    plan = results["plan"]
    rows = [row | {"is_unaided": row["arm"] == plan["unaided"]} for row in primary(results, "accuracy")]
    return {"accuracy": figures.accuracy_figure(rows, plan["chance"], "Accuracy by arm")} if rows else {}


def write(results: Results, drawn: Mapping[str, str]) -> Iterator[str]:
    yield from opening(results, "accuracy", "Accuracy")
    yield markup.table(*table(primary(results, "accuracy")))
    beside = [row for row in results["accuracy"] if not row["primary"]]
    yield markup.details("Time-outs and exclusions treated otherwise", markup.table(*table(beside, beside=True)))


def caption(rows: Sequence[Row]) -> str:
    sizes = "; ".join(
        f"{label(row)}: {counted(row['participants'], 'participant')}, {counted(row['n'], 'trial')}" for row in rows
    )
    return (
        f"Accuracy by arm with {100 * rows[0]['level']:.0f} % interval ({rows[0]['method']}); a trial without "
        f"a counted answer is wrong. Open circle: the arm without an assistant. {sizes}."
    )


def table(rows: Sequence[Row], beside: bool = False) -> Table:
    """Primary rows with their notes, or the rows beside them with what is different about each."""
    head = ["task", "arm", "right, %", "interval", "trials", "people", "items"]
    return [*head, "what differs" if beside else "notes"], [
        [task(row), row["arm"], percent(row["estimate"]), between(row["low"], row["high"]), row["n"],
         row["participants"], row["items"], differs(row) if beside else without_floor(row)]
        for row in rows
    ]  # fmt: skip


def method(results: Results) -> Iterator[str]:
    yield (
        "The share of opened main trials that are right, each trial weighing the same; practice and attention trials "
        "never count. A trial without a counted answer is wrong in the primary rows; left out, and at both extremes, "
        "in the rows beside them."
    )


def limits(results: Results) -> Iterator[str]:
    yield "Accuracies of arms hold for the items and people who met them; what the assistant changes is the difference."
