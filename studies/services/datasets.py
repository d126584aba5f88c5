"""Loading of items. A data set is a version: what was loaded under its name is added to, never changed."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

from django.db import transaction

from studies.datasets import READERS, Contents, DatasetError, ItemRecord, Progress
from studies.domain.errors import Refused
from studies.models import Dataset, Item, Passage, Rating

CHUNK = 1000
Thing = TypeVar("Thing")
Answers = set[tuple[str, str, str]]


@dataclass(frozen=True)
class LoadResult:
    """What a load did; `duplicates` are items whose exact content an earlier item of the same load has."""

    dataset: Dataset
    added: int
    known: int
    passages: int
    ratings: int
    categories: int
    duplicates: int
    without_answer: int


def load(
    *, family: str, paths: Sequence[Path], name: str, now: datetime, progress: Progress | None = None
) -> LoadResult:
    """Read the files and store what the data set `name` does not have yet: all of it or nothing.

    Raises DatasetError where a file is bad or contradicts what is loaded under this name, Refused where
    the name or the family cannot be used.
    """
    show = progress or _silent
    if family not in READERS:
        raise Refused("unknown_family", f"There is no reader for {family!r}; there is {', '.join(sorted(READERS))}.")
    _check_name(name)
    return _store(READERS[family](paths, show), family, name, now, show)


@transaction.atomic
def _store(contents: Contents, family: str, name: str, now: datetime, progress: Progress) -> LoadResult:
    dataset = _locked_dataset(family, name, now)
    hashes = [item.content_sha256 for item in contents.items]
    known = _known_keys(dataset, contents, hashes)
    passages, new_passages = _store_passages(dataset, contents)
    new = [(item, sha256) for item, sha256 in zip(contents.items, hashes, strict=True) if item.key not in known]
    ratings = 0
    for done, chunk in _chunks(new):
        ratings += _store_items(dataset, chunk, passages)
        progress("storing items", done, len(new))
    return LoadResult(
        dataset=dataset,
        added=len(new),
        known=len(known),
        passages=new_passages,
        ratings=ratings,
        categories=len({item.category for item in contents.items if item.category}),
        duplicates=len(hashes) - len(set(hashes)),
        without_answer=sum(1 for item in contents.items if not item.gold),
    )


def _check_name(name: str) -> None:
    if len(name) > 80 or not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        sentence = f"A data set's name has letters, digits, - and _ only, at most 80 of them; {name!r} does not fit."
        raise Refused("bad_dataset_name", sentence)


def _locked_dataset(family: str, name: str, now: datetime) -> Dataset:
    Dataset.objects.get_or_create(name=name, defaults={"family": family, "loaded_at": now})
    dataset = Dataset.objects.select_for_update().get(name=name)
    if dataset.family != family:
        sentence = f"Data set {name!r} holds {dataset.family} items; choose another name for {family} (--dataset NAME)."
        raise Refused("dataset_of_other_family", sentence)
    return dataset


def _known_keys(dataset: Dataset, contents: Contents, hashes: list[str]) -> set[str]:
    """The keys that are loaded already with this very content. Raises DatasetError where the content differs."""
    stored = dict(dataset.items.values_list("key", "content_sha256"))
    rated = _stored_ratings(dataset)
    faults = []
    for item, sha256 in zip(contents.items, hashes, strict=True):
        if item.key in stored and stored[item.key] != sha256:
            faults.append(_conflict(dataset, f"item {item.key!r}", "another question, options, answer or passage"))
        elif item.key in stored and rated.get(item.key, set()) != _answers(item):
            faults.append(_conflict(dataset, f"item {item.key!r}", "other ratings"))
    if faults:
        raise DatasetError(faults)
    return {item.key for item in contents.items if item.key in stored}


def _conflict(dataset: Dataset, what: str, other: str) -> str:
    return f"{what} is already in data set {dataset.name!r} with {other}; load this version as another: --dataset NAME"


def _stored_ratings(dataset: Dataset) -> dict[str, Answers]:
    found: dict[str, Answers] = {}
    rows = Rating.objects.filter(item__dataset=dataset)
    for key, *rating in rows.values_list("item__key", "source", "rater_id", "answer"):
        source, rater, answer = rating
        found.setdefault(key, set()).add((source, rater, answer))
    return found


def _answers(item: ItemRecord) -> Answers:
    return {(rating.source, rating.rater_id, rating.answer) for rating in item.ratings}


def _store_passages(dataset: Dataset, contents: Contents) -> tuple[dict[str, Passage], int]:
    """All passages of the load by key, and how many of them are new. Raises DatasetError where a text differs."""
    passages = {passage.key: passage for passage in dataset.passages.all()}
    wanted = contents.passages
    faults = [
        _conflict(dataset, f"article {passage.key!r}", "another text")
        for passage in wanted
        if passage.key in passages and passages[passage.key].text != passage.text
    ]
    if faults:
        raise DatasetError(faults)
    new = [
        Passage(dataset=dataset, key=passage.key, title=passage.title, text=passage.text)
        for passage in wanted
        if passage.key not in passages
    ]
    Passage.objects.bulk_create(new, batch_size=CHUNK)
    return passages | {passage.key: passage for passage in new}, len(new)


def _store_items(dataset: Dataset, chunk: list[tuple[ItemRecord, str]], passages: dict[str, Passage]) -> int:
    """Store some items with their ratings; how many ratings."""
    rows = [
        Item(
            dataset=dataset,
            passage=passages[item.passage.key] if item.passage else None,
            key=item.key,
            category=item.category,
            split=item.split,
            question=item.question,
            options=list(item.options),
            gold=item.gold,
            content_sha256=sha256,
            metadata=dict(item.metadata),
        )
        for item, sha256 in chunk
    ]
    Item.objects.bulk_create(rows)
    ratings = [
        Rating(
            item=row,
            source=rating.source,
            rater_id=rating.rater_id,
            answer=rating.answer,
            correct=rating.correct,
            seconds=rating.seconds,
        )
        for row, (item, _) in zip(rows, chunk, strict=True)
        for rating in item.ratings
    ]
    Rating.objects.bulk_create(ratings, batch_size=CHUNK)
    return len(ratings)


def _chunks(things: Iterable[Thing]) -> Iterator[tuple[int, list[Thing]]]:
    """Pieces of a bounded size, each with how many there are up to its end."""
    rest, done = iter(things), 0
    while chunk := list(islice(rest, CHUNK)):
        done += len(chunk)
        yield done, chunk


def _silent(what: str, done: int, total: int) -> None:
    """Nobody watches."""
