"""Votes in the report: curves over the number of voters, and everybody's vote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from analysis import markup
from analysis.chapters.cells import label, notes, opening, share, task
from analysis.figures import BLUE, ORANGE, panels
from analysis.plan import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Results = Mapping[str, Any]
SECTIONS = ("votes",)
SOURCES = (
    "Nitzan & Paroush 1982, Optimal decision rules in uncertain dichotomous choice situations, "
    "International Economic Review 23, 289–297",
)
NAMES = {"plurality": "plain majority", "product": "weighted by confidence"}
_TOO_FEW = 3
_LOOK = {"plurality": (BLUE, "o", -0.1), "product": (ORANGE, "s", 0.1)}


def present(results: Results) -> bool:
    return bool(results["votes"])


def draw(results: Results) -> dict[str, str]:
    """One curve per rule in a plot per task and arm; nothing where no vote of three can be drawn."""
    curves: dict[tuple[str, str], list[Row]] = {}
    for row in _primary(results, "drawn"):
        curves.setdefault((row["task"], row["arm"]), []).append(row)
    shown = [rows for rows in curves.values() if max(row["k"] for row in rows) > 1]
    if not shown:
        return {}

    def one(place: int, axes: Axes) -> None:
        _curve(axes, shown[place])

    return {"votes": panels(len(shown), one, "Votes of k people", "votes", (3.4, 2.9), across=2)}


def _curve(axes: Axes, rows: list[Row]) -> None:
    for rule, (colour, marker, shift) in _LOOK.items():
        mine = [row for row in rows if row["rule"] == rule]
        at = [row["k"] + shift for row in mine]
        for place, row in zip(at, mine, strict=True):
            if row["low"] is not None:
                axes.plot([place] * 2, [100 * row["low"], 100 * row["high"]], color=colour, linewidth=1.5)
        axes.plot(at, [100 * row["estimate"] for row in mine], marker=marker, color=colour, linewidth=1, markersize=5,
                  label=NAMES[rule])  # fmt: skip
    axes.set(title=label(rows[0]), xlabel="voters", ylabel="items right, %", ylim=(0, 103))
    axes.set_xticks(sorted({row["k"] for row in rows}))
    axes.title.set_fontsize(10)


def _primary(results: Results, voters: str) -> list[Row]:
    return [row for row in results["votes"] if row["primary"] and row["voters"] == voters]


def write(results: Results, drawn: Mapping[str, str]) -> Iterator[str]:
    yield from opening(results, "votes", "Votes")
    everybody, curve = _primary(results, "all"), _primary(results, "drawn")
    if not everybody:
        return
    if "votes" in drawn:
        yield markup.figure(drawn["votes"], _caption(curve))
    yield markup.table(*_table(everybody), "Everybody who answered the item votes")
    if all(row["voters_mean"] < _TOO_FEW for row in everybody):
        yield markup.tag("p", f"Fewer than {_TOO_FEW} voters an item: this says little about voting.", "soft")
    yield markup.details("Votes of k people drawn at random", markup.table(*_table(curve)))
    yield notes(everybody + curve)


def _caption(rows: list[Row]) -> str:
    return (
        "Share of items whose vote is right, averaged over all ways to draw the voters, with "
        f"{100 * rows[0]['level']:.0f} % intervals. Every curve keeps one set of items."
    )


def _table(rows: list[Row]) -> tuple[list[str], list[list[Any]]]:
    head = ["task", "arm", "rule", "voters", "items right, %", "items", "left out", "voters per item", "counted"]
    return head, [
        [task(row), row["arm"], NAMES[row["rule"]], row["k"] or "all", share(_named(row), "right"),
         row["items_voted"], row["items_left_out"] or None, f"{row['voters_mean']:.1f}",
         "exactly" if row["exact"] else "seeded draws"]
        for row in rows
    ]  # fmt: skip


def _named(row: Row) -> Row:
    return {"right": row["estimate"], "right_low": row["low"], "right_high": row["high"]}


def method(results: Results) -> Iterator[str]:
    yield (
        "Votes: each item weighs the same, voters are its counted answers, ties are split evenly. The plain majority "
        "(plurality) is exact by the multivariate hypergeometric distribution."
    )
    if any(row["rule"] == "product" for row in results["votes"]):
        yield (
            "The weighted vote multiplies people's probabilities as the founding study did: stated confidence to the "
            "chosen option, the rest equally to the others, certainty as 99 % (Bowman et al. 2022), which are the "
            "weights of Nitzan & Paroush (1982); exact where at most 5,000 subsets exist, else over 2,000 seeded draws "
            "without replacement an item (500 with more than 100 items)."
        )
    yield (
        "Curves use items with more voters than their largest k. Intervals are two-way jackknife, over items only "
        "where everybody votes."
    )


def limits(results: Results) -> Iterator[str]:
    yield (
        "Everybody's vote speaks of these people only; where it is right on every item there is no interval. In 500 "
        "simulated studies of 40 people and 24 items the 95 % intervals of votes of 1 to 15, plain and weighted, held "
        "the truth in 94.6 to 96.6 %, those of everybody's vote, where there was one, in 97.4 and 98.5 %."
    )
