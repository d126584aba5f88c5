"""MMLU: the original headerless CSV files, and the converted `question,choices,answer` layout as CSV or parquet.

Every option stays the text that it is in the file ("0.50%", "7-Mar"): releases differ in such things, and are loaded
under names of their own, never merged. Exact duplicates are items of their own with the same content hash.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

from studies.datasets.choices import listed
from studies.datasets.faults import FaultList, Where
from studies.datasets.files import csv_rows
from studies.datasets.parquet import parquet_rows
from studies.datasets.records import (
    LETTERS,
    Contents,
    ItemRecord,
    Progress,
    checked_item,
    checked_options,
    checked_text,
    repeated_keys,
)

SPLIT_FOLDERS = ("dev", "val", "test")
_COLUMNS = ("question", "choices", "answer")
_SHARD = re.compile(r"-\d{5}-of-\d{5}$")
_NAMED = re.compile(r"(?:(?P<subject>.+)_)??(?P<split>dev|val|validation|test|train|auxiliary_train)")

Placed = tuple[Where, ItemRecord]
Row = Mapping[str, Any]
Raw = TypeVar("Raw")


def read(paths: Sequence[Path], progress: Progress) -> Contents:
    """Files, or folders of files: `data` with its dev, val and test, or any of these. Raises DatasetError."""
    faults, placed = FaultList(), list[Placed]()
    files = _files(paths, faults)
    for done, file in enumerate(files, start=1):
        with faults.collecting():
            placed += _file_items(file, faults)
        progress("reading files", done, len(files))
    faults.lines += repeated_keys(placed)
    faults.refuse()
    return Contents(tuple(item for _, item in placed))


@dataclass(frozen=True)
class _Name:
    """What a file's name tells: `<subject>_<split>.csv`, or `<subject>/<split>-00000-of-00001.parquet`."""

    subject: str
    split: str

    @classmethod
    def of(cls, file: Path) -> "_Name":
        stem = _SHARD.sub("", file.stem)
        found = _NAMED.fullmatch(stem)
        if not found:
            return cls(stem, "")
        split = "val" if found["split"] == "validation" else found["split"]
        # Not resolved: download caches keep such files as links to nameless ones.
        return cls(found["subject"] or file.absolute().parent.name, split)

    def key(self, subject: str, number: int) -> str:
        return "/".join(part for part in (subject, self.split, str(number)) if part)


def _files(paths: Sequence[Path], faults: FaultList) -> list[Path]:
    found: dict[Path, Path] = {}
    for path in paths:
        with faults.collecting():
            for file in _in_folder(path) if path.is_dir() else [path]:
                found.setdefault(file.resolve(), file)
    return list(found.values())


def _in_folder(folder: Path) -> list[Path]:
    parts = [folder / name for name in SPLIT_FOLDERS if (folder / name).is_dir()] or [folder]
    files = [file for part in parts for file in sorted(part.iterdir()) if _is_data(file)]
    if not files:
        raise Where(folder).fault("this folder has no .csv or .parquet files, and no dev, val or test folder with any")
    return files


def _is_data(file: Path) -> bool:
    return file.is_file() and file.suffix in (".csv", ".parquet") and not file.name.startswith(".")


def _file_items(file: Path, faults: FaultList) -> list[Placed]:
    before = len(faults.lines)
    placed = list(_placed(file, _Name.of(file), faults))
    if not placed and len(faults.lines) == before:
        raise Where(file).fault("there is no question in this file")
    return placed


def _placed(file: Path, name: _Name, faults: FaultList) -> Iterator[Placed]:
    if file.suffix == ".parquet":
        return _converted(parquet_rows(file, _COLUMNS), _as_it_is, name, faults)
    rows = csv_rows(file)
    first = list(islice(rows, 1))
    if first and "choices" in first[0][1]:
        return _converted(rows, _by_header(*first[0]), name, faults)
    if first and first[0][1][-1].strip().lower() == "answer":
        where, names = first[0]
        raise where.fault("this header is not known; use question,choices,answer, or no header at all", ",".join(names))
    return _original(chain(first, rows), name, faults)


def _original(rows: Iterable[tuple[Where, list[str]]], name: _Name, faults: FaultList) -> Iterator[Placed]:
    for number, (where, row) in enumerate(rows, start=1):
        with faults.collecting():
            yield where, _original_item(row, name, number, where)


def _original_item(row: list[str], name: _Name, number: int, where: Where) -> ItemRecord:
    if len(row) != 6:
        raise where.fault(f"a row has 6 fields (question, four options, letter), this one has {len(row)}", row[-1])
    if row[5] not in ("A", "B", "C", "D"):
        raise where.fault("the last field must be the letter of the answer, A to D", row[5])
    return _item(row[0], checked_options(row[1:5], where), row[5], name, name.subject, number, where)


def _as_it_is(row: Row, where: Where) -> Row:
    return row


def _by_header(where: Where, names: list[str]) -> Callable[[list[str], Where], Row]:
    missing = [column for column in _COLUMNS if column not in names]
    if missing:
        raise where.fault(f"no column {' and '.join(missing)} in the header", ",".join(names))

    def named(row: list[str], where: Where) -> Row:
        if len(row) != len(names):
            raise where.fault(f"a row has {len(names)} fields like the header, this one has {len(row)}", row[-1])
        values = dict(zip(names, row, strict=True))
        return values | {"choices": listed(values["choices"], where)}

    return named


def _converted(
    rows: Iterable[tuple[Where, Raw]], named: Callable[[Raw, Where], Row], name: _Name, faults: FaultList
) -> Iterator[Placed]:
    """Numbers count within a subject, so that one big file gives the same keys as a file for each subject."""
    numbers: Counter[str] = Counter()
    for where, raw in rows:
        with faults.collecting():
            row = named(raw, where)
            subject = checked_text(row.get("subject") or name.subject, "the subject", where)
            numbers[subject] += 1
            options = checked_options(row["choices"], where)
            gold = _gold(row["answer"], len(options), where)
            yield where, _item(row["question"], options, gold, name, subject, numbers[subject], where)


def _gold(answer: object, count: int, where: Where) -> str:
    """Converted files count the options from 0; some write the letter."""
    letters = LETTERS[:count]
    by_answer: dict[object, str] = {letter: letter for letter in letters}
    by_answer |= {str(number): letter for number, letter in enumerate(letters)}
    if isinstance(answer, str | int) and (gold := by_answer.get(str(answer))):
        return gold
    raise where.fault(f"the answer must be a number from 0 to {count - 1} (options are counted from 0)", answer)


def _item(
    question: object, options: tuple[str, ...], gold: str, name: _Name, subject: str, number: int, where: Where
) -> ItemRecord:
    item = ItemRecord(
        key=name.key(subject, number),
        question=checked_text(question, "the question", where),
        options=options,
        gold=gold,
        category=subject,
        split=name.split,
    )
    return checked_item(item, where)
