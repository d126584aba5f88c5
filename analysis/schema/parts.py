"""The vocabulary in which the data package is declared: a column, a table, and short ways to write them."""

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal["text", "integer", "number", "boolean", "time", "letter", "json"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, how its cells are written, what it means, its unit and, where closed, its values.

    ``letter`` is an option in the item's original order (A, B, ...); ``time`` is ISO-8601 UTC with
    milliseconds; an empty cell is a missing value in every type.
    """

    name: str
    type: ColumnType
    description: str
    unit: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One CSV file of the package: its name without ``.csv``, its columns, what a row is, its key."""

    name: str
    columns: tuple[Column, ...]
    description: str = ""
    key: tuple[str, ...] = ()

    @property
    def filename(self) -> str:
        return f"{self.name}.csv"

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def text(name: str, description: str, *values: str) -> Column:
    return Column(name, "text", description, values=values)


def integer(name: str, description: str, unit: str = "") -> Column:
    return Column(name, "integer", description, unit)


def number(name: str, description: str, unit: str = "") -> Column:
    return Column(name, "number", description, unit)


def boolean(name: str, description: str) -> Column:
    return Column(name, "boolean", description, values=("true", "false"))


def time(name: str, description: str) -> Column:
    return Column(name, "time", description, "UTC")


def letter(name: str, description: str) -> Column:
    return Column(name, "letter", description)


def json(name: str, description: str) -> Column:
    return Column(name, "json", description)


STUDY = text("study", "The study's short name (slug).")
PROTOCOL = text("protocol_sha256", "Hash of the frozen protocol under which the row arose.")
PARTICIPANT = text("participant_id", "Public code of the person; never the panel's id.")
SESSION = text("session_id", "The sitting (one visit of one person) to which the row belongs.")
SITTING = integer("sitting", "Number of the sitting within the person's participation, from 1.")
TRIAL = text("trial_id", "The timed presentation of one item to one person.")
ITEM = text("item_id", "The question, stable across exports.")
ARM = text("arm", "Name of the experimental arm.")
TASK = text("task", "Dataset family, such as mmlu or quality.")
DATASET = text("dataset", "Name of the loaded dataset version.")
PASSAGE = text("passage_id", "The passage that the item asks about; empty where the item has none.")
TRIAL_KIND = text("trial_kind", "Role of the trial; estimates use main trials only.", "main", "practice", "attention")
POOL = (
    boolean("is_simulated", "Whether a simulated participant produced the row; never pooled with real people."),
    boolean("is_preview", "Whether a researcher's preview produced the row; never counts."),
)
