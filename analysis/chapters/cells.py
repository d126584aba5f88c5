"""Cells and captions that several parts share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from analysis import markup
from analysis.plan import Row
from analysis.words import between, counted, percent, points, sentence

Results = Mapping[str, Any]
_HELD = "\u00a0"
_NAMED_ROWS = 4
_COLUMNS = 4
_DASH = "a dash: "
_CALLED = {
    "ece": "calibration error",
    "ece_equal_mass": "ECE of equal mass",
    "bowman_ce": "founding study's error",
    "bowman_ce_weighted": "the same weighted",
    "within_variance": "variance inside the bins",
    "auroc_within": "AUROC within person",
}
_TIMEOUTS = {
    "composite": "unanswered = wrong",
    "missing": "unanswered left out",
    "lowest": "unanswered: worst case",
    "highest": "unanswered: best case",
}
_WEIGHTS = {"response": "each trial", "item": "each item", "participant": "each person"}
_EXCLUSIONS = {"none": "", "declared": "declared exclusions", "undisputed_keys": "disputed keys left out"}


def opening(results: Results, name: str, heading: str) -> Iterator[str]:
    """The heading, and the one line that says why there is nothing below it."""
    yield markup.tag("h2", heading)
    yield markup.tag("p", sentence(results["not_computed"].get(name, "")))


def primary(results: Results, name: str) -> list[Row]:
    """The rows of a section that are primary."""
    return [row for row in results[name] if row["primary"]]


def share(row: Row, name: str) -> str | None:
    """A share with its interval, in percent."""
    return _with(percent(row[name]), between(row.get(f"{name}_low"), row.get(f"{name}_high")))


def change(row: Row, name: str) -> str | None:
    """A difference with its interval, in percentage points."""
    return _with(points(row[name]), between(row.get(f"{name}_low"), row.get(f"{name}_high")))


def score(row: Row, name: str, digits: int = 3) -> str | None:
    """A number with its interval, as it is."""
    low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
    interval = None if low is None or high is None else f"{plain(low, digits)}{_HELD}to{_HELD}{plain(high, digits)}"
    return _with(plain(row[name], digits), interval)


def plain(value: float | None, digits: int = 3) -> str | None:
    """With so many decimals and a real minus sign, which nothing has that rounds to 0."""
    if value is None:
        return None
    text = f"{value:.{digits}f}".replace("-", "−")
    return text.removeprefix("−") if float(text.replace("−", "-")) == 0 else text


def _with(value: str | None, interval: str | None) -> str | None:
    return f"{value} ({interval})" if value is not None and interval else value


def label(row: Row) -> str:
    return str(row["arm"]) if row["task"] == "all" else f"{row['arm']}, {row['task']}"


def task(row: Row) -> str | None:
    """The task, or nothing where there is only one kind of item without a name."""
    return None if row["task"] == "all" else row["task"]


def contrast(row: Row) -> str:
    """The contrast's name with a real minus sign."""
    return str(row["name"]).replace(" - ", "\u00a0−\u00a0")


def turned(lines: Sequence[tuple[str, Any]], rows: Sequence[Row], caption: str = "", name: Any = label) -> str:
    """Tables with a line per statistic (heading, how to write the cell) and a column per row, a few columns each so
    that they fit the page; a line of which nothing is known is left out."""
    tables = []
    for start in range(0, len(rows), _COLUMNS):
        shown = rows[start : start + _COLUMNS]
        cells = [[heading, *(write(row) for row in shown)] for heading, write in lines]
        known = [line for line in cells if any(cell not in (None, "") for cell in line[1:])]
        tables.append(markup.table(["", *map(name, shown)], known, "" if start else caption, turned=True))
    return "".join(tables)


def notes(rows: Sequence[Row], known: Sequence[str] = (), name: Callable[[Row], str] = label) -> str:
    """All notes once, each with the rows that carry it where not all do; what is undefined shows as a dash, and what
    is so for one reason is said together. ``known`` stands elsewhere, and the floor of the variance in the method."""
    bearers: dict[str, list[Row]] = {}
    for row in rows:
        for note in dict.fromkeys(_reason(each) for each in str(row["notes"]).split("; ") if "floored" not in each):
            bearers.setdefault(note, []).append(row)
    told = {"", *(part for note in known for part in note.split("; "))}
    found = [note + _whose(mine, rows, name) for note, mine in bearers.items() if note not in told]
    blank = [note.removeprefix(_DASH) for note in found if note.startswith(_DASH)]
    found = [note for note in found if not note.startswith(_DASH)] + ([_DASH + ", or ".join(blank)] if blank else [])
    return markup.tag("p", "Notes: " + "; ".join(found) + ".", "soft") if found else ""


def _reason(note: str) -> str:
    """The note without the name that the data have for what is undefined, other statistics as the tables call them."""
    reason = note.partition("undefined: ")[2]
    start, listed, names = note.partition("coverage not established: ")
    if listed and not start:
        return listed + ", ".join(_CALLED.get(name, name.replace("_", " ")) for name in names.split(", "))
    return _DASH + reason if reason else note


def _whose(mine: Sequence[Row], rows: Sequence[Row], name: Callable[[Row], str]) -> str:
    """Nothing where all carry the note, else their task where that says it, else their names or how many they are."""
    named, everybody = (dict.fromkeys(map(name, some)) for some in (mine, rows))
    if len(named) == len(everybody):
        return ""
    tasks = list(dict.fromkeys(row["task"] for row in mine))
    if "all" not in tasks and len(mine) == sum(row["task"] in tasks for row in rows):
        return f" ({', '.join(tasks)})"
    return f" ({'; '.join(named)})" if len(named) <= _NAMED_ROWS else f" ({len(named)} of {len(everybody)})"


def differs(results: Results, row: Row) -> str:
    """What sets a row apart from the primary one."""
    plan = results["plan"]
    everyone = {"all": "everyone, not only stayers"} if row.get("design") == "within" else {}
    who = everyone | {"first block": "first block only, between people"}
    parts = (
        "everyone randomised, unopened = wrong" if row["rows"] == "planned" else who.get(row.get("people", "")),
        "" if row["timeouts"] == plan["timeouts"] else _TIMEOUTS[row["timeouts"]],
        "" if row["weights"] == plan["weights"] else f"{_WEIGHTS[row['weights']]} weighs the same",
        _EXCLUSIONS[row["exclusions"]],
        "interval over items only" if row["method"].startswith("item-clustered") else "",
    )
    return "; ".join(part for part in parts if part)


def unlike_primary(rows: Sequence[Row], name: str) -> list[Row]:
    """The rows beside the primary ones, without those that come out as one before them did."""
    said = ("task", name, "estimate", "low", "high", "n")
    first: dict[tuple[Any, ...], Row] = {}
    for number, row in enumerate(sorted(rows, key=lambda row: not row["primary"])):
        first.setdefault((*(row[key] for key in said), number if not_yet(row["estimate"]) else None), row)
    return [row for row in first.values() if not row["primary"]]


def not_yet(value: Any) -> bool:
    """Whether this is a number of a study that has no data."""
    return isinstance(value, float) and math.isnan(value)


def clusters(results: Results, row: Row) -> int | str:
    """How many items, or passages where the task's items come in these, stand behind the row."""
    number = row["items"]
    return counted(number, "passage").replace(" ", _HELD) if row["task"] in results["plan"]["passages"] else number


def sizes(rows: Sequence[Row]) -> str:
    """How many people and trials stand behind each row of a figure; the least and the most where these are many."""
    if len(rows) > _NAMED_ROWS:
        return f"{_range(rows, 'participants', 'participant')} and {_range(rows, 'n', 'trial')} each"
    return "; ".join(
        f"{label(row)}: {counted(row['participants'], 'participant')}, {counted(row['n'], 'trial')}" for row in rows
    )


def _range(rows: Sequence[Row], name: str, thing: str) -> str:
    least, most = (end(row[name] for row in rows) for end in (min, max))
    return counted(most, thing) if least == most else f"{least} to {counted(most, thing)}"
