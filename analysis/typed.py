"""From the text of a CSV to typed columns; what does not read as its declared type is a fault."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from analysis.schema import Column, table

if TYPE_CHECKING:
    import pandas as pd

_TRUTH = {"true": True, "false": False, "1": True, "0": False, "True": True, "False": False}
_LONGEST_CELL = 2**31 - 1


def read_table(name: str, content: bytes) -> tuple[pd.DataFrame, list[str]]:
    """The named table with declared columns typed and undeclared ones as text, and its faults."""
    import pandas as pd

    filename = f"{name}.csv"
    header, rows, faults = _cells(filename, content)
    if faults:
        return pd.DataFrame(columns=header), faults
    raw = pd.DataFrame(rows, columns=header, dtype=object)
    declared = {column.name: column for column in table(name).columns}
    typed = {}
    for column_name in header:
        text = raw[column_name].where(raw[column_name] != "", None)
        typed[column_name], more = _typed(filename, text, declared.get(column_name))
        faults += more
    return pd.DataFrame(typed, index=raw.index), faults


def _cells(filename: str, content: bytes) -> tuple[list[str], list[list[str]], list[str]]:
    """Header, rows and faults of shape; pandas would pad short rows and cut long ones without a word."""
    csv.field_size_limit(_LONGEST_CELL)
    try:
        header, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    except UnicodeDecodeError as error:
        return [], [], [f"{filename}: not UTF-8 ({error.reason} at byte {error.start})"]
    except csv.Error as error:
        return [], [], [f"{filename}: not a CSV ({error})"]
    except ValueError:
        return [], [], [f"{filename}: empty, without a header"]
    faults = [
        f"{filename} row {number}: {len(row)} cells under {len(header)} headings"
        for number, row in enumerate(rows, 2)
        if row and len(row) != len(header)
    ]
    if twice := sorted({column for column in header if header.count(column) > 1}):
        faults.append(f"{filename}: columns named twice: {' '.join(twice)}")
    return header, [row for row in rows if row], faults


def _typed(filename: str, text: pd.Series, column: Column | None) -> tuple[pd.Series, list[str]]:
    if column is None or column.type in ("text", "letter", "json"):
        return text, []
    values = _converted(text, column.type)
    wrong = values.isna() & text.notna()
    if column.type == "integer":
        wrong |= values.notna() & (values % 1 != 0)
    return values, [
        f"{filename} row {row + 2} {column.name}: {text[row]!r} is no {column.type}" for row in text.index[wrong]
    ]


def _converted(text: pd.Series, kind: str) -> pd.Series:
    """The values as ``kind``; missing where a cell is empty or does not read as that."""
    import pandas as pd

    if kind == "boolean":
        return text.map(_TRUTH).astype("boolean")
    if kind == "time":
        return pd.to_datetime(text, format="ISO8601", utc=True, errors="coerce")
    return pd.to_numeric(text, errors="coerce").astype("float64")
