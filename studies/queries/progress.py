"""Where a person is in their sitting."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q

from studies.domain.protocol import Protocol
from studies.domain.sitting import Facts, Step, next_step
from studies.domain.states import Outcome, SessionState, TrialState
from studies.models import Allocation, Brief, Session, Trial


@dataclass(frozen=True)
class Progress:
    """How far a sitting is. Numbers count the questions that people see counted: main and attention."""

    step: Step
    trial: Trial | None  # open, waiting to be opened, or just closed with its answer to show
    done: int
    planned: int


def progress(*, session: Session, now: datetime) -> Progress:
    """The page a person is on, and the trial it is about."""
    protocol = session.participant.version.protocol
    own = Trial.objects.filter(
        allocation__participant_id=session.participant_id, allocation__sitting=session.sitting
    ).select_related("allocation__item__passage", "allocation__item__dataset", "allocation__brief")
    opened = own.filter(state=TrialState.OPEN).first()
    shown = own.filter(state=TrialState.CLOSED, revealed_at__isnull=False, feedback_seen_at=None)
    feedback = shown.order_by("-allocation__position").first() if _shows_answers(session, protocol) else None
    pending = own.filter(state=TrialState.PENDING).order_by("allocation__position").first()
    counts = own.exclude(allocation__kind=Allocation.Kind.PRACTICE).aggregate(
        planned=Count("pk"), done=Count("pk", filter=Q(state=TrialState.CLOSED))
    )
    facts = _facts(session, protocol, opened, feedback, pending, counts["done"])
    step = next_step(facts)
    trial = {Step.TRIAL: opened, Step.FEEDBACK: feedback}.get(step, pending)
    return Progress(step, trial, counts["done"], counts["planned"])


def _facts(
    session: Session, protocol: Protocol, opened: Trial | None, feedback: Trial | None, pending: Trial | None, done: int
) -> Facts:
    return Facts(
        finished=session.state == SessionState.FINISHED,
        completed=session.outcome == Outcome.COMPLETED,
        welcomed=session.welcomed_at is not None,
        device_checked=session.device_checked_at is not None,
        consented=session.consented_at is not None,
        instructed=session.instructed_at is not None,
        briefed=session.briefed_at is not None,
        trial_open=opened is not None,
        feedback_due=feedback is not None,
        block_questions_due=finished_block(session, protocol) > session.block_asked,
        break_due=pending is not None and break_due(session, protocol, pending, done),
        trials_left=pending is not None or session.participant.randomised_at is None,
        survey_due=session.surveyed_at is None,
        debrief_due=debrief_due(session, protocol),
        more_sittings=session.sitting < protocol.design.sittings,
    )


def _shows_answers(session: Session, protocol: Protocol) -> bool:
    return session.state != SessionState.FINISHED and (
        protocol.answer.reveal == "after_trial" or protocol.practice.feedback
    )


def finished_block(session: Session, protocol: Protocol) -> int:
    """The last block of this sitting that has no question ahead, 0 where none has; 0 too where nothing is asked."""
    if not protocol.after_block:
        return 0
    here = Allocation.objects.filter(participant_id=session.participant_id, sitting=session.sitting)
    ahead = here.exclude(trial__state=TrialState.CLOSED).values("block")
    over = here.filter(block__isnull=False).exclude(block__in=ahead.filter(block__isnull=False))
    return over.aggregate(last=Max("block"))["last"] or 0


def break_due(session: Session, protocol: Protocol, pending: Trial, done: int) -> bool:
    every, position = protocol.design.break_every, pending.allocation.position
    main = pending.allocation.kind != Allocation.Kind.PRACTICE
    return bool(every) and main and done > 0 and done % every == 0 and session.break_until_position < position


def debrief_due(session: Session, protocol: Protocol) -> bool:
    """Every way out after an assisted trial leads through the debrief; so does the end of the last sitting."""
    if session.debriefed_at is not None or session.participant.erased_at or not protocol.texts.debrief:
        return False
    if session.outcome in (Outcome.COMPLETED, Outcome.FAILED_ATTENTION):
        return session.sitting >= protocol.design.sittings
    return met_assistant(session)


def met_assistant(session: Session) -> bool:
    opened = Brief.objects.filter(allocation__participant_id=session.participant_id)
    return opened.exclude(allocation__trial__state=TrialState.PENDING).exists()


def next_sitting_at(*, session: Session) -> datetime | None:
    """When the sitting after a completed one may start; None where there is none to come."""
    protocol = session.participant.version.protocol
    completed = session.state == SessionState.FINISHED and session.outcome == Outcome.COMPLETED
    if not completed or session.sitting >= protocol.design.sittings or session.finished_at is None:
        return None
    return session.finished_at + timedelta(hours=protocol.design.hours_between_sittings)
