"""The contract of the data package: which tables an export holds, and what every column means.

Standard library only and quick to import, because the platform writes its exports from this declaration
and the analysis reads them by it. Adding a column is free; renaming or dropping one needs a new
``SCHEMA_VERSION``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from analysis.schema.audits import ASSISTANTS, CODER_AGREEMENT, CODINGS
from analysis.schema.material import BASELINES, CODEBOOK, EXCLUSIONS, ITEMS, RATINGS
from analysis.schema.parts import Column, Table
from analysis.schema.people import ALLOCATIONS, ARMS, PARTICIPANTS, SESSIONS
from analysis.schema.trials import EVENTS, FORM_ANSWERS, GENERATIONS, MESSAGES, RESPONSES

__all__ = [
    "MANIFEST",
    "SCHEMA_VERSION",
    "TABLES",
    "Column",
    "Table",
    "codebook_rows",
    "frictionless",
    "table",
]

SCHEMA_VERSION = "1"

TABLES: tuple[Table, ...] = (
    ARMS,
    PARTICIPANTS,
    SESSIONS,
    ALLOCATIONS,
    RESPONSES,
    MESSAGES,
    GENERATIONS,
    EVENTS,
    FORM_ANSWERS,
    ITEMS,
    RATINGS,
    BASELINES,
    CODINGS,
    ASSISTANTS,
    CODER_AGREEMENT,
    EXCLUSIONS,
    CODEBOOK,
)

MANIFEST: Mapping[str, str] = {
    "schema_version": "SCHEMA_VERSION under which the package was written.",
    "study": "The study's short name.",
    "title": "The study's title.",
    "question": "What the study asks, in a sentence; may be empty.",
    "protocols": "List of {version, sha256}, oldest first; the texts are protocol/<sha256>.json.",
    "app_version": "Version of the platform that wrote the package.",
    "unit_of_assignment": "What gets an arm: participant, sequence, item or passage (within a person).",
    "design": "within or between (people).",
    "arm_order": "drawn, fixed, counterbalanced or interleaved; fixed confounds arm and order; empty between people.",
    "separate_items": "true when the arms draw from separate samples of items.",
    "reference_arm": "Name of the unaided arm; empty when there is none.",
    "analysis": "The planned analysis as frozen in the protocol.",
    "experts": "Published constants that the study declares: list of {task, dataset, accuracy, source, measured_on}.",
    "blinded": "true while outcomes by arm are withheld: answers and what is scored by them are empty.",
    "unblindings": "List of {by, at, reason}.",
    "includes_simulated": "true when simulated participants are in the tables.",
    "includes_preview": "true when previews are in the tables.",
    "files": "Per file name {rows (CSV only), sha256}.",
}
"""Keys of manifest.json and what each means."""

_FRICTIONLESS = {"text": "string", "letter": "string", "json": "string", "time": "datetime"}


def table(name: str) -> Table:
    """The declared table of that name (without ``.csv``); ``KeyError`` when there is none."""
    for candidate in TABLES:
        if candidate.name == name:
            return candidate
    raise KeyError(name)


def codebook_rows() -> Iterator[dict[str, str]]:
    """Rows of codebook.csv, in the order of the tables and their columns."""
    for each in TABLES:
        for column in each.columns:
            yield {
                "table": each.name,
                "column": column.name,
                "type": column.type,
                "unit": column.unit,
                "values": " ".join(column.values),
                "description": column.description,
            }


def frictionless(name: str, title: str = "", tables: tuple[Table, ...] = TABLES) -> dict[str, Any]:
    """The content of datapackage.json: the tables as Frictionless tabular resources."""
    return {
        "profile": "tabular-data-package",
        "name": name,
        "title": title or name,
        "version": SCHEMA_VERSION,
        "resources": [_resource(each) for each in tables],
    }


def _resource(each: Table) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": each.name.replace("_", "-"),
        "path": each.filename,
        "description": each.description,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {
            "fields": [_field(column) for column in each.columns],
            "primaryKey": list(each.key),
            "missingValues": [""],
        },
    }


def _field(column: Column) -> dict[str, Any]:
    kind = _FRICTIONLESS.get(column.type, column.type)
    field: dict[str, Any] = {"name": column.name, "type": kind, "description": column.description}
    if column.unit:
        field["unit"] = column.unit
    if column.type == "boolean":
        field |= {"trueValues": ["true"], "falseValues": ["false"]}
    elif column.values:
        field["constraints"] = {"enum": list(column.values)}
    return field
