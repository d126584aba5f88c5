"""QuALITY: the published JSON Lines (v1.0.1, one line per article and writer), and one question per entry as JSON.

In the published files options count from 1; in the converted layout `gold_label` counts from 0. The text of an article
is kept as it is. The lines of one article share one passage, whose key is the article's id.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from studies.datasets.faults import DatasetError, FaultList, Where, shortened
from studies.datasets.files import json_entries
from studies.datasets.quality_layout import Entry, PublishedEntry, Question, SingleEntry
from studies.datasets.ratings import letter_of, ratings_of, votes_of
from studies.datasets.records import (
    Contents,
    ItemRecord,
    PassageRecord,
    Progress,
    checked_item,
    checked_options,
    checked_text,
    repeated_keys,
    storable,
)
from studies.domain.canonical import sha256_of

_SPLIT = re.compile(r"(?:^|[._-])(train|dev|validation|val|test)(?=[._-]|$)")
_NAMED = re.compile(rf"[^.].*(\.jsonl?$|{_SPLIT.pattern})")
_ARTICLE_FIELDS = ("set_unique_id", "writer_id", "batch_num", "author", "year", "topic", "url", "license")

Placed = tuple[Where, ItemRecord]


def read(paths: Sequence[Path], progress: Progress) -> Contents:
    """Files in either layout, or folders of such files. Raises DatasetError."""
    reading, placed = _Reading(), list[Placed]()
    files = list({file.resolve(): file for path in paths for file in _files(path)}.values())
    for done, file in enumerate(files, start=1):
        with reading.faults.collecting():
            placed += reading.file_items(file)
        progress("reading files", done, len(files))
    reading.faults.lines += repeated_keys(placed)
    reading.faults.refuse()
    return Contents(tuple(item for _, item in placed))


def _files(path: Path) -> list[Path]:
    """The file, or those in a folder whose names tell of JSON or of a split, as the published ones do."""
    if not path.is_dir():
        return [path]
    files = [file for file in sorted(path.iterdir()) if file.is_file() and _NAMED.match(file.name)]
    if not files:
        raise Where(path).fault("this folder has no files named like quality.jsonl, quality.json or quality.dev")
    return files


@dataclass
class _Reading:
    """What has to be remembered from one line to the next: the articles, and how many questions each has had."""

    faults: FaultList = field(default_factory=FaultList)
    passages: dict[str, PassageRecord] = field(default_factory=dict)
    numbers: Counter[str] = field(default_factory=Counter)

    def file_items(self, file: Path) -> list[Placed]:
        split, before, placed = split_of(file), len(self.faults.lines), list[Placed]()
        for where, entry in json_entries(file):
            with self.faults.collecting():
                placed += [(where, item) for item in self.entry_items(entry, split, where)]
        if not placed and len(self.faults.lines) == before:
            raise Where(file).fault("there is no question in this file")
        return placed

    def entry_items(self, raw: Any, split: str, where: Where) -> Iterator[ItemRecord]:
        entry = _typed(raw, where)
        passage = self.passage(entry, where)
        for question in entry.questions:
            self.numbers[passage.key] += 1
            with self.faults.collecting():
                yield _item(entry, question, passage, split, self.numbers[passage.key], where)

    def passage(self, entry: Entry, where: Where) -> PassageRecord:
        text = checked_text(entry.article, "article", where)
        key = entry.article_id or f"article-{sha256_of(text)[:12]}"
        passage = self.passages.setdefault(key, PassageRecord(key, storable(entry.title, "title", where), text))
        if passage.text != text:
            raise where.fault(f"article {key!r} was read before with another text", text)
        return passage


def split_of(file: Path) -> str:
    """`QuALITY.v1.0.1.htmlstripped.dev` is of dev; a name that tells nothing gives an empty split."""
    found = _SPLIT.findall(file.name.lower())
    return "" if not found else "val" if found[-1] == "validation" else str(found[-1])


def _typed(raw: Any, where: Where) -> Entry:
    if not isinstance(raw, dict):
        raise where.fault("an entry must be an object with an article and its questions", raw)
    layout = PublishedEntry if "questions" in raw else SingleEntry
    try:
        return layout.model_validate(raw)
    except ValidationError as error:
        raise DatasetError([_line(fault, where) for fault in error.errors()]) from None


def _line(fault: Any, where: Where) -> str:
    place = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "missing":
        return f"{where}: {place}: this field is missing"
    return f"{where}: {place}: {fault['msg']}; found {shortened(fault['input'])}"


def _item(
    entry: Entry, question: Question, passage: PassageRecord, split: str, number: int, where: Where
) -> ItemRecord:
    options = checked_options(question.options, where)
    gold = letter_of(question.gold_label, "gold_label", len(options), entry.counts_from, where)
    item = ItemRecord(
        key=question.question_unique_id or f"{passage.key}/{number}",
        question=checked_text(question.question, "question", where),
        options=options,
        gold=gold,
        category=entry.source,
        split=split,
        passage=passage,
        metadata=_metadata(entry, question, len(options), where),
        ratings=ratings_of(question, len(options), gold, where),
    )
    return checked_item(item, where)


def _metadata(entry: Entry, question: Question, count: int, where: Where) -> dict[str, Any]:
    """What the file tells beyond the question; what it does not tell has no key."""
    about = {name: getattr(entry, name) for name in _ARTICLE_FIELDS}
    about["writer_label"] = letter_of(question.writer_label, "writer_label", count, entry.counts_from, where)
    about["difficult"] = None if question.difficult is None else bool(question.difficult)
    about |= votes_of(question, count)
    for name, value in about.items():
        if isinstance(value, str):
            storable(value, name, where)
    return {name: value for name, value in about.items() if value not in (None, "", {})}
