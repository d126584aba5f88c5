"""Answers and ratings that others have collected, from CSV. All of a file or nothing."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from studies.datasets import DatasetError
from studies.datasets.choices import listed
from studies.datasets.faults import Where
from studies.domain.answers import LETTERS, to_original
from studies.domain.baselines import read_letter
from studies.domain.errors import Refused
from studies.models import BaselineAnswer, BaselineRun, Dataset, Item, Rating
from studies.services.baseline_plans import CHUNK

TRUE, FALSE = ("true", "1", "yes"), ("false", "0", "no")


@dataclass(frozen=True)
class Imported:
    """How many rows became answers, how many of those say no letter, and the file's rows about no loaded item."""

    answers: int
    unparsed: int
    unknown: tuple[int, ...] = ()


@transaction.atomic
def import_baseline(*, path: Path, dataset: Dataset, model: str, now: datetime) -> Imported:
    """A file with `question` and `choices` and a column per model, or with `item_id` and `answer` (and `repeat`).

    Published files word some questions otherwise than the data set: rows whose question and options are not loaded
    word for word are left out and told. Raises Refused where an item id is unknown, the file has not the columns, or
    no row belongs to an item.
    """
    rows = _rows(path)
    by_item = bool(rows) and "item_id" in rows[0]
    column = "answer" if by_item else model
    _need(rows, ["item_id", "answer"] if by_item else ["question", "choices", model], path)
    code = f"{dataset.name}-{model}-{path.stem}"[:120]
    if BaselineRun.objects.filter(code=code).exists():
        raise Refused("imported_already", f"{path.name} is imported already for {model!r} (run {code}).")
    run = BaselineRun.objects.create(
        code=code, dataset=dataset, model=model, comparator="benchmark", method="imported", order_rule="stored",
        repeats=1, seed=0, study_seed=0, max_tokens=0, state="done", created_at=now, ended_at=now,
    )  # fmt: skip
    find = _Finder(dataset, path)
    found = [(number, row, find(row, number)) for number, row in enumerate(rows, 2)]
    answers = [_answer(run, row, column, *place) for _, row, place in found if place is not None]
    if not answers:
        raise Refused("unknown_items", f"No question of {path.name} is in the data set {dataset.name!r}.")
    _once(answers, path)
    BaselineAnswer.objects.bulk_create(answers, batch_size=CHUNK)
    unparsed = sum(1 for answer in answers if answer.outcome == "unparsed")
    return Imported(len(answers), unparsed, tuple(number for number, _, place in found if place is None))


@transaction.atomic
def import_ratings(*, path: Path, dataset: Dataset | None = None) -> int:
    """Ratings by `item_id source rater_id answer correct seconds`; an item id has the data set's name before it.

    Raises Refused where a row is not understood, or is there already.
    """
    rows = _rows(path)
    _need(rows, ["item_id", "source", "rater_id"], path)
    find = _Finder(dataset, path)
    ratings = [_rating(row, find.item(row["item_id"], number), path, number) for number, row in enumerate(rows, 2)]
    keys = [(rating.item_id, rating.source, rating.rater_id) for rating in ratings]
    there = set(Rating.objects.filter(item__in={key[0] for key in keys}).values_list("item", "source", "rater_id"))
    if len(set(keys)) < len(keys) or there & set(keys):
        sentence = f"{path.name} has a rating twice, or one that is there already; nothing was kept."
        raise Refused("rated_already", sentence)
    return len(Rating.objects.bulk_create(ratings, batch_size=CHUNK))


class _Finder:
    """The item of a row, with the order in which the file has its options."""

    def __init__(self, dataset: Dataset | None, path: Path) -> None:
        items = Item.objects.select_related("dataset")
        items = items.filter(dataset=dataset) if dataset else items
        self._path = path
        self._by_key: dict[str, Item] = {}
        self._by_text: dict[tuple[str, tuple[str, ...]], Item] = {}
        for item in items.defer("metadata").order_by("-pk").iterator(chunk_size=CHUNK):
            self._by_key[f"{item.dataset.name}/{item.key}"] = item
            if dataset:
                self._by_key[item.key] = item
                self._by_text[_plain(item.question), tuple(sorted(map(_plain, item.options)))] = item

    def __call__(self, row: dict[str, str], line: int) -> tuple[Item, str] | None:
        if "item_id" in row:
            item = self.item(row["item_id"], line)
            return item, item.letters
        try:
            options = [_plain(str(option)) for option in listed(row["choices"], Where(self._path, line))]
        except DatasetError as error:
            raise Refused("bad_choices", " ".join(f"{error}".split())) from None
        found = self._by_text.get((_plain(row["question"]), tuple(sorted(options))))
        return None if found is None else (found, _order(found, options))

    def item(self, key: str, line: int) -> Item:
        found = self._by_key.get(key)
        if found is None:
            raise Refused("unknown_item", f"{self._path.name}, row {line}: no item is loaded for {key!r}.")
        return found


def _order(item: Item, options: list[str]) -> str:
    """The item's letters in the file's order; of equal options the first comes first."""
    left = dict(zip(LETTERS, map(_plain, item.options), strict=False))
    order = ""
    for option in options:
        letter = next(letter for letter, text in left.items() if text == option)
        del left[letter]
        order += letter
    return order


def _answer(run: BaselineRun, row: dict[str, str], column: str, item: Item, order: str) -> BaselineAnswer:
    text = row[column] or ""
    options = [item.options[LETTERS.index(letter)] for letter in order]
    letter = to_original(order, read_letter(text, options))
    repeat = int(row["repeat"]) if (row.get("repeat") or "").isdigit() else 1
    return BaselineAnswer(
        run=run, item=item, repeat=repeat, choice_order=order, attempts=1, text=text, answer=letter,
        outcome="answered" if letter else "unparsed", model_returned=run.model,
    )  # fmt: skip


def _once(answers: list[BaselineAnswer], path: Path) -> None:
    keys = [(answer.item_id, answer.repeat, answer.choice_order) for answer in answers]
    if len(set(keys)) < len(keys):
        raise Refused("answered_twice", f"{path.name} answers an item twice; number the answers in a column 'repeat'.")


def _rating(row: dict[str, str], item: Item, path: Path, line: int) -> Rating:
    answer, correct, seconds = ((row.get(name) or "").strip() for name in ("answer", "correct", "seconds"))
    fault = f"{path.name}, row {line}: "
    if answer and (len(answer) != 1 or answer not in item.letters):
        raise Refused("bad_rating", f"{fault}{answer!r} is no answer to this item.")
    if correct.lower() not in ("", *TRUE, *FALSE):
        raise Refused("bad_rating", f"{fault}correct is true or false, not {correct!r}.")
    right = correct.lower() in TRUE if correct else (answer == item.gold if answer and item.gold else None)
    try:
        taken = float(seconds) if seconds else None
    except ValueError:
        raise Refused("bad_rating", f"{fault}seconds is a number, not {seconds!r}.") from None
    return Rating(
        item=item, source=row["source"][:20], rater_id=row["rater_id"][:60], answer=answer, correct=right, seconds=taken
    )


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_whole(csv.DictReader(file), path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Refused("bad_file", f"{path.name} cannot be read: {error}") from None


def _whole(reader: "csv.DictReader[str]", path: Path) -> Iterator[dict[str, str]]:
    for row in reader:
        if None in row or None in row.values():
            raise Refused("bad_file", f"{path.name}, line {reader.line_num}: not as many cells as the header has.")
        yield row


def _need(rows: list[dict[str, str]], columns: list[str], path: Path) -> None:
    there = list(rows[0]) if rows else []
    missing = [column for column in columns if column not in there]
    if missing:
        has = ", ".join(there) or "no rows"
        raise Refused("no_such_column", f"{path.name} has no column {missing[0]!r}; it has {has}.")


def _plain(text: str) -> str:
    return " ".join(text.split())
