"""Drop-out in the report: the flow of people, who stayed by group, bounds, with and without exclusions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from analysis import markup
from analysis.chapters.cells import contrast, label, opening
from analysis.dropout import EVERYBODY
from analysis.figures import GREY, panels
from analysis.plan import Row
from analysis.words import Table, between, p_text, points, sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

Results = Mapping[str, Any]
SECTIONS = ("consort", "dropout")
SOURCES = (
    "Schulz, Altman & Moher 2010, CONSORT 2010 statement, BMJ 340, c332",
    "Lee 2009, Training, wages, and sample selection, Review of Economic Studies 76, 1071–1102",
    "Imbens & Manski 2004, Confidence intervals for partially identified parameters, Econometrica 72, 1845–1857",
)
_MAIN = ("arrived", "consented", "randomised")
_SIDE = ("not randomised", "left", "under a declared exclusion")
_WIDEST = 4
_SPOKEN = 2


def present(results: Results) -> bool:
    return bool(results["consort"])


def draw(results: Results) -> dict[str, str]:
    """The flow as boxes: everybody down to randomisation, then a column for each group."""
    rows = results["consort"]
    groups = list(dict.fromkeys(row["group"] for row in rows if row["group"] != EVERYBODY))
    if not groups or len(groups) > _WIDEST:
        return {}

    def one(_: int, axes: Axes) -> None:
        _boxes(axes, rows, groups)

    return {"consort": panels(1, one, "Flow of people", "consort", (7.2, 4.6), across=1)}


def _boxes(axes: Axes, rows: list[Row], groups: list[str]) -> None:
    axes.set_axis_off()
    texts = [text for text in (_line(rows, EVERYBODY, stage) for stage in _MAIN) if text]
    above = [_box(axes, 0.5, 0.95 - 0.15 * place, text) for place, text in enumerate(texts)]
    for upper, lower in itertools.pairwise(above):
        _arrow(axes, upper, lower)
    if aside := _reasons(rows, EVERYBODY, "not randomised"):
        _arrow(
            axes, above[-2], _box(axes, 0.84, 0.95 - 0.15 * (len(texts) - 1.5), "\n".join(["not randomised", *aside]))
        )
    last = 0.95 - 0.15 * (len(texts) - 1)
    for number, group in enumerate(groups):
        x, upper = (number + 0.5) / len(groups), above[-1]
        for place, text in enumerate(_column(rows, group)):
            lower = _box(axes, x, last - 0.17 - 0.2 * place, text)
            _arrow(axes, upper, lower)
            upper = lower
    axes.set(xlim=(0, 1), ylim=(last - 0.65, 1.02))


def _column(rows: list[Row], group: str) -> Iterator[str]:
    """The boxes of one group, from top to bottom."""
    left = [f"left: {text}" for text in _reasons(rows, group, "left")] or ["left: 0"]
    yield f"{in_words(group)}\nallocated: {_count(rows, group, 'allocated')}"
    yield "\n".join([f"opened a main trial: {_count(rows, group, 'opened a main trial')}", *left])
    yield (f"analysed: {_count(rows, group, 'analysed')}\nof these under an exclusion rule: "
           f"{_count(rows, group, 'under a declared exclusion')}")  # fmt: skip


def in_words(group: str) -> str:
    """A sequence of arms as one says it; an arm as it is called."""
    arms = group.split(">")
    return (", then " if len(arms) <= _SPOKEN else " → ").join(arms)


def _box(axes: Axes, x: float, y: float, text: str) -> Text:
    look = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": GREY}
    return axes.text(x, y, text, ha="center", va="center", fontsize=8.5, bbox=look)


def _arrow(axes: Axes, start: Text, end: Text) -> None:
    """From box to box; drawn after them, when their outlines are known."""
    from matplotlib.patches import FancyArrowPatch

    axes.add_patch(FancyArrowPatch(
        start.get_position(), end.get_position(), patchA=start.get_bbox_patch(), patchB=end.get_bbox_patch(),
        shrinkA=0, shrinkB=1, arrowstyle="-|>", mutation_scale=9, color=GREY, linewidth=1, zorder=5,
    ))  # fmt: skip


def _line(rows: list[Row], group: str, stage: str) -> str:
    count = _count(rows, group, stage)
    return "" if count is None else f"{stage}: {count}"


def _count(rows: list[Row], group: str, stage: str) -> int | None:
    return next((row["people"] for row in rows if (row["group"], row["stage"]) == (group, stage)), None)


def _reasons(rows: list[Row], group: str, stage: str) -> list[str]:
    return [f"{row['reason'] or 'no reason recorded'} {row['people']}" for row in rows
            if (row["group"], row["stage"]) == (group, stage)]  # fmt: skip


def write(results: Results, drawn: Mapping[str, str]) -> Iterator[str]:
    yield from opening(results, "consort", "Drop-out and exclusions")
    rows = results["consort"]
    if "consort" in drawn:
        yield markup.figure(drawn["consort"], "Flow of people (CONSORT 2010). Everybody who opened a main trial is "
                            "analysed in the primary rows.")  # fmt: skip
    cells = [[in_words(row["group"]), row["stage"], row["reason"], row["people"]] for row in rows]
    title = "The same as a table" if "consort" in drawn else "Flow of people (CONSORT 2010)"
    yield markup.details(title, markup.table(["group", "stage", "reason", "people"], cells))
    yield from _stayed(results)
    pairs = _with_and_without(results)
    if pairs[1]:
        yield markup.table(*pairs, "Results with and without the declared exclusions")
    elif rows:
        yield markup.tag("p", "No main trial falls under a declared exclusion rule.", "soft")


def _stayed(results: Results) -> Iterator[str]:
    rows = results["dropout"]
    if not rows and results["consort"]:
        yield markup.tag("p", "Differential drop-out: " + sentence(results["not_computed"].get("dropout", "")), "soft")
    head = ["group", "stayed", "against", "stayed", "difference, points", "p (Fisher)", "effect bounds, points",
            "interval of the bounds"]  # fmt: skip
    cells = [
        [in_words(row["group"]), f"{row['stayed']} of {row['of']}", in_words(row["against"]),
         f"{row['stayed_against']} of {row['of_against']}", points(row["stayed_difference"]), p_text(row["p_fisher"]),
         between(row.get("lee_low"), row.get("lee_high")), between(row.get("lee_ci_low"), row.get("lee_ci_high"))]
        for row in rows
    ]  # fmt: skip
    bounds = "; the bounds are Lee's, of the difference in accuracy" if any("lee_low" in row for row in rows) else ""
    yield markup.table(head, cells, f"Who stayed, by group{bounds}")


def _with_and_without(results: Results) -> Table:
    head = ["contrast", "exclusions", "points", "interval", "people", "trials"]
    rows = [row for row in results["contrasts"] if row["rows"] == "opened"
            and all(row[name] == results["plan"][name] for name in ("timeouts", "weights"))
            and row["people"] in ("stayers", "all") and "item-clustered" not in row["method"]]  # fmt: skip
    if not any(row["exclusions"] == "declared" for row in rows):
        return head, []
    kept = [row for row in rows if row["exclusions"] in ("none", "declared")]
    return head, [
        [f"{label(row | {'arm': contrast(row)})} ({row['people']})", row["exclusions"], points(row["estimate"]),
         between(row["low"], row["high"]), row["participants"], row["n"]]
        for row in kept
    ]  # fmt: skip


def method(results: Results) -> Iterator[str]:
    yield (
        "Drop-out: a person stayed who completed, or without recorded outcomes opened every planned main trial; groups "
        "are compared by Fisher's exact test."
    )
    if any(row.get("lee_low") is not None for row in results["dropout"]):
        yield (
            "Lee's (2009) bounds trim the group that kept more people by its surplus, from above and from below; "
            "people are the units. Their interval is that of Imbens & Manski (2004)."
        )


def limits(results: Results) -> Iterator[str]:
    if any(row.get("lee_low") is not None for row in results["dropout"]):
        yield (
            "Lee's bounds assume that the arm moves people's staying in one direction only. Coverage of their interval "
            "is not established: at either bound it held the truth in 93 to 95 % of 1,000 simulated studies."
        )
