"""Reliance in the report: how often the answer is the assistant's option, right or wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis import figures, markup
from analysis.chapters.cells import label, not_yet, opening, share, task
from analysis.plan import Row
from analysis.words import Table, percent, reliance_rows

Results = Mapping[str, Any]
SECTIONS = ("reliance",)
SOURCES = ("Schemmer et al. 2023, Appropriate reliance on AI advice, arXiv:2302.02187",)
_HELP = (
    "How often the answer given was the assistant's option, and how often answers were right, by whether "
    "that option was wrong or right. By first or last recommendation: as received, not randomised."
)
_BASIS = {  # the last two stand together where they are the same
    "missed": "drawn brief, items missed",
    "brief": "drawn brief",
    "first": "first recommendation",
    "last": "last recommendation",
}


def present(results: Results) -> bool:
    return bool(results["reliance"])


def draw(results: Results) -> dict[str, str]:
    rows = reliance_rows(results)
    return {"reliance": figures.reliance_figure(rows, "Reliance on the assistant")} if rows else {}


def write(results: Results, drawn: Mapping[str, str]) -> Iterator[str]:
    yield from opening(results, "reliance", "Reliance")
    rows = results["reliance"]
    if not rows:
        return
    if "reliance" in drawn:
        yield markup.figure(drawn["reliance"], _caption(reliance_rows(results)))
    shown = [row for row in rows if row["exclusions"] == "none"]
    yield markup.table(*_table(shown), _HELP)
    yield markup.table(*_shares(shown), _shared_among(shown))
    beside = [row for row in rows if row["exclusions"] != "none"]
    yield markup.details("With exclusions", markup.table(*_table(beside)))


def merged(rows: Sequence[Row]) -> list[Row]:
    """The rows without those by the last recommendation that are as those by the first."""
    said = {_key(row): row for row in rows if row["basis"] == "first"}
    return [row for row in rows if row["basis"] != "last" or not _alike(row, said)]


def _key(row: Row) -> tuple[str, ...]:
    return row["task"], row["arm"], row["exclusions"]


def _alike(row: Row, first: Mapping[tuple[str, ...], Row]) -> bool:
    other = first.get(_key(row))
    return other is not None and not not_yet(row["estimate"]) and row | {"basis": "first"} == other


def basis(row: Row, rows: Sequence[Row]) -> str:
    """What the assistant's option is taken from; ``rows`` are those before they were merged."""
    last = [each for each in rows if each["basis"] == "last" and label(each) == label(row)]
    both = row["basis"] == "first" and any(_alike(each, {_key(row): row}) for each in last)
    return "first and last recommendation" if both else _BASIS[row["basis"]]


def _shared_among(rows: Sequence[Row]) -> str:
    missed = "; “items missed”: of those on items that the model misses" if _missed(rows) else ""
    among = f"Shares of all opened assisted trials, an option recommended followed or ignored{missed}"
    return f"{among}; each row sums to 100 %"


def _missed(rows: Sequence[Row]) -> list[str]:
    """The arms whose briefs were drawn on some items only."""
    return sorted({row["arm"] for row in rows if row["basis"] == "missed"})


def _caption(rows: Sequence[Row]) -> str:
    if rows and rows[0]["basis"] != "last":
        return "Share of answers that are the option drawn for the assistant (randomised: right or wrong)."
    return "Share of answers that are the last recommendation: as received, not randomised."


def _table(rows: Sequence[Row]) -> Table:
    head = ["task", "arm", "its option by", "given when wrong, %", "given when right, %",
            "right answers when wrong, %", "right answers when right, %", "trials, wrong / right"]  # fmt: skip
    return head, [
        [task(row), row["arm"], basis(row, rows), share(row, "over_reliance"),
         share(_flipped(row), "given"), share(row, "accuracy_wrong"),
         share(row, "accuracy_right"), f"{row['over_reliance_n']}\u00a0/\u00a0{row['under_reliance_n']}"]
        for row in merged(rows)
    ]  # fmt: skip


def _flipped(row: Row) -> Row:
    ends = ("under_reliance", "under_reliance_high", "under_reliance_low")
    return dict(zip(("given", "given_low", "given_high"), (_minus(row[end]) for end in ends), strict=True))


def _minus(value: float | None) -> float | None:
    return None if value is None else 1 - value


def _shares(rows: Sequence[Row]) -> Table:
    names = ("followed_right", "ignored_right", "followed_wrong", "ignored_wrong", "no_advice")
    called = [name.replace("_", " ").replace("no advice", "no recommendation") for name in names]
    head = ["task", "arm", "its option by", *(f"{name}, %" for name in called), "trials"]
    return head, [
        [task(row), row["arm"], basis(row, rows), *(percent(row[name]) for name in names),
         row["no_advice_n"]]
        for row in merged(rows)
    ]  # fmt: skip


def method(results: Results) -> Iterator[str]:
    yield (
        "Over all opened assisted trials: by the drawn brief first, where it was randomised; by the first and the last "
        "recommendation as received. No recommendation is a category of its own in every denominator, never filled in."
    )


def limits(results: Results) -> Iterator[str]:
    if partly := _missed(results["reliance"]):
        named = ", ".join(f"“{arm}”" for arm in partly)
        yield (
            f"In {named} wrong briefs stand only on items that the model misses, so over all trials the "
            "brief and the difficulty of the item are confounded. “Drawn brief, items missed” compares right with "
            "wrong briefs on those items alone, where chance decided; it says nothing of items that the model knows."
        )
    if any(row["basis"] in ("first", "last") for row in results["reliance"]):
        yield "Reliance by recommendation is as received, not randomised: people decide what they ask."
