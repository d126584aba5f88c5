"""How a value is written into a cell: missing is empty, times are UTC with milliseconds, truth is true or false."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from studies.domain.derived import whole_milliseconds


def written(value: Any, kind: str) -> str:
    """The text of a cell of this column type (see analysis.schema). '' and None are both missing."""
    if value is None:
        return ""
    if isinstance(value, str) and kind != "json":
        return value
    if kind == "json":
        return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return written_time(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def written_time(moment: datetime) -> str:
    return whole_milliseconds(moment).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
