"""Holding results against a known truth: the primary row of every statistic that the truth names."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
BESIDE = {"who": "people", "basis": "brief"}  # of the rows that a truth is about, where a section has several


@dataclass(frozen=True)
class Held:
    """One statistic: what is true, and the interval that was found; ``None`` ends are unbounded or undefined."""

    section: str
    arm: str
    statistic: str
    value: float
    estimate: float | None
    low: float | None
    high: float | None

    @property
    def inside(self) -> bool | None:
        """Whether the interval holds the truth; None where there is no interval."""
        if self.estimate is None or (self.low is None and self.high is None):
            return None
        return (self.low is None or self.low <= self.value) and (self.high is None or self.value <= self.high)


def held(expected: list[Row], results: Row, unaided: str = "unaided") -> Iterator[Held]:
    """Every expected row (``section arm statistic value``) with what ``results`` says of it."""
    for row in expected:
        found = _primary(results[row["section"]], row["arm"], unaided)
        name = row["statistic"]
        ends = ("low", "high") if name == "estimate" else (f"{name}_low", f"{name}_high")
        yield Held(**row, estimate=found[name], low=found[ends[0]], high=found[ends[1]])


def _primary(rows: list[Row], arm: str, unaided: str) -> Row:
    wanted = {"name": f"{arm} - {unaided}"} if rows and "arm" not in rows[0] else {"arm": arm}
    return next(
        row
        for row in rows
        if row["primary"]
        and all(row[key] == value for key, value in wanted.items())
        and all(row.get(key, value) == value for key, value in BESIDE.items())
    )
