"""A list of options that was written into one CSV cell: as JSON, as Python prints a list, or as numpy prints one."""

import ast
import json
import re

from studies.datasets.faults import Where

_WRAPPED = re.compile(r"array\(\s*(\[.*\])\s*(?:,\s*dtype=[^)]*)?\)", re.DOTALL)
_LITERAL = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL)


def listed(cell: str, where: Where) -> list[object]:
    """The options of a cell. Raises DatasetError."""
    text = cell.strip()
    if wrapped := _WRAPPED.fullmatch(text):
        text = wrapped[1]
    if not (text.startswith("[") and text.endswith("]")):
        raise where.fault("the choices must be a list in brackets", cell)
    options = _json_list(text)
    return options if options is not None else _printed_list(text[1:-1], where)


def _json_list(text: str) -> list[object] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def _printed_list(inside: str, where: Where) -> list[object]:
    """Python separates by commas, numpy by blanks; a mixture is refused.

    The list is not given to Python's own parser, which would join numpy's neighbours into one option.
    """
    between = {gap.strip() for gap in _LITERAL.split(inside)[1:-1]}
    if len(between) > 1 or not between <= {",", ""} or _LITERAL.split(inside)[0].strip():
        raise where.fault("the choices are not a list of quoted texts", inside)
    if _LITERAL.split(inside)[-1].strip() not in ("", ","):
        raise where.fault("the choices are not a list of quoted texts", inside)
    try:
        return [ast.literal_eval(literal) for literal in _LITERAL.findall(inside)]
    except (ValueError, SyntaxError):
        raise where.fault("the choices are not a list of quoted texts", inside) from None
