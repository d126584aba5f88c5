"""Choosing words: seeded, and never the sentence that was said before."""

import random
import re
from collections.abc import Sequence

from studies.assistants.base import ModelRequest

LEADS = (
    "As I said: ", "To come back to it: ", "Once more, then: ", "I can only repeat myself here: ", "Again: ",
    "It comes down to the same point: ", "Put another way, it is still this: ", "My view has not moved: ",
)  # fmt: skip


class Voice:
    """The words of one reply, drawn by its seed and checked against what the assistant has said in this talk."""

    def __init__(self, request: ModelRequest, source: random.Random) -> None:
        self.said = "\n".join(turn.text for turn in request.turns if turn.role == "assistant")
        self.source = source
        self._now = ""

    @property
    def heard(self) -> str:
        """Everything said so far, this reply's own words too."""
        return f"{self.said}\n{self._now}"

    def say(self, bank: Sequence[str], **slots: str) -> str:
        """A sentence of the bank that is new in this talk; where all were said, one of them with a new lead."""
        ways = [way.format(**slots) for way in self.source.sample(list(bank), len(bank))]
        fresh = next((way for way in ways if way not in self.heard), None) or self._again(ways[0])
        self._now += "\n" + fresh
        return fresh

    def _again(self, sentence: str) -> str:
        leads = self.source.sample(LEADS, len(LEADS))
        once = [lead + _lowered(sentence) for lead in leads]
        twice = [first + _lowered(second) for first in leads for second in once if first not in second]
        return next((way for way in (*once, *twice) if way not in self.heard), twice[-1])

    def maybe(self, chance: float) -> bool:
        return self.source.random() < chance


def _lowered(sentence: str) -> str:
    """To go on after a colon; a letter, a name of an option or 'I' stays as it is."""
    return sentence[0].lower() + sentence[1:] if re.match(r"[A-Z][a-z]+ ", sentence) else sentence
