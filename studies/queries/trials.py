"""The clock and the place of a trial, read from its rows."""

from studies.domain import clock
from studies.domain.protocol import Protocol
from studies.domain.states import IN_FLIGHT, TrialState
from studies.models import Allocation, Message, Session, Trial


def protocol_of(trial: Trial) -> Protocol:
    return trial.session.participant.version.protocol  # type: ignore[union-attr]  # an opened trial has its session


def time_limit(planned: Allocation, session: Session) -> float | None:
    """Seconds for this trial, the person's multiplier applied; None where there is no limit."""
    protocol = session.participant.version.protocol
    limit = base_limit(planned, protocol)
    return None if limit is None else limit * session.participant.time_multiplier


def base_limit(planned: Allocation, protocol: Protocol) -> int | None:
    """Seconds before the multiplier."""
    if planned.kind == Allocation.Kind.MAIN:
        return protocol.time_limit(arm=planned.arm, task=planned.task)
    if planned.kind == Allocation.Kind.PRACTICE:
        limit = protocol.practice.time_limit_seconds
    else:
        limit = next(check for check in protocol.attention if check.key == planned.item.key).time_limit_seconds
    return None if limit == "none" else limit


def open_trial(session: Session) -> Trial | None:
    rows = Trial.objects.filter(session=session, state=TrialState.OPEN)
    if not rows.exists():  # mostly: and the wide row costs three times as much
        return None
    found = rows.select_related("allocation__item").first()
    if found is not None:
        found.session = session
    return found


def next_pending(session: Session) -> Trial | None:
    pending = Trial.objects.filter(
        allocation__participant_id=session.participant_id,
        allocation__sitting=session.sitting,
        state=TrialState.PENDING,
    )
    return pending.select_related("allocation").order_by("allocation__position").first()


def running(trial: Trial) -> clock.Running:
    """The trial's clock, with the reply that is being waited for."""
    waiting = None
    if trial.deadline_at and protocol_of(trial).clock.during_reply == "pauses":
        waiting = (
            Message.objects.filter(trial=trial, role=Message.Role.ASSISTANT, status__in=IN_FLIGHT)
            .values_list("sent_at", flat=True)
            .first()
        )
    return clock.Running(trial.deadline_at, trial.paused_seconds, waiting)


def needs_initial(planned: Allocation, protocol: Protocol) -> bool:
    """Whether this trial asks for an answer before the chat (only where there is a chat)."""
    return protocol.answer.initial == "required" and hasattr(planned, "brief")
