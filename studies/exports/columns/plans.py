"""allocations.csv: one row per planned trial, opened or not, with the draw that chose it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from studies.domain.randomisation import choice_order_seed
from studies.domain.states import TrialState
from studies.exports import ids
from studies.exports.columns import Columns
from studies.exports.columns.responses import sequence
from studies.exports.scope import Scope, batches
from studies.models import Allocation, Participant, Pool


@dataclass(frozen=True)
class PlanRow:
    scope: Scope
    person: Participant
    planned: Allocation


def allocations(scope: Scope) -> Iterator[PlanRow]:
    for people in batches(scope.givers()):
        by_pk = {person.pk: person for person in people}
        rows = (
            Allocation.objects.filter(participant__in=people)
            .select_related("item__dataset", "item__passage", "brief", "trial")
            .defer("item__question", "item__options", "item__metadata", "item__passage__text")
            .order_by("participant_id", "sitting", "position")
        )
        for planned in rows.iterator(chunk_size=1000):
            yield PlanRow(scope, by_pk[planned.participant_id], planned)


def _choice_order_seed(row: PlanRow) -> str:
    seed = row.scope.protocol(row.person.version_id).study.seed
    return choice_order_seed(seed, row.person.code, row.planned.item.content_sha256)


def _brief_seed(row: PlanRow) -> str:
    brief = getattr(row.planned, "brief", None)
    return brief.seed if brief else ""


def _randomised_at(row: PlanRow) -> datetime | None:
    """Practice is planned before anything is drawn."""
    return None if row.planned.kind == Allocation.Kind.PRACTICE else row.person.randomised_at


ALLOCATIONS: Columns = {
    "study": lambda row: row.scope.study.slug,
    "protocol_sha256": lambda row: row.scope.versions[row.person.version_id].sha256,
    "allocation_id": lambda row: ids.allocation_id(row.person.code, row.planned.sitting, row.planned.position),
    "trial_id": lambda row: row.planned.trial.public_id,
    "participant_id": lambda row: row.person.code,
    "sitting": lambda row: row.planned.sitting,
    "position": lambda row: row.planned.position,
    "block": lambda row: row.planned.block,
    "sequence": lambda row: sequence(row.person.sequence),
    "arm": lambda row: row.planned.arm,
    "trial_kind": lambda row: row.planned.kind,
    "task": lambda row: row.planned.item.dataset.family,
    "item_id": lambda row: ids.item_id(row.planned.item.dataset.name, row.planned.item.key),
    "passage_id": lambda row: ids.passage_id(
        row.planned.item.dataset.name, getattr(row.planned.item.passage, "key", None)
    ),
    "seed": lambda row: row.planned.seed,
    "unit": lambda row: row.planned.unit,
    "candidates": lambda row: row.planned.candidates or None,
    "choice": lambda row: row.planned.choice,
    "probability": lambda row: row.planned.probability,
    "refill": lambda row: row.planned.refill,
    "overfill": lambda row: row.planned.overfill,
    "arm_seed": lambda row: None,  # the arm is drawn with the person's sequence: see participants.csv
    "arm_candidates": lambda row: None,
    "arm_probability": lambda row: None,
    "brief_seed": _brief_seed,
    "choice_order_seed": _choice_order_seed,
    "randomised_at": _randomised_at,
    "drawn_at": lambda row: row.planned.drawn_at,
    "opened": lambda row: row.planned.trial.state != TrialState.PENDING,
    "is_simulated": lambda row: row.person.pool == Pool.SIMULATED,
    "is_preview": lambda row: row.person.pool == Pool.PREVIEW,
}
