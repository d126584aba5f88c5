"""The difference that an assistant makes, in the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis import figures, markup
from analysis.chapters.cells import (
    clusters,
    contrast,
    differs,
    notes,
    opening,
    primary,
    sizes,
    task,
    unlike_primary,
)
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
    yield markup.table(*_table(results, rows))
    yield notes(rows, results["plan"]["notes"])
    beside = unlike_primary(results["contrasts"], "name")
    yield markup.details("Other people, time-outs and exclusions", markup.table(*_table(results, beside, beside=True)))


def _caption(rows: Sequence[Row]) -> str:
    return f"Difference between two arms with {100 * rows[0]['level']:.0f} % interval. {sizes(rows)}."


def _table(results: Results, rows: Sequence[Row], beside: bool = False) -> Table:
    """Primary rows, or the rows beside them with what is different about each."""
    expected = any(direction != "two_sided" for *_, direction in results["plan"]["primary"])
    head = ["task", "contrast", "points", "interval", "p", "p (Holm)", "p as planned", "people", "items"]
    return [*head, "what differs" if beside else "family"], [
        [task(row), contrast(row), points(row["estimate"]), between(row["low"], row["high"]), p_text(row["p"]),
         p_text(row["p_holm"]), p_text(row["p_planned"]) if expected else None,
         row["participants"], clusters(results, row), differs(results, row) if beside else _family(row)]
        for row in rows
    ]  # fmt: skip


def _family(row: Row) -> str:
    return "" if row["family"] == "all" else str(row["family"])


def method(results: Results) -> Iterator[str]:
    within = results["plan"]["design"] == "within"
    who = "people with an opened main trial in both arms (stayers)" if within else "everyone"
    yield f"Difference of the shares of right answers, of {who}; p is two-sided{_adjusted(results['contrasts'])}."
    for arm, against, direction in results["plan"]["primary"]:
        if direction != "two_sided":
            often = "more" if direction == "greater" else "less"
            which = f"that “{arm}” is right {often} often than “{against}”"
            yield f"p as planned is one-sided, {which}, and adjusted where p is."
    yield "A variant that comes out as another before it is not repeated."


def _adjusted(rows: Sequence[Row]) -> str:
    """What Holm's adjustment is over, in words."""
    family = [row for row in rows if row["p_holm"] is not None]
    if not family:
        return " and not adjusted"
    if len(family) == 1:
        return ", of one contrast alone and so not adjusted"
    which = "planned" if family[0]["family"] == "planned" else "primary"
    rest = "; exploratory ones are not" if any(row["family"] == "exploratory" for row in rows) else ""
    return f", adjusted by Holm (1979) for the {counted(len(family), f'{which} contrast')}{rest}"


def limits(results: Results) -> Iterator[str]:
    if results["plan"]["design"] == "within":
        yield (
            "Stayers are those who did not leave before their second arm; everyone, and everyone randomised where "
            "the plan is known, stand beside them."
        )
