"""The append-only record of what happened."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from studies.models import Event, Participant, Session, Study, Trial


def record(*, study: Study, kind: str, now: datetime, **more: Any) -> Event:
    """Append one event, with more of what it is about; `detail` never holds what a person wrote."""
    return _record(study.pk, kind, now, **more)


def record_in(session: Session, kind: str, now: datetime, **more: Any) -> Event:
    """Append an event of a sitting, with the person and the study it belongs to."""
    person = session.participant
    return _record(person.study_id, kind, now, participant=person, session=session, **more)


def _record(
    study_id: int,
    kind: str,
    now: datetime,
    *,
    participant: Participant | None = None,
    session: Session | None = None,
    trial: Trial | None = None,
    source: str = "server",
    target: str = "",
    length: int | None = None,
    detail: dict[str, Any] | None = None,
    client_at: datetime | None = None,
) -> Event:
    return Event.objects.create(
        study_id=study_id,
        participant=participant,
        session=session,
        trial=trial,
        kind=kind,
        source=source,
        target=target,
        length=length,
        detail=detail or {},
        server_at=now,
        client_at=client_at,
    )


def record_each(session: Session, kind: str, now: datetime, *, trial: Trial, targets: Iterable[str]) -> None:
    """Append an event of a trial for each of these regions of the page."""
    person = session.participant
    common = {"study_id": person.study_id, "participant": person, "session": session, "trial": trial}
    Event.objects.bulk_create(
        Event(**common, kind=kind, source="server", target=target, server_at=now) for target in targets
    )
