"""Accuracy by arm in the report; its figure stands under the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis import figures, markup
from analysis.chapters.cells import clusters, differs, notes, opening, primary, sizes, task, unlike_primary
from analysis.plan import Row
from analysis.words import UNANSWERED, Table, between, percent

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
    rows = primary(results, "accuracy")
    yield markup.table(*table(results, rows))
    yield notes(rows)
    beside = unlike_primary(results["accuracy"], "arm")
    yield markup.details(
        "Time-outs and exclusions treated otherwise", markup.table(*table(results, beside, beside=True))
    )


def caption(rows: Sequence[Row]) -> str:
    return (
        f"Accuracy by arm with {100 * rows[0]['level']:.0f} % interval ({rows[0]['method']}); a trial without "
        f"a counted answer is {UNANSWERED[rows[0]['timeouts']]}. Open circle: the arm without an assistant. "
        f"{sizes(rows)}."
    )


def table(results: Results, rows: Sequence[Row], beside: bool = False) -> Table:
    """Primary rows, or the rows beside them with what is different about each."""
    head = ["task", "arm", "right, %", "interval", "trials", "people", "items", "what differs"]
    return head, [
        [task(row), row["arm"], percent(row["estimate"]), between(row["low"], row["high"]), row["n"],
         row["participants"], clusters(results, row), differs(results, row) if beside else ""]
        for row in rows
    ]  # fmt: skip


def weighing(results: Results) -> str:
    """What weighs the same, in words."""
    return {
        "response": "each trial weighing the same",
        "item": "as the mean over items of each item's own share",
        "participant": "as the mean over people of each person's own share",
    }[results["plan"]["weights"]]


def method(results: Results) -> Iterator[str]:
    rule = results["plan"]["timeouts"]
    other = UNANSWERED["composite" if rule == "missing" else "missing"]
    yield (
        f"The share of opened main trials that are right, {weighing(results)}; practice and attention trials never "
        f"count. A trial without a counted answer is {UNANSWERED[rule]} in the primary rows; {other}, and at both "
        "extremes, in the rows beside them, which are shown where that changes anything."
    )


def limits(results: Results) -> Iterator[str]:
    yield "Accuracies of arms hold for the items and people who met them; what the assistant changes is the difference."
