"""Parquet files, with the optional pyarrow."""

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from studies.datasets.faults import Where
from studies.datasets.files import file_bytes


def parquet_rows(path: Path, wanted: Sequence[str]) -> Iterator[tuple[Where, Mapping[str, Any]]]:
    """Rows as dictionaries; the place is the row's number, from 1. Raises DatasetError, also without pyarrow."""
    data = file_bytes(path)
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise Where(path).fault('parquet files need pyarrow: pip install "pyarrow>=20"') from None
    try:
        table = pyarrow.parquet.read_table(io.BytesIO(data))
    except pyarrow.ArrowException as error:
        raise Where(path).fault(f"this is not a readable parquet file ({str(error).splitlines()[0]})") from None
    missing = [column for column in wanted if column not in table.column_names]
    if missing:
        raise Where(path).fault(f"no column {' and '.join(missing)}", ",".join(table.column_names))
    return iter([(Where(path, number), row) for number, row in enumerate(table.to_pylist(), start=1)])
