"""Cells and captions that several parts share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis import markup
from analysis.plan import Row
from analysis.words import Table, between, percent, points, sentence

Results = Mapping[str, Any]
_HELD = "\u00a0"
_TIMEOUTS = {
    "composite": "",
    "missing": "unanswered left out",
    "lowest": "unanswered: worst case",
    "highest": "unanswered: best case",
}
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


def turned(names: Sequence[tuple[str, Any]], rows: Sequence[Row]) -> Table:
    """A table with a line per statistic and a column per row: (heading, how to write the cell)."""
    return ["", *(label(row) for row in rows)], [[heading, *(write(row) for row in rows)] for heading, write in names]


def unique_notes(rows: Sequence[Row]) -> list[str]:
    """Each note of these rows once, without the floor, which the method paragraph explains."""
    notes = (note for row in rows for note in str(row["notes"]).split("; "))
    return list(dict.fromkeys(note for note in notes if note and "floored" not in note))


def notes(rows: Sequence[Row]) -> str:
    """All notes once; what is undefined for one reason is named together."""
    found, why = [], {}  # type: ignore[var-annotated]
    for note in unique_notes(rows):
        name, undefined, reason = note.partition(" undefined: ")
        if undefined:
            why.setdefault(reason, []).append(name.replace("_", " "))
        else:
            found.append(note)
    found += [f"not defined ({reason}): {', '.join(names)}" for reason, names in why.items()]
    return markup.tag("p", "Notes: " + "; ".join(found) + ".", "soft") if found else ""


def differs(row: Row) -> str:
    """What sets a row apart from the primary one."""
    everyone = {"all": "everyone, not only stayers"} if row.get("design") == "within" else {}
    who = everyone | {"first block": "first block only, between people"}
    parts = (
        "everyone randomised, unopened = wrong" if row["rows"] == "planned" else who.get(row.get("people", "")),
        _TIMEOUTS[row["timeouts"]],
        _EXCLUSIONS[row["exclusions"]],
        "interval over items only" if row["method"].startswith("item-clustered") else "",
    )
    return "; ".join(part for part in parts if part)


def without_floor(row: Row) -> str:
    """The row's notes without the floor, which the method paragraph explains."""
    return "; ".join(note for note in row["notes"].split("; ") if "floored" not in note)
