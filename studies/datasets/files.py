"""Files as text, rows and entries, each with its place."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from studies.datasets.faults import Where


def file_text(path: Path) -> str:
    """The file, which must be UTF-8 (a byte order mark is dropped). Raises DatasetError."""
    data = file_bytes(path)
    if b"\0" in data:
        raise Where(path).fault("this is not a text file (it contains NUL bytes)")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Where(path, line).fault("this is not UTF-8", data[error.start : error.start + 8]) from None


def file_bytes(path: Path) -> bytes:
    """Raises DatasetError with a sentence where there is no such file."""
    if path.is_dir():
        raise Where(path).fault("this is a folder; name the files in it")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Where(path).fault("there is no such file") from None
    except (OSError, ValueError) as error:
        raise Where(path).fault(f"cannot be read ({getattr(error, 'strerror', None) or error})") from None


def csv_rows(path: Path) -> Iterator[tuple[Where, list[str]]]:
    """Rows of an RFC 4180 file with the line where each begins; empty lines are no rows. Raises DatasetError.

    Only the line ends of CSV end a line here: `str.splitlines` would also break questions at U+0085.
    """
    reader = csv.reader(io.StringIO(file_text(path), newline=""), strict=True)
    while True:
        where = Where(path, reader.line_num + 1)
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise where.fault(f"not a readable CSV row: {error} (is a quote left open?)") from None
        if row is None:
            return
        if row:
            yield where, row


def json_entries(path: Path) -> Iterator[tuple[Where, Any]]:
    """The entries of a JSON list, or of JSON Lines, with the line where each begins. Raises DatasetError."""
    text = file_text(path)
    if text.lstrip().startswith("["):
        yield from _list_entries(path, text)
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield Where(path, number), _parsed(line, Where(path, number))


def _list_entries(path: Path, text: str) -> Iterator[tuple[Where, Any]]:
    _parsed(text, Where(path, 1))
    decoder, place = json.JSONDecoder(), text.index("[") + 1
    while (place := _skip(text, place)) < len(text) and text[place] != "]":
        entry, end = decoder.raw_decode(text, place)
        yield Where(path, text.count("\n", 0, place) + 1), entry
        place = end


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n,":
        place += 1
    return place


def _parsed(text: str, where: Where) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        place = Where(where.file, where.line + error.lineno - 1)
        found = text[error.pos : error.pos + 20]
        raise place.fault(f"this is not JSON: {error.msg} at column {error.colno}", found) from None
    except (ValueError, RecursionError) as error:
        raise where.fault(f"this is not usable JSON: {error}") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")
