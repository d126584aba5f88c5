"""What an assistant is given of a talk: the turns since the last reset, and the item in the order shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from studies.domain.answers import LETTERS
from studies.domain.states import MessageStatus

HEARD = frozenset(
    {MessageStatus.DONE, MessageStatus.STOPPED, MessageStatus.INTERRUPTED, MessageStatus.CAPPED, MessageStatus.REFUSED}
)


@dataclass(frozen=True)
class Line:
    """A message as it is stored."""

    turn: int
    role: str  # participant, assistant
    attempt: int
    status: str
    text: str
    epoch: int


def heard(lines: Iterable[Line], *, epoch: int, turn: int) -> list[Line]:
    """The talk up to and with the person's message of `turn`: this epoch only, of several attempts the last.

    What was cut off but read by the person stays; what never had a word (failed, empty) is left out, and the retry of
    a reply does not see the partial text that it replaces.
    """
    last: dict[tuple[int, str], Line] = {}
    for line in lines:
        counts = line.epoch == epoch and line.status in HEARD and line.text
        if counts and (line.turn < turn or (line.turn == turn and line.role == "participant")):
            known = last.get((line.turn, line.role))
            if known is None or known.attempt <= line.attempt:
                last[(line.turn, line.role)] = line
    return sorted(last.values(), key=lambda line: (line.turn, line.role == "assistant"))


def shown_options(options: Sequence[str], order: str) -> list[str]:
    """The texts of the options in the order of the screen; their letters are A, B, C ... by place."""
    return [options[LETTERS.index(letter)] for letter in order]
