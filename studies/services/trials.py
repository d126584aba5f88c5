"""One timed presentation of one item: opened by its person, closed once, by whoever comes first."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from studies.domain import clock
from studies.domain.answers import confidence_probability
from studies.domain.errors import Refused
from studies.domain.states import IN_FLIGHT, ClosedBy, MessageStatus, SessionState, TrialState
from studies.models import Allocation, Draft, LateAnswer, Message, Response, Session, Trial
from studies.queries.swept import swept
from studies.queries.trials import needs_initial, next_pending, open_trial, protocol_of, running, time_limit
from studies.services import allocation, events, steps
from studies.services.locks import lock_session, lock_trial

MAX_DRAFT_CHARS = 20_000
OPENING = ("session", "state", "opened_at", "app_version", "time_limit_seconds", "deadline_at")
TIME_IS_UP = Refused("time_up", "The time for this question is over. Your last choice was kept.")
ALREADY_CLOSED = Refused("trial_closed", "This question has been answered already. Please go on.")


@transaction.atomic
def open_next(*, session: Session, public_id: str, now: datetime) -> Trial | None:
    """Open the trial that comes next; its clock starts now.

    `public_id` is the trial that the person saw announced: a second click, or a second tab, opens nothing more.
    None where only the draw of the main trials was due (after practice). Raises Refused: not_now.
    """
    session = lock_session(session)
    if session.state not in (SessionState.BRIEFED, SessionState.IN_PROGRESS):
        raise Refused("not_now", "Please go on from the page that is shown now.")
    if standing := still_open(session=session, now=now):
        return standing
    trial = next_pending(session)
    if trial is None:
        allocation.randomise(participant=session.participant, now=now)
        return None
    if trial.public_id != public_id:
        raise Refused("not_now", "Please go on from the page that is shown now.")
    steps.start(session, now)
    return _open(trial, session, now)


def _open(trial: Trial, session: Session, now: datetime) -> Trial:
    limit = time_limit(trial.allocation, session)
    trial.session = session
    trial.state = TrialState.OPEN
    trial.opened_at = now
    trial.app_version = settings.APP_VERSION
    trial.time_limit_seconds = limit
    trial.deadline_at = None if limit is None else now + timedelta(seconds=limit)
    trial.save(update_fields=OPENING)
    Draft.objects.create(trial=trial, saved_at=now)
    events.record_in(session, "trial.opened", now, trial=trial)
    return trial


@transaction.atomic
def save_draft(
    *,
    trial: Trial,
    now: datetime,
    answer: str | None = None,
    confidence_raw: str | None = None,
    chat_text: str | None = None,
) -> None:
    """Keep what a person has chosen and typed so far; None leaves a part as it is.

    Raises Refused: time_up, trial_closed, bad_answer, bad_confidence, too_long.
    """
    trial = lock_trial(trial, "draft")
    _check_open(trial, now)
    _check_values(trial, answer or "", confidence_raw or "")
    if chat_text is not None and len(chat_text) > MAX_DRAFT_CHARS:
        raise Refused("too_long", f"That text is too long to keep ({MAX_DRAFT_CHARS:,} characters at most).")
    given = {"answer": answer, "confidence_raw": confidence_raw, "chat_text": chat_text}
    changed = {name: value for name, value in given.items() if value is not None}
    chosen = ("answer", "confidence_raw")
    others = [field for field in chosen if field in changed and changed[field] != getattr(trial.draft, field)]
    events.record_each(session_of(trial), "draft.changed", now, trial=trial, targets=others)
    Draft.objects.filter(trial=trial).update(saved_at=now, **changed)


def session_of(trial: Trial) -> Session:
    assert trial.session is not None, "only an opened trial is worked on"
    return trial.session


@transaction.atomic
def give_initial(*, trial: Trial, answer: str, confidence_raw: str, now: datetime) -> None:
    """Keep the answer from before the chat, once. It is never promoted to the answer that counts."""
    trial = lock_trial(trial)
    _check_open(trial, now)
    if trial.initial_at is not None:
        return
    _check_values(trial, answer, confidence_raw)
    _check_complete(trial, answer, confidence_raw)
    trial.initial_answer, trial.initial_confidence_raw, trial.initial_at = answer, confidence_raw, now
    trial.save(update_fields=["initial_answer", "initial_confidence_raw", "initial_at"])
    events.record_in(session_of(trial), "trial.initial", now, trial=trial)


def submit(*, trial: Trial, answer: str, confidence_raw: str, now: datetime) -> None:
    """The person's answer, received at `now`: counted on time and within the grace, kept apart after it.

    At the deadline an incomplete answer is completed from the draft. Raises Refused: no_answer, no_confidence,
    no_initial, time_up, trial_closed; for the last two what was sent has been kept as a late answer.
    """
    late = _submit(trial, answer, confidence_raw, now)
    if late is not None:
        raise late


@transaction.atomic
def _submit(trial: Trial, answer: str, confidence_raw: str, now: datetime) -> Refused | None:
    trial = lock_trial(trial)
    if trial.state == TrialState.PENDING:
        return Refused("not_now", "Please go on from the page that is shown now.")
    _check_values(trial, answer, confidence_raw)
    arrival = clock.arrival(running(trial), protocol_of(trial).clock, now)
    if trial.state == TrialState.CLOSED:
        return _keep_late(trial, answer, confidence_raw, now)
    if arrival == clock.Arrival.LATE:
        close_overdue(session=session_of(trial), now=now)
        return _keep_late(lock_trial(trial), answer, confidence_raw, now) or TIME_IS_UP
    if arrival == clock.Arrival.ON_TIME:
        _check_complete(trial, answer, confidence_raw)
        _check_initial(trial)
        _close(trial, answer, confidence_raw, closed_by=ClosedBy.PARTICIPANT, at=now, now=now)
    else:
        _close_in_grace(trial, answer, confidence_raw, now)
    return None


def _close_in_grace(trial: Trial, answer: str, confidence_raw: str, now: datetime) -> None:
    if answer:
        _close(trial, answer, confidence_raw, closed_by=ClosedBy.DEADLINE, at=now, now=now)
    else:
        _close_standing(trial, closed_by=ClosedBy.DEADLINE, at=now, now=now)


def _keep_late(trial: Trial, answer: str, confidence_raw: str, now: datetime) -> Refused | None:
    """Keep what came after the end; the same answer again (a second click, a second tab) is no late answer."""
    response = Response.objects.filter(trial=trial).first()
    if response and (response.answer, response.confidence_raw) == (answer, confidence_raw):
        return None
    if answer:
        LateAnswer.objects.create(trial=trial, answer=answer, confidence_raw=confidence_raw, received_at=now)
        events.record_in(session_of(trial), "answer.late", now, trial=trial)
    return TIME_IS_UP if trial.closed_by == ClosedBy.DEADLINE else ALREADY_CLOSED


def _check_open(trial: Trial, now: datetime) -> None:
    if trial.state != TrialState.OPEN:
        raise TIME_IS_UP if trial.closed_by == ClosedBy.DEADLINE else ALREADY_CLOSED
    if clock.arrival(running(trial), protocol_of(trial).clock, now) == clock.Arrival.LATE:
        raise TIME_IS_UP


def _check_values(trial: Trial, answer: str, confidence_raw: str) -> None:
    if answer and answer not in trial.allocation.item.letters:
        raise Refused("bad_answer", "That is not one of the answers to this question. Please choose one.")
    confidence_probability(confidence_raw, protocol_of(trial).confidence)


def _check_complete(trial: Trial, answer: str, confidence_raw: str) -> None:
    if not answer:
        raise Refused("no_answer", "Choose an answer first.")
    if protocol_of(trial).confidence.required and not confidence_raw:
        raise Refused("no_confidence", "Say how confident you are first.")


def _check_initial(trial: Trial) -> None:
    if needs_initial(trial.allocation, protocol_of(trial)) and trial.initial_at is None:
        raise Refused("no_initial", "Give your first answer, before the chat, first.")


def _close_standing(trial: Trial, *, closed_by: ClosedBy, at: datetime, now: datetime) -> bool:
    """Close with the choice that the server holds; without one nothing is counted."""
    draft = Draft.objects.get(trial=trial)
    return _close(
        trial,
        draft.answer,
        draft.confidence_raw,
        closed_by=closed_by,
        at=at,
        now=now,
        source=Response.Source.STANDING,
    )


def _close(
    trial: Trial,
    answer: str,
    confidence_raw: str,
    *,
    closed_by: ClosedBy,
    at: datetime,
    now: datetime,
    source: Response.Source = Response.Source.SUBMITTED,
) -> bool:
    """Close by a conditional update: of a submission and an expiry at the same moment one wins. True for the winner."""
    due = trial.deadline_at
    written = {
        "state": TrialState.CLOSED,
        "closed_at": at,
        "closed_by": closed_by,
        "revealed_at": _revealed_at(trial, now),
    }
    if not Trial.objects.filter(pk=trial.pk, state=TrialState.OPEN, deadline_at=due).update(**written):
        return False
    for name, value in written.items():
        setattr(trial, name, value)
    if answer and closed_by in (ClosedBy.PARTICIPANT, ClosedBy.DEADLINE):
        _count(trial, answer, confidence_raw, source, at, now)
    _stop_reply(trial, now)
    events.record_in(session_of(trial), "trial.closed", now, trial=trial, detail={"closed_by": closed_by})
    return True


def _count(
    trial: Trial, answer: str, confidence_raw: str, source: Response.Source, at: datetime, now: datetime
) -> None:
    item = trial.allocation.item
    submitted = source == Response.Source.SUBMITTED and trial.deadline_at is not None
    late = (now - trial.deadline_at) / timedelta(milliseconds=1) if submitted and trial.deadline_at else None
    Response.objects.create(
        trial=trial,
        answer=answer,
        correct=None if not item.gold else answer == item.gold,
        confidence=confidence_probability(confidence_raw, protocol_of(trial).confidence),
        confidence_raw=confidence_raw,
        source=source,
        received_at=now if source == Response.Source.SUBMITTED else at,
        lateness_ms=None if late is None else max(0, round(late)),
    )


def _revealed_at(trial: Trial, now: datetime) -> datetime | None:
    protocol = protocol_of(trial)
    if trial.allocation.kind == Allocation.Kind.PRACTICE:
        return now if protocol.practice.feedback else None
    main = trial.allocation.kind == Allocation.Kind.MAIN
    return now if main and protocol.answer.reveal == "after_trial" else None


def _stop_reply(trial: Trial, now: datetime) -> None:
    """A reply that is still coming when its trial ends is kept as far as it came."""
    if trial.allocation.kind == Allocation.Kind.MAIN and not protocol_of(trial).arm(trial.allocation.arm).assistant:
        return
    Message.objects.filter(trial=trial, role=Message.Role.ASSISTANT, status__in=IN_FLIGHT).update(
        status=MessageStatus.STOPPED, finished_at=now
    )


@transaction.atomic
def close_open(*, session: Session, closed_by: ClosedBy, now: datetime) -> None:
    """Close what is open because the sitting ends. What is overdue by then counts as expired first."""
    if trial := still_open(session=session, now=now):
        _close_standing(lock_trial(trial), closed_by=closed_by, at=now, now=now)


def still_open(*, session: Session, now: datetime) -> Trial | None:
    """The trial that is open in a sitting, after it was closed where its time is over."""
    trial = open_trial(session)
    overdue = trial is not None and trial.deadline_at is not None and trial.deadline_at < now
    return None if trial is None or (overdue and _expire(trial, now)) else trial


def close_overdue(*, now: datetime, session: Session | None = None) -> int:
    """Close every trial whose time and grace are over; how many were closed here.

    It recomputes the truth from the rows, so that any number of callers may run it at once. Of people in virtual time
    only a named session is looked at.
    """
    whose = Q(session=session) if session else swept(now, of="allocation__participant__")
    overdue = Trial.objects.filter(whose, state=TrialState.OPEN, deadline_at__lt=now).only("pk")
    return sum(_expire(trial, now) for trial in overdue)


@transaction.atomic
def _expire(trial: Trial, now: datetime) -> bool:
    trial = lock_trial(trial)
    rules = protocol_of(trial).clock
    state = running(trial)
    if trial.state != TrialState.OPEN or clock.arrival(state, rules, now) != clock.Arrival.LATE:
        return False
    due = clock.deadline(state, rules, now)
    assert due is not None, "a trial without a deadline is never late"
    if due != trial.deadline_at:
        credit_wait(trial=trial, waited_seconds=(now - (state.waiting_since or now)).total_seconds(), now=now)
        trial = lock_trial(trial)
    return _close_standing(trial, closed_by=ClosedBy.DEADLINE, at=due, now=now)


@transaction.atomic
def credit_wait(*, trial: Trial, waited_seconds: float, now: datetime) -> float:
    """Give back the time waited for a reply, within the caps; the seconds given back. Only this moves a deadline."""
    trial = lock_trial(trial)
    state = clock.Running(trial.deadline_at, trial.paused_seconds)
    seconds = clock.pause_allowed(state, protocol_of(trial).clock, waited_seconds)
    if trial.state != TrialState.OPEN or seconds <= 0 or trial.deadline_at is None:
        return 0.0
    trial.deadline_at += timedelta(seconds=seconds)
    trial.paused_seconds += seconds
    trial.save(update_fields=["deadline_at", "paused_seconds"])
    events.record_in(
        session_of(trial), "clock.paused", now, trial=trial, length=round(seconds * 1000), detail={"unit": "ms"}
    )
    return seconds


@transaction.atomic
def leave_feedback(*, trial: Trial, now: datetime) -> None:
    """The person has read the right answer. After the last practice item the arm and the items are drawn."""
    trial = lock_trial(trial)
    if trial.state != TrialState.CLOSED or trial.feedback_seen_at is not None:
        return
    trial.feedback_seen_at = now
    trial.save(update_fields=["feedback_seen_at"])
    session = session_of(trial)
    if session.state != SessionState.FINISHED and next_pending(session) is None:
        allocation.randomise(participant=session.participant, now=now)
