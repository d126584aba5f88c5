"""The reference of the study file, written from its types so that the two cannot differ.

python -m studies.domain.protocol_reference > docs/study-file.md
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from studies.domain.protocol import Protocol
from studies.domain.protocol_check import NOT_BUILT

Node = dict[str, Any]

HEAD = """\
# The study file

Every setting of a study, written from the types that read it (`python -m studies.domain.protocol_reference`).
A file is checked by `python manage.py study check FILE.toml`, which reports every fault with its key and what is
allowed. An unknown key is refused, never ignored. [`studies/presets/`](../studies/presets) holds complete files.

In the headings, `[name]` is a table that stands once, `[[name]]` one that may be repeated, and `[name.KEY]` one for
each name that you choose. *Required* means that there is no default.
"""
PLANNED = """
## Planned, refused by name until they are built

"""
LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} entries",
    "maxItems": "at most {} entries",
    "pattern": "of the form `{}`",
}
KINDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`"}


def markdown() -> str:
    """The whole page."""
    schema = Protocol.model_json_schema(by_alias=True)
    parts = [section for name, node in schema["properties"].items() for section in _tables(name, node, schema)]
    planned = [f"- `{key}`" + (f' = `"{value}"`' if value else "") for key, value in NOT_BUILT]
    return HEAD + "".join(parts) + PLANNED + "\n".join(planned) + "\n"


def _tables(name: str, node: Node, schema: Node) -> Iterator[str]:
    """A table of the file, then the tables inside it."""
    table, heading = _table_of(name, node, schema)
    if table is None:
        return
    required = set(table.get("required", ()))
    rows, inner = [], []
    for key, setting in table["properties"].items():
        if _table_of(key, setting, schema)[0] is None:
            rows.append(_row(key, setting, key in required))
        else:
            inner += list(_tables(f"{name}.{key}", setting, schema))
    about = f"\n{_sentence(node['description'])}\n" if node.get("description") else ""
    yield f"\n## `{heading}`\n{about}\n| setting | may be | default | meaning |\n|---|---|---|---|\n" + "".join(rows)
    yield from inner


def _table_of(name: str, node: Node, schema: Node) -> tuple[Node | None, str]:
    """What a setting that is a table holds, and how a file writes its heading; None for a plain value."""
    table = next((choice for choice in (node, *node.get("anyOf", ())) if "$ref" in choice), None)
    if table is not None:
        return schema["$defs"][table["$ref"].rpartition("/")[2]], f"[{name}]"
    for inner, heading in (("items", f"[[{name}]]"), ("additionalProperties", f"[{name}.KEY]")):
        inside = node.get(inner)
        if isinstance(inside, dict) and "$ref" in inside:
            return _table_of(name, inside, schema)[0], heading
    return None, ""


def _row(key: str, node: Node, required: bool) -> str:
    default = "*required*" if required else _default(node.get("default"))
    cells = (f"`{key}`", _allowed(node), default, _sentence(node.get("description", "")))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _allowed(node: Node) -> str:
    if "anyOf" in node:
        return " or ".join(_allowed(choice) for choice in node["anyOf"] if choice.get("type") != "null")
    if "enum" in node or "const" in node:
        return " ".join(f"`{json.dumps(value)}`" for value in node.get("enum", [node.get("const")]))
    limits = [words.format(_plain(node[limit])) for limit, words in LIMITS.items() if limit in node]
    return ", ".join([_kind(node), *limits]).replace("at least 1 characters", "not empty")


def _kind(node: Node) -> str:
    if node.get("type") == "array":
        return f"list of: {_allowed(node['items'])}"
    if node.get("type") == "object":
        inside = node.get("additionalProperties")
        return f"table of: {_allowed(inside)}" if isinstance(inside, dict) else "table"
    return KINDS.get(node.get("type", ""), "anything")


def _plain(limit: object) -> object:
    return int(limit) if isinstance(limit, float) and limit.is_integer() else limit


def _default(value: object) -> str:
    return "" if value is None else f"`{json.dumps(value)}`"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


if __name__ == "__main__":
    sys.stdout.write(markdown())
