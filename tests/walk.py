"""A person's way through the services, for tests that start further on."""

from datetime import UTC, datetime, timedelta

from studies.domain.sitting import Step
from studies.models import Participant, Pool, Session, Study, Trial
from studies.queries.page import Page, page
from studies.services import enrolment, sitting, trials

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def enrol(study: Study, panel_id: str = "", *, now: datetime = START, pool: Pool = Pool.REAL) -> Session:
    visit = enrolment.Visit("generic", panel_id)
    return again(enrolment.join(study=study, visit=visit, now=now, pool=pool), now=now)


def again(participant: Participant, *, now: datetime = START) -> Session:
    return enrolment.session_for(participant=Participant.objects.get(pk=participant.pk), now=now)


def shown(session: Session, *, now: datetime = START) -> Page:
    return page(session=again(session.participant, now=now), now=now)


def consented(study: Study, panel_id: str = "", *, now: datetime = START, **choices: object) -> Session:
    """Somebody who has agreed to everything."""
    session = enrol(study, panel_id, now=now)
    sitting.welcome(session=session, now=now)
    sitting.check_device(session=session, device={"sockets": True}, now=now)
    agree = {item.key: True for item in session.participant.version.protocol.consent.items}
    given = {"answers": agree, "screening": {}, "time_multiplier": 1, **choices}
    sitting.consent(session=session, now=now, **given)  # type: ignore[arg-type]
    return again(session.participant, now=now)


def briefed(study: Study, panel_id: str = "", *, now: datetime = START, **choices: object) -> Session:
    """Somebody who is about to start the first trial."""
    session = consented(study, panel_id, now=now, **choices)
    sitting.read_instructions(session=session, now=now)
    questions = session.participant.version.protocol.comprehension.questions
    if questions:
        right = {question.key: question.answer for question in questions}
        sitting.answer_comprehension(session=session, answers=right, now=now)
    return again(session.participant, now=now)


def open_trial(session: Session, *, now: datetime = START) -> Trial:
    trial = trials.open_next(session=session, public_id=shown(session, now=now).context["trial_id"], now=now)
    assert trial is not None, "a trial was due"
    return trial


def answer_block(session: Session, current: Page, *, now: datetime = START) -> None:
    """Answer what is asked at the end of a block with the first choice of each question."""
    answers = {question["key"]: question["options"][0] for question in current.context["questions"]}
    sitting.answer_block(session=session, block=current.context["block_number"], answers=answers, now=now)


def answer_all(session: Session, *, now: datetime = START, answer: str = "A") -> Session:
    """Answer every trial that is left, five seconds each."""
    while (current := shown(session, now=now)).step in (Step.READY, Step.FEEDBACK, Step.BREAK, Step.AFTER_BLOCK):
        now += timedelta(seconds=5)
        if current.step == Step.FEEDBACK:
            last = Trial.objects.get(public_id=current.context["trial_id"])
            trials.leave_feedback(trial=last, now=now)
        elif current.step == Step.AFTER_BLOCK:
            answer_block(session, current, now=now)
        elif current.step == Step.BREAK:
            sitting.end_break(session=session, position=current.context["position"], now=now)
        else:
            trial = trials.open_next(session=session, public_id=current.context["trial_id"], now=now)
            if trial:
                trials.submit(trial=trial, answer=answer, confidence_raw="60", now=now + timedelta(seconds=5))
    return again(session.participant, now=now)


def completed(study: Study, panel_id: str = "", *, now: datetime = START, answer: str = "A") -> Session:
    session = answer_all(briefed(study, panel_id, now=now), now=now, answer=answer)
    sitting.answer_survey(session=session, answers={}, now=now + timedelta(minutes=10))
    return again(session.participant, now=now + timedelta(minutes=10))
