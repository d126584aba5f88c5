"""The difference that an assistant makes, in the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis import figures, markup
from analysis.chapters.cells import contrast, differs, label, opening, primary, task
from analysis.plan import Row
from analysis.words import Table, between, counted, p_text, points

Results = Mapping[str, Any]
SECTIONS = ("contrasts",)
SOURCES = (
    "Holm 1979, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 65–70",
)


def present(results: Results) -> bool:
    return bool(results["contrasts"])


def draw(results: Results) -> dict[str, str]:
    rows = primary(results, "contrasts")
    return {"contrasts": figures.contrast_figure(rows, "Difference from the unaided arm")} if rows else {}


def write(results: Results, drawn: Mapping[str, str]) -> Iterator[str]:
    yield from opening(results, "contrasts", "Difference that an assistant makes")
    rows = primary(results, "contrasts")
    if "contrasts" in drawn:
        yield markup.figure(drawn["contrasts"], _caption(rows))
    yield markup.table(*_table(rows))
    beside = [row for row in results["contrasts"] if not row["primary"]]
    yield markup.details("Other people, time-outs and exclusions", markup.table(*_table(beside, beside=True)))


def _caption(rows: Sequence[Row]) -> str:
    sizes = "; ".join(
        f"{label(row)}: {counted(row['participants'], 'participant')}, {counted(row['n'], 'trial')}" for row in rows
    )
    return f"Difference from the arm without an assistant with {100 * rows[0]['level']:.0f} % interval. {sizes}."


def _table(rows: Sequence[Row], beside: bool = False) -> Table:
    """Primary rows, or the rows beside them with what is different about each."""
    head = ["task", "contrast", "points", "interval", "p", "p (Holm)", "people", "items"]
    return [*head, "what differs" if beside else "who"], [
        [task(row), contrast(row), points(row["estimate"]), between(row["low"], row["high"]), p_text(row["p"]),
         p_text(row["p_holm"]), row["participants"], row["items"], differs(row) if beside else row["people"]]
        for row in rows
    ]  # fmt: skip


def method(results: Results) -> Iterator[str]:
    within = results["plan"]["design"] == "within"
    who = "people with an opened main trial in both arms (stayers)" if within else "everyone"
    yield (
        f"Assisted minus unaided share of right answers, of {who}; p is two-sided, adjusted by Holm (1979) over the "
        "primary contrasts."
    )


def limits(results: Results) -> Iterator[str]:
    if results["plan"]["design"] == "within":
        yield (
            "Stayers are those who did not leave before their second arm; everyone, and everyone randomised where "
            "the plan is known, stand beside them."
        )
