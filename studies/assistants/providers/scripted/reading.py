"""What the assistant knows: what the study shows it, else what the person has pasted or typed."""

import re
from dataclasses import dataclass

from studies.assistants.base import ModelRequest
from studies.assistants.providers.scripted.text import Passage, clip, in_quotes, read_passage, stems
from studies.domain.answers import LETTERS

LONG_PASTE_WORDS = 120
_LETTERED = re.compile(r"(?:^|\n|(?<=\s))\(?([A-Ja-j])[).:]\s+(.+?)(?=\s+\(?[A-Ja-j][).:]\s|\n|$)")


@dataclass(frozen=True)
class Option:
    """An answer as the person sees it; `letter` is '' where they pasted it without."""

    letter: str
    text: str

    @property
    def full(self) -> str:
        """By letter and words: B, “the left lung”."""
        return f"{self.letter}, {self.words}" if self.letter else self.words

    @property
    def words(self) -> str:
        return in_quotes(clip(self.text, 14))

    @property
    def short(self) -> str:
        return self.letter or in_quotes(clip(self.text, 6))


@dataclass(frozen=True)
class Known:
    """`held` is the option to argue for, None where there is none or it is not among the options known."""

    question: str
    options: tuple[Option, ...]
    passage: Passage | None
    held: Option | None
    held_shown: str
    was_shown: bool

    @property
    def rivals(self) -> list[Option]:
        return [option for option in self.options if option != self.held]

    @property
    def stems(self) -> frozenset[str]:
        return stems(self.question).union(*(stems(option.text) for option in self.options))


def knows(request: ModelRequest) -> Known:
    """What the request shows, completed by what the person wrote."""
    said = [turn.text for turn in request.turns if turn.role == "participant"]
    shared = request.shared
    if shared.options is not None:
        options = tuple(Option(letter, text) for letter, text in zip(LETTERS, shared.options, strict=False))
    else:
        options = _pasted_options(said)
    passage = shared.passage if shared.passage is not None else _pasted_passage(said, options)
    held = _held(request, options)
    return Known(
        question=" ".join((shared.question or _pasted_question(said)).split()),
        options=options,
        passage=read_passage(passage) if passage else None,
        held=held,
        held_shown=(request.intent.target_shown or "") if held else "",
        was_shown=shared.question is not None,
    )


def _held(request: ModelRequest, options: tuple[Option, ...]) -> Option | None:
    """The intended option among those known: by its place where the study showed them, else by its words."""
    intent = request.intent
    if not intent.target_shown or not intent.target_text:
        return None
    if request.shared.options is not None:
        return next((option for option in options if option.letter == intent.target_shown), None)
    wanted = _plain(intent.target_text)
    return next((option for option in options if _plain(option.text) == wanted), None)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+|[^\w\s.]", text.lower()))


def _pasted_options(said: list[str]) -> tuple[Option, ...]:
    """Options in the latest message that has some: lettered, else short lines under a question."""
    for text in reversed(said):
        found = [Option(letter.upper(), words.strip()) for letter, words in _LETTERED.findall(text)]
        if len(found) >= 2 and [option.letter for option in found] == list(LETTERS[: len(found)]):
            return tuple(found)
        lines = [line.strip(" \t-•*") for line in text.splitlines() if line.strip()]
        below = lines[_last_question(lines) + 1 :] if lines else []
        if len(lines) > len(below) >= 2 and all(len(line.split()) <= 40 for line in below):
            return tuple(Option("", line) for line in below[:10])
    return ()


def _last_question(lines: list[str]) -> int:
    """The last line that asks; the first line where none does."""
    asking = [at for at, line in enumerate(lines[:-2]) if line.endswith(("?", ":", "__", "…", "..."))]
    return asking[-1] if asking else 0


def _pasted_question(said: list[str]) -> str:
    """What stands before pasted options, else the longest thing asked so far."""
    for text in reversed(said):
        if found := _LETTERED.search(text):
            return text[: found.start()].strip()
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) >= 3:
            return lines[_last_question([line.strip() for line in lines])].strip()
    asked = [text for text in said if text.rstrip().endswith("?") and 6 <= len(text.split()) < LONG_PASTE_WORDS]
    return max(asked, key=len, default="")


def _pasted_passage(said: list[str], options: tuple[Option, ...]) -> str:
    """Long messages that are no pasted question: the person may paste a text in several parts."""
    long = [text for text in said if len(text.split()) > LONG_PASTE_WORDS]
    first = options[0].text if options else ""
    return "\n\n".join(text for text in long if not first or first not in text)
