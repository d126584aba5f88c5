"""Every table of the package: where its rows come from and what stands in its columns."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from analysis.schema import TABLES, Table
from studies.exports.cells import written
from studies.exports.columns import Columns, arms, audits, material, model_only, people, plans, responses, talk
from studies.exports.columns.people import PersonRow
from studies.exports.scope import Scope
from studies.exports.trials import OpenedTrial, people_with_trials

NOTHING: frozenset[str] = frozenset()


def _shows_all(row: Any) -> frozenset[str]:
    return NOTHING


@dataclass(frozen=True)
class Sheet:
    """`hidden` says which columns of a row stay empty."""

    columns: Columns
    rows: Callable[[Scope], Iterator[Any]]
    hidden: Callable[[Any], frozenset[str]] = _shows_all


def opened_trials(scope: Scope) -> Iterator[OpenedTrial]:
    for person in people_with_trials(scope):
        yield from person.trials


def _withheld(row: OpenedTrial) -> frozenset[str]:
    return responses.WITHHELD if row.scope.withholds(row.person.pool) else NOTHING


def _beyond_tombstone(row: PersonRow) -> frozenset[str]:
    return frozenset(people.PARTICIPANTS) - people.TOMBSTONE if row.person.withdrew_at else NOTHING


SHEETS: dict[str, Sheet] = {
    "arms": Sheet(arms.ARMS, arms.arms),
    "participants": Sheet(people.PARTICIPANTS, people.participants, _beyond_tombstone),
    "sessions": Sheet(people.SESSIONS, people.sessions),
    "allocations": Sheet(plans.ALLOCATIONS, plans.allocations),
    "responses": Sheet(responses.RESPONSES, opened_trials, _withheld),
    "messages": Sheet(talk.MESSAGES, talk.messages),
    "generations": Sheet(talk.GENERATIONS, talk.generations),
    "events": Sheet(talk.EVENTS, talk.events),
    "form_answers": Sheet(talk.FORM_ANSWERS, talk.form_answers),
    "items": Sheet(material.ITEMS, material.items),
    "ratings": Sheet(material.RATINGS, material.ratings),
    "baselines": Sheet(model_only.BASELINES, model_only.baselines),
    "codings": Sheet(audits.CODINGS, audits.codings),
    "assistants": Sheet(audits.ASSISTANTS, audits.assistants),
    "coder_agreement": Sheet(audits.CODER_AGREEMENT, audits.coder_agreement),
    "exclusions": Sheet(material.EXCLUSIONS, material.exclusions),
    "codebook": Sheet(material.CODEBOOK, material.codebook),
}


def tables() -> Iterator[tuple[Table, Sheet]]:
    """The declared tables in their order, each with its sheet."""
    for table in TABLES:
        yield table, SHEETS[table.name]


def lines(table: Table, sheet: Sheet, scope: Scope) -> Iterator[list[str]]:
    """The cells of every row, in the declared order of the columns."""
    plan = [(column.name, column.type, sheet.columns[column.name]) for column in table.columns]
    for row in sheet.rows(scope):
        hidden = sheet.hidden(row)
        yield ["" if name in hidden else written(value(row), kind) for name, kind, value in plan]
