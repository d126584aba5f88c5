"""A person's way through a sitting, page by page. Each step is safe to repeat: a second click changes nothing."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from studies.domain.errors import Refused
from studies.domain.protocol import Comprehension, Protocol, Question
from studies.domain.states import ClosedBy, Outcome, SessionState, TrialState
from studies.models import Allocation, FormAnswer, Participant, Pool, Response, Session, Trial
from studies.queries.progress import Progress, debrief_due, finished_block, progress
from studies.services import allocation, enrolment, events, steps, trials
from studies.services.erasure import erase
from studies.services.locks import lock_participant, lock_session, lock_study

FAILED_CHECKS_ALLOWED = 1  # panels accept a rejection only after two failed attention checks
TELEMETRY = "telemetry"  # the consent item that switches it off


@dataclass(frozen=True)
class ComprehensionResult:
    passed: bool
    tries_left: int
    wrong: tuple[str, ...]


def protocol_of(session: Session) -> Protocol:
    return session.participant.version.protocol


def whereabouts(*, session: Session, now: datetime) -> Progress:
    """The page that a person is on, after what is overdue was closed."""
    where = progress(session=session, now=now)
    if where.overdue and trials.close_overdue(session=session, now=now):
        return progress(session=session, now=now)
    return where


@transaction.atomic
def welcome(*, session: Session, now: datetime) -> None:
    """The person has read the welcome page and goes on."""
    session = lock_session(session)
    if session.welcomed_at is None and session.state != SessionState.FINISHED:
        steps.stamp(session, "welcomed_at", now)


@transaction.atomic
def check_device(*, session: Session, device: dict[str, Any], now: datetime) -> None:
    """Keep what the device can do: screen, sockets, pointer; nothing that identifies it."""
    session = lock_session(session)
    if session.device_checked_at is None and session.state != SessionState.FINISHED:
        session.device = device
        session.save(update_fields=["device"])
        steps.stamp(session, "device_checked_at", now)


@transaction.atomic
def consent(
    *,
    session: Session,
    answers: dict[str, bool],
    screening: dict[str, str],
    time_multiplier: float,
    now: datetime,
) -> None:
    """Record each item agreed to or refused.

    Raises Refused: consent_required (an item without which nobody can take part), study_full, study_paused ...
    """
    session = lock_session(session)
    if session.consented_at is not None or session.state == SessionState.FINISHED:
        return
    protocol = protocol_of(session)
    _check_consent(protocol, answers)
    checked = _checked_answers(protocol.screening, screening)
    _check_place(session, now)
    _keep_form(session, "consent", protocol.consent.version, {k: str(v).lower() for k, v in answers.items()}, now)
    _keep_form(session, "screening", session.participant.version.sha256, checked, now)
    _enter(session, protocol, answers, checked, time_multiplier, now)
    allocation.plan_practice(participant=session.participant, now=now)


def _check_consent(protocol: Protocol, answers: dict[str, bool]) -> None:
    needed = {item.key for item in protocol.consent.items if item.required}
    if protocol.telemetry.required_because and any(item.key == TELEMETRY for item in protocol.consent.items):
        needed.add(TELEMETRY)
    if not all(answers.get(key) for key in needed):
        raise Refused(
            "consent_required",
            "To take part you need to agree to every statement that is marked as required. "
            "If you do not agree, please choose “I do not want to take part”.",
        )


def _check_place(session: Session, now: datetime) -> None:
    participant = session.participant
    study = lock_study(participant.study)
    if participant.pool == Pool.PREVIEW:
        return
    design = protocol_of(session).design
    others = enrolment.places_taken(study=study, pool=Pool(participant.pool), now=now)
    enrolment.check_state(study=study)
    if others > design.participants:
        raise Refused("study_full", "This study has just filled its last place. Thank you for your interest.")


def _enter(
    session: Session,
    protocol: Protocol,
    answers: dict[str, bool],
    screening: dict[str, str],
    time_multiplier: float,
    now: datetime,
) -> None:
    participant = session.participant
    if time_multiplier != 1 and time_multiplier not in protocol.clock.time_multipliers:
        raise Refused("bad_time_multiplier", "Please choose one of the extra times offered.")
    participant.consented_at = now
    participant.time_multiplier = time_multiplier
    participant.telemetry = protocol.telemetry.enabled and answers.get(TELEMETRY, True)
    participant.stratum = "|".join(screening.get(key, "") for key in protocol.design.strata)
    participant.save()
    steps.stamp(session, "consented_at", now)
    steps.move(session, SessionState.CONSENTED, now)


@transaction.atomic
def decline(*, session: Session, now: datetime) -> None:
    """The person does not want to take part."""
    session = lock_session(session)
    if session.consented_at is None:
        finish(session=session, outcome=Outcome.DECLINED, now=now)


@transaction.atomic
def read_instructions(*, session: Session, now: datetime) -> None:
    session = lock_session(session)
    if session.consented_at and session.instructed_at is None:
        steps.stamp(session, "instructed_at", now)
        if not protocol_of(session).comprehension.questions:
            _brief(session, now)


@transaction.atomic
def answer_comprehension(*, session: Session, answers: dict[str, str], now: datetime) -> ComprehensionResult:
    """Judge the answers. After the last try a person who is still wrong is screened out."""
    session = lock_session(session)
    rules = protocol_of(session).comprehension
    if session.briefed_at is not None:
        return ComprehensionResult(True, 0, ())
    if session.state != SessionState.CONSENTED or session.instructed_at is None:
        raise Refused("not_now", "Please go on from the page that is shown now.")
    attempt = tries_used(session) + 1
    wrong = _judge_comprehension(session, rules, answers, attempt, now)
    if not wrong:
        _brief(session, now)
    elif attempt >= rules.tries:
        finish(session=session, outcome=Outcome.SCREENED_OUT, now=now)
    return ComprehensionResult(not wrong, max(0, rules.tries - attempt), wrong)


def tries_used(session: Session) -> int:
    """How often the comprehension questions were answered so far."""
    return max(
        FormAnswer.objects.filter(session=session, form="comprehension").values_list("attempt", flat=True), default=0
    )


def _judge_comprehension(
    session: Session, rules: Comprehension, answers: dict[str, str], attempt: int, now: datetime
) -> tuple[str, ...]:
    missing = [question.key for question in rules.questions if answers.get(question.key) not in question.options]
    if missing:
        raise Refused("answer_missing", "Please answer every question.")
    right = {question.key: answers[question.key] == question.answer for question in rules.questions}
    FormAnswer.objects.bulk_create(
        FormAnswer(
            session=session,
            form="comprehension",
            version=session.participant.version.sha256,
            key=key,
            value=answers[key],
            attempt=attempt,
            correct=correct,
            answered_at=now,
        )
        for key, correct in right.items()
    )
    return tuple(key for key, correct in right.items() if not correct)


def _brief(session: Session, now: datetime) -> None:
    """Instructed and understood. Without practice the draw of arm and items follows at once."""
    steps.stamp(session, "briefed_at", now)
    steps.move(session, SessionState.BRIEFED, now)
    if not Allocation.objects.filter(participant=session.participant, kind=Allocation.Kind.PRACTICE).exists():
        allocation.randomise(participant=session.participant, now=now)


@transaction.atomic
def end_break(*, session: Session, position: int, now: datetime) -> None:
    """The break before the trial at `position` is over."""
    session = lock_session(session)
    if session.break_until_position < position:
        session.break_until_position = position
        session.save(update_fields=["break_until_position"])
        events.record_in(session, "break.ended", now)


@transaction.atomic
def answer_block(*, session: Session, block: int, answers: dict[str, str], now: datetime) -> None:
    """Keep what was asked at the end of a block, such as outside help. Raises Refused: answer_missing, not_now."""
    session = lock_session(session)
    if session.state == SessionState.FINISHED or session.block_asked >= block:
        return
    protocol = protocol_of(session)
    if block != finished_block(session, protocol):
        raise Refused("not_now", "Please go on from the page that is shown now.")
    checked = _checked_answers(protocol.after_block, answers)
    _keep_form(session, f"after_block_{block}", session.participant.version.sha256, checked, now)
    session.block_asked = block
    session.save(update_fields=["block_asked"])


@transaction.atomic
def answer_survey(*, session: Session, answers: dict[str, str], now: datetime) -> None:
    """Keep the survey and end the sitting. Raises Refused: answer_missing, not_now."""
    session = lock_session(session)
    if session.state == SessionState.FINISHED:
        return
    asks = finished_block(session, protocol_of(session)) > session.block_asked
    if session.briefed_at is None or asks or trials_left(session):
        raise Refused("not_now", "There are still questions to answer before this page.")
    protocol = protocol_of(session)
    if is_last_sitting(session):
        checked = _checked_answers(protocol.survey, answers)
        _keep_form(session, "survey", session.participant.version.sha256, checked, now)
    steps.stamp(session, "surveyed_at", now)
    finish(session=session, outcome=_final_outcome(session), now=now)


def is_last_sitting(session: Session) -> bool:
    return session.sitting >= protocol_of(session).design.sittings


def trials_left(session: Session) -> bool:
    """Whether this sitting has trials that are still ahead or open."""
    planned = Trial.objects.filter(allocation__participant=session.participant, allocation__sitting=session.sitting)
    return planned.exclude(state=TrialState.CLOSED).exists()


def _final_outcome(session: Session) -> Outcome:
    checks = Trial.objects.filter(
        allocation__participant=session.participant, allocation__kind=Allocation.Kind.ATTENTION
    )
    passed = Response.objects.filter(trial__in=checks, correct=True).count()
    failed = checks.filter(state=TrialState.CLOSED).count() - passed
    return Outcome.FAILED_ATTENTION if failed > FAILED_CHECKS_ALLOWED else Outcome.COMPLETED


@transaction.atomic
def debrief(*, session: Session, data_use: str, now: datetime) -> None:
    """The debrief was read. `data_use` answers whether the data may be used: agreed, refused, or ''.

    Refusing withdraws the data; the outcome, and with it the pay, stays.
    """
    session = lock_session(session)
    if session.debriefed_at is not None:
        return
    steps.stamp(session, "debriefed_at", now)
    reveal_all(session=session, now=now)
    participant = session.participant
    participant.data_use = data_use if data_use in ("agreed", "refused") else ""
    participant.save(update_fields=["data_use"])
    if participant.withdrew_at is not None:
        erase(participant=participant, now=now)
    elif participant.data_use == "refused":
        withdraw(participant=participant, now=now)


def reveal_all(*, session: Session, now: datetime) -> None:
    """From the debrief on, the right answers may be shown."""
    if protocol_of(session).answer.reveal == "debrief":
        own = Trial.objects.filter(allocation__participant=session.participant, state=TrialState.CLOSED)
        own.filter(revealed_at=None).update(revealed_at=now)


@transaction.atomic
def stop(*, session: Session, now: datetime) -> None:
    """Stop taking part; what was recorded stays."""
    session = lock_session(session)
    if session.state == SessionState.FINISHED:
        return
    events.record_in(session, "session.stopped", now)
    finish(session=session, outcome=Outcome.WITHDRAWN, now=now)


@transaction.atomic
def withdraw(*, participant: Participant, now: datetime) -> None:
    """Delete what a person gave us, and leave a tombstone without content: code, arm, date.

    Who has met an assistant reads the debrief first; the deletion follows it, or the sweep does it within the hour.
    """
    participant = lock_participant(participant)
    if participant.withdrew_at is not None:
        return
    participant.withdrew_at = now
    participant.save(update_fields=["withdrew_at"])
    last = Session.objects.filter(participant=participant).latest("sitting")
    finish(session=lock_session(last), outcome=Outcome.WITHDRAWN, now=now)
    last.refresh_from_db()
    if not debrief_due(last, protocol_of(last)):
        erase(participant=participant, now=now)


@transaction.atomic
def expire(*, session: Session, now: datetime) -> None:
    """End a sitting that nobody has touched for as long as the study allows."""
    session = lock_session(session)
    hours = protocol_of(session).design.expire_after_hours
    if (now - session.last_seen_at).total_seconds() >= hours * 3600:
        finish(session=session, outcome=Outcome.EXPIRED, now=now)


CLOSED_BY = {Outcome.WITHDRAWN: ClosedBy.WITHDRAWAL, Outcome.EXPIRED: ClosedBy.ABANDONED}


def finish(*, session: Session, outcome: Outcome, now: datetime) -> None:
    """End a locked sitting with its outcome; an open trial is closed with it."""
    if session.state == SessionState.FINISHED:
        return
    trials.close_open(session=session, closed_by=CLOSED_BY.get(outcome, ClosedBy.TECHNICAL), now=now)
    session.outcome = outcome
    session.finished_at = now
    steps.move(session, SessionState.FINISHED, now)


def _checked_answers(questions: list[Question], answers: dict[str, str]) -> dict[str, str]:
    """The answers to known questions; a required one must be there, a choice must be one of those offered."""
    checked: dict[str, str] = {}
    for question in questions:
        value = answers.get(question.key, "").strip()
        if question.required and not value:
            raise Refused("answer_missing", f"Please answer: {question.text}")
        if value and question.options and value not in question.options:
            raise Refused("bad_answer", f"Please choose one of the answers offered: {question.text}")
        if value and question.kind == "number" and not _is_number(value):
            raise Refused("bad_answer", f"Please give a number: {question.text}")
        if value:
            checked[question.key] = value
    return checked


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _keep_form(session: Session, form: str, version: str, answers: dict[str, str], now: datetime) -> None:
    FormAnswer.objects.bulk_create(
        FormAnswer(session=session, form=form, version=version, key=key, value=value, answered_at=now)
        for key, value in answers.items()
    )
