"""Where a person is in their sitting."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from studies.domain.protocol import Protocol
from studies.domain.sitting import Facts, Step, next_step
from studies.domain.states import Outcome, SessionState, TrialState
from studies.models import Allocation, Brief, Session, Trial


@dataclass(frozen=True)
class Progress:
    """How far a sitting is. Numbers count the questions that people see counted: main and attention."""

    step: Step
    row: "Row | None"
    done: int
    planned: int
    overdue: bool  # an open trial's time was over at that moment

    @cached_property
    def trial(self) -> Trial | None:
        """Open, waiting to be opened, or just closed with its answer to show; read where somebody asks for it."""
        return _whole(self.row)

    @property
    def position(self) -> int | None:
        return self.row.position if self.row else None


def progress(*, session: Session, now: datetime) -> Progress:
    """The page a person is on, and the trial it is about."""
    protocol = session.participant.version.protocol
    own = _own(session)
    opened = next((row for row in own if row.state == TrialState.OPEN), None)
    pending = next((row for row in own if row.state == TrialState.PENDING), None)
    feedback = _answer_to_show(own) if _shows_answers(session, protocol) else None
    counted = [row for row in own if row.kind != Allocation.Kind.PRACTICE]
    done = sum(row.state == TrialState.CLOSED for row in counted)
    step = next_step(_facts(session, protocol, own, opened, feedback, pending, done))
    shown = {Step.TRIAL: opened, Step.FEEDBACK: feedback}.get(step, pending)
    overdue = opened is not None and opened.deadline_at is not None and opened.deadline_at < now
    return Progress(step, shown, done, len(counted), overdue)


@dataclass(frozen=True)
class Row:
    """What the place of a person depends on, of one trial of their sitting."""

    pk: int
    state: str
    revealed: bool
    feedback_seen: bool
    position: int
    block: int | None
    kind: str
    deadline_at: datetime | None


def _own(session: Session) -> list[Row]:
    """The trials of a sitting in their order, in one narrow query: every page asks for it."""
    rows = Trial.objects.filter(
        allocation__participant_id=session.participant_id, allocation__sitting=session.sitting
    ).order_by("allocation__position")
    columns = ("pk", "state", "revealed_at", "feedback_seen_at")
    planned = ("allocation__position", "allocation__block", "allocation__kind")
    return [
        Row(pk, state, revealed is not None, seen is not None, position, block, kind, deadline_at)
        for pk, state, revealed, seen, position, block, kind, deadline_at in rows.values_list(
            *columns, *planned, "deadline_at"
        )
    ]


def _answer_to_show(own: list[Row]) -> Row | None:
    due = [row for row in own if row.state == TrialState.CLOSED and row.revealed and not row.feedback_seen]
    return due[-1] if due else None


def _whole(row: Row | None) -> Trial | None:
    if row is None:
        return None
    rows = Trial.objects.select_related("allocation__item__passage", "allocation__brief")
    return rows.defer("allocation__candidates", "allocation__item__metadata").get(pk=row.pk)


def _facts(
    session: Session,
    protocol: Protocol,
    own: list[Row],
    opened: Row | None,
    feedback: Row | None,
    pending: Row | None,
    done: int,
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
        block_questions_due=_finished_block(own, protocol) > session.block_asked,
        break_due=pending is not None and break_due(session, protocol, pending, done),
        trials_left=pending is not None or session.participant.randomised_at is None,
        survey_due=session.surveyed_at is None,
        debrief_due=session.state == SessionState.FINISHED and debrief_due(session, protocol),
        more_sittings=session.sitting < protocol.design.sittings,
    )


def _shows_answers(session: Session, protocol: Protocol) -> bool:
    return session.state != SessionState.FINISHED and (
        protocol.answer.reveal == "after_trial" or protocol.practice.feedback
    )


def finished_block(session: Session, protocol: Protocol) -> int:
    """The last block of this sitting that has no question ahead, 0 where none has; 0 too where nothing is asked."""
    return _finished_block(_own(session), protocol)


def _finished_block(own: list[Row], protocol: Protocol) -> int:
    if not protocol.after_block:
        return 0
    ahead = {row.block for row in own if row.state != TrialState.CLOSED}
    return max((row.block for row in own if row.block is not None and row.block not in ahead), default=0)


def break_due(session: Session, protocol: Protocol, pending: Row, done: int) -> bool:
    every, position = protocol.design.break_every, pending.position
    main = pending.kind != Allocation.Kind.PRACTICE
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
