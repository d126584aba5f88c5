"""The steps of a sitting's state, each with its time and its event."""

from datetime import datetime

from studies.domain.errors import Refused
from studies.domain.states import SESSION_STEPS, SessionState
from studies.models import Session
from studies.services import events


def move(session: Session, state: SessionState, now: datetime) -> None:
    """Take a locked sitting to its next state; steps that the table does not have are refused."""
    if state not in SESSION_STEPS[SessionState(session.state)]:
        raise Refused("not_now", "Please go on from the page that is shown now.")
    session.state = state
    session.save(update_fields=["state", "finished_at", "outcome"])
    events.record_in(session, f"session.{state}", now, detail={"outcome": session.outcome} if session.outcome else {})


def stamp(session: Session, field: str, now: datetime) -> None:
    """Note when a page was left."""
    setattr(session, field, now)
    session.last_seen_at = now
    session.save(update_fields=[field, "last_seen_at"])


def start(session: Session, now: datetime) -> None:
    """The first trial of the sitting opens."""
    if session.state == SessionState.BRIEFED:
        stamp(session, "started_at", now)
        move(session, SessionState.IN_PROGRESS, now)
