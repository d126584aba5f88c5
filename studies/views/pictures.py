"""Plain numbers as the positions of bars: pages draw them with SVG attributes, as inline styles are not allowed."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """A part of a stacked bar; `x` and `width` in percent of the whole."""

    name: str
    words: str
    value: int
    x: float
    width: float


@dataclass(frozen=True)
class Column:
    """A column of a histogram; all numbers in percent of the picture, from its left top."""

    label: int
    value: int
    x: float
    width: float
    y: float
    height: float

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 2)


def stacked(parts: Iterable[tuple[str, str, int]], total: int) -> list[Piece]:
    """Pieces beside each other, those that are 0 left out. `total` is the whole bar, at least the sum."""
    pieces, x = [], 0.0
    for name, words, value in parts:
        width = 100 * value / total if total else 0.0
        if value:
            pieces.append(Piece(name, words, value, round(x, 3), round(width, 3)))
        x += width
    return pieces


def histogram(counts: dict[int, int], *, most: int = 0) -> list[Column]:
    """A column for every number from 0 to the largest (or `most`); empty ones too."""
    last = max([*counts, most, 4])
    highest, width = max(counts.values(), default=1), 100 / (last + 1)
    return [
        Column(
            label=number,
            value=counts.get(number, 0),
            x=round(number * width + 0.1 * width, 3),
            width=round(0.8 * width, 3),
            y=round(100 - 100 * counts.get(number, 0) / highest, 3),
            height=round(100 * counts.get(number, 0) / highest, 3),
        )
        for number in range(last + 1)
    ]
