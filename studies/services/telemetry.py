"""What a browser reports of focus, copying and the like: append-only, content-blind, only from those who agreed."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from studies.domain.wire import ClientEvent
from studies.models import Event, Session, Trial

MAX_EVENTS_PER_SESSION = 20_000
KINDS = frozenset(
    {
        "focus", "blur", "visible", "hidden", "copy", "cut", "paste", "drop",
        "reconnect", "disconnect", "offline", "online", "polling",
        "answer.changed", "confidence.changed", "passage.scrolled", "chat.scrolled",
        "page.shown", "page.left", "instructions.opened", "instructions.closed", "resize",
    }
)  # fmt: skip
REGIONS = frozenset(
    {"", "page", "question", "options", "passage", "chat_log", "chat_input", "answer", "confidence", "instructions"}
)


@transaction.atomic
def record_client(*, session: Session, events: Sequence[ClientEvent], now: datetime, trial: Trial | None = None) -> int:
    """Append what the browser saw; how many were kept. Unknown kinds are dropped, an unknown region is left empty.

    Nothing is kept of a person who did not agree to telemetry, nor beyond the cap per sitting.
    """
    participant = session.participant
    known = [event for event in events if event.kind in KINDS]
    if not known or not participant.telemetry or participant.withdrew_at is not None:
        return 0
    room = MAX_EVENTS_PER_SESSION - Event.objects.filter(session=session, source="client").count()
    rows = [_row(session, trial, event, now) for event in known[: max(0, room)]]
    Event.objects.bulk_create(rows)
    return len(rows)


def _row(session: Session, trial: Trial | None, event: ClientEvent, now: datetime) -> Event:
    return Event(
        study_id=session.participant.study_id,
        participant=session.participant,
        session=session,
        trial=trial,
        kind=event.kind,
        source="client",
        target=event.target if event.target in REGIONS else "",
        length=event.length,
        server_at=now,
        client_at=event.at,
    )
