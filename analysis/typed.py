"""From the text of a CSV to typed columns; what does not read as its declared type is a fault."""

from __future__ import annotations

import csv
import gc
import io
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from analysis.schema import Column, table

if TYPE_CHECKING:
    import pandas as pd

_TRUTH = {"true": True, "false": False, "1": True, "0": False, "True": True, "False": False}
_LONGEST_CELL = 2**31 - 1
_CHUNK = 5_000


def read_table(name: str, content: bytes) -> tuple[pd.DataFrame, list[str]]:
    """The named table with declared columns typed and undeclared ones as text, and its faults."""
    import pandas as pd

    filename = f"{name}.csv"
    header, columns, faults = _cells(filename, content)
    if faults:
        return pd.DataFrame(columns=header), faults
    declared = {column.name: column for column in table(name).columns}
    typed = {}
    for column_name, cells in zip(header, columns, strict=True):
        typed[column_name], more = _typed(filename, column_name, cells, declared.get(column_name))
        faults += more
    return pd.DataFrame(typed), faults


def _cells(filename: str, content: bytes) -> tuple[list[str], list[list[str]], list[str]]:
    """Header, columns and faults of shape; pandas would pad short rows and cut long ones without a word."""
    csv.field_size_limit(_LONGEST_CELL)
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        header = next(reader)
        columns, faults = _columns(filename, header, reader)
    except UnicodeDecodeError as error:
        return [], [], [f"{filename}: not UTF-8 ({error.reason} at byte {error.start})"]
    except csv.Error as error:
        return [], [], [f"{filename}: not a CSV ({error})"]
    except StopIteration:
        return [], [], [f"{filename}: empty, without a header"]
    if twice := sorted({column for column in header if header.count(column) > 1}):
        faults.append(f"{filename}: columns named twice: {' '.join(twice)}")
    return header, columns, faults


def _columns(filename: str, header: list[str], rows: Iterator[list[str]]) -> tuple[list[list[str]], list[str]]:
    """The cells by column, and the rows that are too short or too long; blank rows are none.

    Some thousand rows at a time, so that a large table is never held both ways.
    """
    columns: list[list[str]] = [[] for _ in header]
    faults, numbered = [], enumerate(rows, 2)
    with _no_collecting():
        while chunk := list(itertools.islice(numbered, _CHUNK)):
            faults += [
                f"{filename} row {number}: {len(row)} cells under {len(header)} headings"
                for number, row in chunk
                if row and len(row) != len(header)
            ]
            for column, cells in zip(columns, zip(*(row for _, row in chunk if row), strict=False), strict=False):
                column.extend(cells)
    return columns, faults


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Millions of cells are no garbage: looking for some among them takes longer than reading them."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _typed(filename: str, name: str, cells: list[str], column: Column | None) -> tuple[pd.Series, list[str]]:
    """Each distinct text is read once and kept once: quicker, and far less memory."""
    import numpy as np
    import pandas as pd

    codes, distinct = pd.factorize(np.array(cells, dtype=object))
    text = pd.Series(distinct, dtype=object)
    text = text.where(text != "", None)
    kind = "text" if column is None else column.type
    values = text if kind in ("text", "letter", "json") else _converted(text, kind)
    wrong = values.isna() & text.notna()
    if kind == "integer":
        wrong |= values.notna() & (values % 1 != 0)
    rows = np.flatnonzero(wrong.to_numpy(dtype=bool)[codes]) if wrong.any() else ()
    faults = [f"{filename} row {row + 2} {name}: {cells[row]!r} is no {kind}" for row in rows]
    return values.take(codes).reset_index(drop=True), faults


def _converted(text: pd.Series, kind: str) -> pd.Series:
    """The values as ``kind``; missing where a cell is empty or does not read as that."""
    import pandas as pd

    if kind == "boolean":
        return text.map(_TRUTH).astype("boolean")
    if kind == "time":
        return pd.to_datetime(text, format="ISO8601", utc=True, errors="coerce")
    return pd.to_numeric(text, errors="coerce").astype("float64")
