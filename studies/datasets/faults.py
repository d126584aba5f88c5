"""What is wrong with a file, and where: a bad file is refused whole, with every fault in one go."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ABSENT = object()
_LONGEST_VALUE = 60


class DatasetError(Exception):
    """Files that cannot be loaded; `faults` has one readable line for each reason."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(faults[0] if len(faults) == 1 else f"{faults[0]} (and {len(faults) - 1} more)")
        self.faults = faults


@dataclass(frozen=True)
class Where:
    """A place in a file; lines count from 1, 0 is the file as a whole."""

    file: Path
    line: int = 0

    def fault(self, message: str, value: object = _ABSENT) -> DatasetError:
        """The error to raise for this place; `value` is what was found there."""
        found = "" if value is _ABSENT else f"; found {shortened(value)}"
        return DatasetError([f"{self}: {message}{found}"])

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else str(self.file)


class FaultList:
    """Collects the faults of many places, so that a person sees them all at once."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Note the faults of the block and go on after it."""
        try:
            yield
        except DatasetError as error:
            self.lines.extend(error.faults)

    def refuse(self) -> None:
        """Raises DatasetError where anything was noted."""
        if self.lines:
            raise DatasetError(self.lines)


def shortened(value: object) -> str:
    """A value as it can be printed anywhere: quoted, one line, not too long."""
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
