"""The append-only record of what happened."""

from datetime import datetime
from typing import Any

from studies.models import Event, Participant, Session, Study, Trial


def record(
    *,
    study: Study,
    kind: str,
    now: datetime,
    participant: Participant | None = None,
    session: Session | None = None,
    trial: Trial | None = None,
    source: str = "server",
    target: str = "",
    length: int | None = None,
    detail: dict[str, Any] | None = None,
    client_at: datetime | None = None,
) -> Event:
    """Append one event. `detail` never holds what a person wrote."""
    return Event.objects.create(
        study=study,
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


def record_in(session: Session, kind: str, now: datetime, **more: Any) -> Event:
    """Append an event of a sitting, with the person and the study it belongs to."""
    participant = session.participant
    return record(study=participant.study, kind=kind, now=now, participant=participant, session=session, **more)
