"""People and items one by one in the report: the caterpillar of participants, and where the assistant helps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from analysis import markup
from analysis.chapters.cells import label, task
from analysis.chapters.sandwiching import COMPARATORS
from analysis.figures import BLUE, GREY, ORANGE, panels
from analysis.plan import Row
from analysis.words import Table, between, percent, points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Results = Mapping[str, Any]
SECTIONS = ("by_person", "by_item")
SOURCES = (
    "Wilson 1927, Probable inference, the law of succession, and statistical inference, "
    "Journal of the American Statistical Association 22, 209–212",
    "Newcombe 1998, Interval estimation for the difference between independent proportions, "
    "Statistics in Medicine 17, 873–890",
)
_MOST = 120
_HALF = 0.5
_ENDS = 5
_TALL = 4  # with more plots three stand side by side, so that a page holds them


def present(results: Results) -> bool:
    return bool(results["by_person"])


def draw(results: Results) -> dict[str, str]:
    """A caterpillar of people per task and arm, and one of items per task and assisted arm."""
    drawn = {}
    for name, title, one in (("by_person", "Share right of each person", _person),
                             ("by_item", "Difference at each item", _item)):  # fmt: skip
        cuts = [rows for rows in _cuts(results[name]) if len(rows) > 1]
        if cuts:
            drawn[name] = panels(len(cuts), lambda place, axes, cuts=cuts, one=one: one(axes, cuts[place]),  # type: ignore[misc]
                                 title, name, (3.4, 3.2), across=2 if len(cuts) <= _TALL else 3)  # fmt: skip
    return drawn


def _cuts(rows: list[Row]) -> list[list[Row]]:
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["task"], row["arm"]), []).append(row)
    return [sorted(group, key=lambda row: (row["estimate"], row["n"])) for group in groups.values()]


def _thinned(rows: list[Row]) -> list[Row]:
    """At most so many of the sorted rows, evenly chosen from the lowest to the highest."""
    step = (len(rows) - 1) / (_MOST - 1)
    return rows if len(rows) <= _MOST else [rows[round(place * step)] for place in range(_MOST)]


def _person(axes: Axes, rows: list[Row]) -> None:
    shown = _thinned(rows)
    mean = sum(row["estimate"] * row["n"] for row in rows) / sum(row["n"] for row in rows)
    axes.axvline(100 * mean, color=ORANGE, linewidth=1.2, label="all answers of the arm")
    _bars(axes, shown, [BLUE] * len(shown))
    axes.set(xlim=(-3, 103), xlabel="right, %", ylabel=f"{len(rows)} people, sorted", title=label(rows[0]))
    axes.title.set_fontsize(10)


def _item(axes: Axes, rows: list[Row]) -> None:
    shown = _thinned(rows)
    axes.axvline(0, color=GREY, linewidth=1)
    colours = [GREY if row["model"] is None else BLUE if row["model"] >= _HALF else ORANGE for row in shown]
    _bars(axes, shown, colours)
    for colour, marker, text in ((BLUE, "o", "comparator mostly right"), (ORANGE, "s", "comparator mostly wrong")):
        if colour in colours:
            axes.plot([], [], marker, color=colour, markersize=4, label=text)
    axes.set(xlim=(-105, 105), xlabel="assisted − unaided, points", ylabel=f"{len(rows)} items, sorted",
             title=label(rows[0]))  # fmt: skip
    axes.title.set_fontsize(10)


def _bars(axes: Axes, rows: list[Row], colours: list[str]) -> None:
    """Few artists, however many rows."""
    low, high = ([100 * row[name] for row in rows] for name in ("low", "high"))
    axes.hlines(range(len(rows)), low, high, colors=colours, linewidth=0.8, alpha=0.6)
    for colour in sorted(set(colours)):
        mine = [(100 * row["estimate"], place) for place, row in enumerate(rows) if colours[place] == colour]
        axes.plot(*zip(*mine, strict=True), "s" if colour == ORANGE else "o", color=colour, markersize=2.5)
    axes.set_yticks([])
    axes.set_ylim(-1, len(rows))


def write(results: Results, drawn: Mapping[str, str]) -> Iterator[str]:
    yield markup.tag("h2", "People and items one by one")
    for name, what in (("by_person", _people_caption), ("by_item", _item_caption)):
        if name in drawn:
            yield markup.figure(drawn[name], what(results[name]))
        yield markup.table(*_spreads(results[name], name))
    rows = results["by_item"]
    if len(rows) > 2 * _ENDS:
        ends = sorted(rows, key=lambda row: row["estimate"])
        yield markup.details("Items that differ most", markup.table(*_items([*ends[:_ENDS], *ends[-_ENDS:]])))
    elif rows:
        yield markup.details("Items", markup.table(*_items(rows)))


def _people_caption(rows: list[Row]) -> str:
    return (
        f"Raw share of right answers of each person with Wilson's {100 * rows[0]['level']:.0f} % interval, "
        "sorted; the "
        "line is the share over all answers of the arm. Nothing is drawn towards that line, as the estimates of a "
        f"mixed model would be, so people with few answers stand at the ends.{_thin(rows)}"
    )


def _item_caption(rows: list[Row]) -> str:
    named = {row["arm"]: COMPARATORS[row["comparator"]] for row in rows if row["comparator"] != "none"}
    each = [
        f"{', '.join(arm for arm in named if named[arm] == name)}: {name}" for name in dict.fromkeys(named.values())
    ]
    model = f" Squares: items on which the comparator ({'; '.join(each)}) is mostly wrong." if named else ""
    return (
        f"Assisted minus unaided share of right answers at each item met in both arms, with Newcombe's "
        f"{100 * rows[0]['level']:.0f} % interval, sorted.{model}{_thin(rows)}"
    )


def _thin(rows: list[Row]) -> str:
    most = max(len(cut) for cut in _cuts(rows))
    return f" Of more than {_MOST}, {_MOST} evenly chosen ones are drawn." if most > _MOST else ""


def _spreads(rows: list[Row], name: str) -> Table:
    who = "people" if name == "by_person" else "items"
    head = ["task", "arm", who, "answers each", "standard deviation, points", "… beyond chance, points"]
    return head, [
        [task(cut[0]), cut[0]["arm"], len(cut), f"{sum(row['n'] for row in cut) / len(cut):.1f}",
         percent(cut[0]["sd_observed"]), percent(cut[0]["sd_beyond_chance"])]
        for cut in _cuts(rows)
    ]  # fmt: skip


def _items(rows: list[Row]) -> Table:
    head = ["arm", "item", "points", "interval", "assisted, %", "unaided, %", "comparator, %", "answers"]
    return head, [
        [label(row), row["item_id"], points(row["estimate"]), between(row["low"], row["high"]),
         percent(row["assisted"]), percent(row["unaided"]), percent(row["model"]),
         f"{row['n_assisted']} / {row['n_unaided']}"]
        for row in rows
    ]  # fmt: skip


def method(results: Results) -> Iterator[str]:
    yield (
        "Intervals of a person's share are Wilson's (1927), of the difference at an item Newcombe's (1998): about this "
        "person or this item alone. The standard deviation beyond chance is that of the shares less the binomial "
        "variance expected of so many answers, over those with at least two; 0 where chance explains all of it."
    )


def limits(results: Results) -> Iterator[str]:
    yield (
        "With few answers each, most of what is seen here is chance: who or what stands at an end would not stand "
        "there again. Nobody is to be chosen or left out by it."
    )
