"""What stands in each column: one mapping per table from the declared column to its value.

A new column is one line in analysis/schema and one entry here; a test fails while only one of them is there.
"""

from collections.abc import Callable, Mapping
from typing import Any

Columns = Mapping[str, Callable[[Any], Any]]
