"""A frame from a browser becomes one call of a service and the frames that answer it: one hop to the database.

Socket and POST come through here alike. Who may do what is looked up again for every frame.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import singledispatch
from typing import Any

from studies.domain import wire
from studies.domain.answers import to_original
from studies.domain.errors import Refused
from studies.domain.states import IN_FLIGHT, TrialState
from studies.models import Message, Session, Trial, unread
from studies.queries import chat as chat_queries
from studies.queries import trials as trial_queries
from studies.queries.page import timing
from studies.runner import owner
from studies.runner.job import Queued, queued_of
from studies.services import chat, enrolment, telemetry, trials

# Frames that a person causes; a page that only stays open is no sign of anybody.
DOINGS = (wire.Say, wire.Stop, wire.Reset, wire.Retry, wire.DraftFrame, wire.Events)
GONE = Refused("unknown_sitting", "This address is not known. Please use the link that you were given.")
OTHER = Refused("not_now", "This question is not open any more. Please reload the page.")


@dataclass
class Effect:
    """What is to be done in the event loop after a frame: answer, start or stop a reply, tell the other sockets."""

    frames: list[dict[str, Any]] = field(default_factory=list)
    start: Queued | None = None
    cancel: str = ""
    changed: bool = False


def act(*, token: str, frame: wire.Frame, now: datetime) -> Effect:
    """Carry out one frame. A refusal is a frame too: what was refused stays with the person."""
    try:
        session = sitting(token=token)
        if isinstance(frame, DOINGS):
            enrolment.seen(session=session, now=now)
        return _carry_out(frame, session, now)
    except Refused as refused:
        return Effect([wire.refusal(refused, frame)])


def sitting(*, token: str) -> Session:
    """The person's newest sitting. Raises Refused: unknown_sitting."""
    if not token.isprintable():  # a database refuses NUL with an error of its own
        raise GONE
    found = Session.objects.filter(participant__token=token).select_related(
        "participant__study", "participant__version"
    )
    session = found.defer(*unread("participant__")).order_by("-sitting").first()
    if session is None or session.participant.withdrew_at is not None:
        raise GONE
    return session


def _trial(session: Session, public_id: str) -> Trial:
    if not public_id.isprintable():
        raise OTHER
    found = Trial.objects.filter(session=session, public_id=public_id)
    trial = found.select_related("allocation__brief", "allocation__item").first()
    if trial is None:
        raise OTHER
    trial.session = session
    return trial


@singledispatch
def _carry_out(frame: object, session: Session, now: datetime) -> Effect:
    return Effect()


@_carry_out.register
def _(frame: wire.Echo, session: Session, now: datetime) -> Effect:
    return Effect([{"type": "echo", "n": frame.n}])


@_carry_out.register
def _(frame: wire.Ping, session: Session, now: datetime) -> Effect:
    return Effect([{"type": "pong"}])


@_carry_out.register
def _(frame: wire.Hello, session: Session, now: datetime) -> Effect:
    return Effect([snapshot(session, frame.trial, now)]) if frame.trial else Effect()


@_carry_out.register
def _(frame: wire.Say, session: Session, now: datetime) -> Effect:
    trial = _trial(session, frame.trial)
    posted = chat.post_message(trial=trial, client_id=frame.id, text=frame.text, now=now, owner=owner.this_process())
    return _answered(trial, [posted.message, posted.reply], posted.reply if posted.created else None, now)


@_carry_out.register
def _(frame: wire.Retry, session: Session, now: datetime) -> Effect:
    trial = _trial(session, frame.trial)
    reply = chat.retry(trial=trial, message_public_id=frame.message, now=now, owner=owner.this_process())
    return _answered(trial, [reply], reply, now)


def _answered(trial: Trial, messages: list[Message | None], start: Message | None, now: datetime) -> Effect:
    """Starting a reply that runs already does nothing."""
    frames = [{"type": "message", "message": chat_queries.message_view(one)} for one in messages if one]
    begun = queued_of(start) if start and start.status in IN_FLIGHT else None
    return Effect([*frames, time_left(trial, now)], start=begun, changed=True)


@_carry_out.register
def _(frame: wire.Stop, session: Session, now: datetime) -> Effect:
    stopped = chat.stop(trial=_trial(session, frame.trial), now=now)
    return Effect(cancel=stopped.public_id if stopped else "", changed=stopped is not None)


@_carry_out.register
def _(frame: wire.Reset, session: Session, now: datetime) -> Effect:
    trial = _trial(session, frame.trial)
    writing = chat.in_flight(trial)
    changed = chat.reset(trial=trial, now=now)
    return Effect([snapshot(session, frame.trial, now)], cancel=writing.public_id if writing else "", changed=changed)


@_carry_out.register
def _(frame: wire.DraftFrame, session: Session, now: datetime) -> Effect:
    trial = _trial(session, frame.trial)
    answer = None if frame.answer is None else to_original(trial.allocation.choice_order, frame.answer)
    trials.save_draft(trial=trial, now=now, answer=answer, confidence_raw=frame.confidence, chat_text=frame.chat_text)
    return Effect([{"type": "saved", "at": now.isoformat()}])


@_carry_out.register
def _(frame: wire.Events, session: Session, now: datetime) -> Effect:
    trial = _trial(session, frame.trial) if frame.trial else None
    telemetry.record_client(session=session, events=frame.events, now=now, trial=trial)
    return Effect()


def look(*, token: str, trial: str, now: datetime) -> dict[str, Any]:
    """The snapshot of a trial for its own person, overdue ones closed first. Raises Refused: unknown_sitting."""
    session = sitting(token=token)
    try:
        return snapshot(session, trial, now)
    except Refused as refused:
        return wire.refusal(refused)


def snapshot(session: Session, public_id: str, now: datetime) -> dict[str, Any]:
    """The chat and the clock as they are now, or `closed` for a trial that is over."""
    trials.close_overdue(session=session, now=now)
    trial = _trial(session, public_id)
    if trial.state != TrialState.OPEN:
        return {"type": "closed"}
    assisted = hasattr(trial.allocation, "brief")
    shown = chat_queries.chat_snapshot(trial=trial) if assisted else None
    return {"type": "snapshot", "chat": shown, **timing(trial, now)}


def time_left(trial: Trial, now: datetime) -> dict[str, Any]:
    return {"type": "time", **timing(trial, now)}


def clock_of(*, token: str, trial: str, now: datetime) -> dict[str, Any]:
    """A `time` frame with `grace_ms`, or `closed`; closes what is overdue. What a socket's own clock watches."""
    rows = Trial.objects.filter(session__participant__token=token, public_id=trial)
    found = rows.select_related("session__participant__version").first()
    if found is None:
        return {"type": "closed"}
    if found.deadline_at is not None and found.deadline_at <= now:
        chat.close_if_overdue(found, now)
        found.refresh_from_db(fields=["state", "deadline_at", "paused_seconds"])
    return _clock_frame(found, now)


def ended(*, reply: str, now: datetime) -> list[dict[str, Any]]:
    """A final reply, and the clock that it may have moved: one look for both."""
    row = Message.objects.select_related("trial__session__participant__version").get(public_id=reply)
    return [{"type": "final", "message": chat_queries.message_view(row)}, _clock_frame(row.trial, now)]


def _clock_frame(trial: Trial, now: datetime) -> dict[str, Any]:
    if trial.state != TrialState.OPEN:
        return {"type": "closed"}
    grace = trial_queries.protocol_of(trial).clock.grace_seconds
    return {**time_left(trial, now), "grace_ms": round(grace * 1000)}


def message_now(*, reply: str) -> dict[str, Any]:
    """One message as it stands in the database."""
    return chat_queries.message_view(Message.objects.get(public_id=reply))
