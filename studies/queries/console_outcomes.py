"""Accuracy by arm for a first look. Withheld by the views until a study is closed; the report has the intervals."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Avg, Count, Q

from studies.domain.protocol import Protocol
from studies.domain.states import ClosedBy, TrialState
from studies.models import Allocation, Study, Trial

ENDED_BY_THE_TASK = (ClosedBy.PARTICIPANT, ClosedBy.DEADLINE)
NOTHING: dict[str, Any] = {"trials": 0, "answered": 0, "correct": 0, "timed_out": 0, "confidence": None}


@dataclass(frozen=True)
class ArmOutcome:
    """Main trials of a task in an arm that ended by the person or the clock. Shares are None where nothing counts."""

    task: str
    arm: str
    trials: int
    answered: int
    correct: int
    timed_out: int
    confidence: float | None
    timeouts: str

    @property
    def counted(self) -> int:
        return self.trials if self.timeouts == "wrong" else self.answered

    @property
    def accuracy(self) -> float | None:
        return self.correct / self.counted if self.counted else None

    @property
    def timed_out_share(self) -> float | None:
        return self.timed_out / self.trials if self.trials else None


def outcomes(*, study: Study, pool: str, protocol: Protocol) -> list[ArmOutcome]:
    """Every task and arm; one query."""
    ended = Trial.objects.filter(
        allocation__participant__study=study,
        allocation__participant__pool=pool,
        allocation__participant__withdrew_at=None,
        allocation__kind=Allocation.Kind.MAIN,
        state=TrialState.CLOSED,
        closed_by__in=ENDED_BY_THE_TASK,
    )
    grouped = ended.order_by().values("allocation__task", "allocation__arm")
    rows = grouped.annotate(
        trials=Count("pk"),
        answered=Count("response"),
        correct=Count("response", filter=Q(response__correct=True)),
        timed_out=Count("pk", filter=Q(closed_by=ClosedBy.DEADLINE)),
        confidence=Avg("response__confidence"),
    )
    found = {
        (row.pop("allocation__task"), row.pop("allocation__arm")): row for row in cast(Iterable[dict[str, Any]], rows)
    }
    return [
        ArmOutcome(
            task=task.name,
            arm=arm.name,
            timeouts=protocol.analysis.timeouts,
            **found.get((task.name, arm.name), NOTHING),
        )
        for task in protocol.tasks
        for arm in protocol.arms
    ]
