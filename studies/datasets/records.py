"""What a reader returns: passages and items, complete and checked."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from studies.datasets.faults import Where
from studies.domain.canonical import canonical_json, sha256_of

LETTERS = "ABCDEFGHIJ"

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

_LONGEST = {"key": 160, "category": 120, "split": 20}
_LONGEST_TITLE, _LONGEST_PASSAGE_KEY, _LONGEST_RATER = 300, 120, 60


@dataclass(frozen=True)
class PassageRecord:
    key: str
    title: str
    text: str


@dataclass(frozen=True)
class RatingRecord:
    """What an annotator of the data set answered; `seconds` only where the data set tells it."""

    source: str
    rater_id: str
    answer: str
    correct: bool | None
    seconds: float | None = None


@dataclass(frozen=True)
class ItemRecord:
    """One question; letters are positions in `options`. `gold` is empty where the data set keeps it back."""

    key: str
    question: str
    options: tuple[str, ...]
    gold: str
    category: str = ""
    split: str = ""
    passage: PassageRecord | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    ratings: tuple[RatingRecord, ...] = ()

    @property
    def content_sha256(self) -> str:
        """The same for exact duplicates: question, options, answer and passage text, not where they were found."""
        content: dict[str, Any] = {"question": self.question, "options": self.options, "gold": self.gold}
        if self.passage:
            content["passage"] = self.passage.text
        return sha256_of(canonical_json(content))


@dataclass(frozen=True)
class Contents:
    """Everything that was read, in the order of the files."""

    items: tuple[ItemRecord, ...]

    @property
    def passages(self) -> tuple[PassageRecord, ...]:
        return tuple(dict.fromkeys(item.passage for item in self.items if item.passage))


def checked_text(value: object, what: str, where: Where) -> str:
    """A text that can be shown and stored, unchanged. Raises DatasetError."""
    if not isinstance(value, str):
        raise where.fault(f"{what} must be text", value)
    if not value.strip():
        raise where.fault(f"{what} is empty", value)
    return storable(value, what, where)


def storable(value: str, what: str, where: Where) -> str:
    """A text that every database can hold. Raises DatasetError."""
    if "\0" in value:
        raise where.fault(f"{what} contains a NUL character", value[max(0, value.index("\0") - 20) :])
    if not _is_unicode(value):
        raise where.fault(f"{what} contains half a character (a lone surrogate)", value)
    return value


def checked_options(values: object, where: Where) -> tuple[str, ...]:
    """Two to ten texts, each as it was written. Raises DatasetError."""
    if not isinstance(values, list | tuple) or not 2 <= len(values) <= len(LETTERS):
        raise where.fault(f"the options must be a list of 2 to {len(LETTERS)} texts", values)
    return tuple(checked_text(value, f"option {LETTERS[place]}", where) for place, value in enumerate(values))


def checked_item(item: ItemRecord, where: Where) -> ItemRecord:
    """The item, where its names fit their columns. Raises DatasetError."""
    names = [(name, getattr(item, name), longest) for name, longest in _LONGEST.items()]
    names += [("rater", rating.rater_id, _LONGEST_RATER) for rating in item.ratings]
    if item.passage:
        names.append(("title", item.passage.title, _LONGEST_TITLE))
        names.append(("article_id", item.passage.key, _LONGEST_PASSAGE_KEY))
    for name, value, longest in names:
        if len(value) > longest:
            raise where.fault(f"the {name} is longer than {longest} characters", value)
        storable(value, f"the {name}", where)
    return item


def repeated_keys(items: Iterable[tuple[Where, ItemRecord]]) -> list[str]:
    """A line for each item whose key an earlier one has."""
    first: dict[str, Where] = {}
    faults = []
    for where, item in items:
        if (earlier := first.setdefault(item.key, where)) is not where:
            faults.append(f"{where}: item {item.key!r} was read before, at {earlier}")
    return faults


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
