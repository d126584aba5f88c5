"""One person's way through a study, in virtual time: what a browser would ask of the services, page by page."""

from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any

from studies.domain.answers import to_shown
from studies.domain.errors import Refused
from studies.domain.protocol import Protocol
from studies.domain.sitting import Step
from studies.models import Participant, Session, Study, Trial
from studies.queries.progress import Progress, finished_block, next_sitting_at
from studies.queries.trials import time_limit
from studies.services import enrolment, simulated, sitting, trials
from studies.simulation import forms
from studies.simulation.person import Person, Scene
from studies.simulation.reply import Assistants
from studies.simulation.trial import AtTrial

Waits = Generator[float, None, None]  # a person's way as the seconds of virtual time between two acts
DEVICE = {"javascript": True, "width": 1440, "height": 900, "socket_ms": 25, "touch": False, "dark": False}
PAGE_SECONDS = {Step.WELCOME: 20, Step.DEVICE: 4, Step.CONSENT: 40, Step.INSTRUCTIONS: 60, Step.COMPREHENSION: 30}


class Gone(Exception):
    """The person has closed the page and does not come back."""


class Walk:
    """`now` is set by the driver before each step; `code` is the public code that this person will have."""

    def __init__(
        self, *, person: Person, study: Study, code: str, truth: dict[str, Any], assistants: Assistants,
        swept_from: datetime,
    ) -> None:  # fmt: skip
        self.person = person
        self.now = datetime.min.replace(tzinfo=UTC)
        self.turned_away = ""
        self._left_at: set[str] = set()  # nobody leaves twice at the same question
        self._study, self._code, self._truth, self._assistants = study, code, truth, assistants
        self._swept_from = swept_from
        self._participant: Participant

    def steps(self) -> Waits:
        """Everything they do, from the invitation to the last page, or until they are gone."""
        try:
            self._participant = simulated.join(
                study=self._study, code=self._code, truth=self._truth, swept_from=self._swept_from, now=self.now
            )
        except Refused as refused:
            self.turned_away = refused.code
            return
        try:
            while (session := self._session()) and (where := self._where(session)).step is not Step.DONE:
                yield from PAGES[where.step](self, session, where)
        except Gone:
            yield from self._fade()

    def _session(self) -> Session:
        return enrolment.session_for(participant=self._participant, now=self.now)

    def _where(self, session: Session) -> Progress:
        where = sitting.whereabouts(session=session, now=self.now)
        enrolment.seen(session=session, now=self.now)
        return where

    def _fade(self) -> Waits:
        """What a sweep does about somebody who is gone: the open trial ends at its time, the sitting at its own."""
        session = self._session()
        yield self._until_closed(session)
        trials.close_overdue(session=session, now=self.now)
        last_seen = self._session().last_seen_at
        hours = self._protocol(session).design.expire_after_hours
        yield max(0.0, (last_seen - self.now).total_seconds() + hours * 3600)
        sitting.expire(session=self._session(), now=self.now)

    def _until_closed(self, session: Session) -> float:
        open_one = Trial.objects.filter(session=session, state="open").values_list("deadline_at", flat=True).first()
        if open_one is None:
            return 0.0
        grace = self._protocol(session).clock.grace_seconds + 0.5
        return max(0.0, (open_one - self.now).total_seconds() + grace)

    @staticmethod
    def _protocol(session: Session) -> Protocol:
        return session.participant.version.protocol

    def _read(self, step: Step) -> Waits:
        yield self.person.seconds(PAGE_SECONDS[step], step)

    # -- the pages, in the order in which they come ------------------------------------------------------------

    def welcome(self, session: Session, where: Progress) -> Waits:
        yield from self._read(Step.WELCOME)
        sitting.welcome(session=session, now=self.now)

    def device(self, session: Session, where: Progress) -> Waits:
        yield from self._read(Step.DEVICE)
        sitting.check_device(session=session, device=DEVICE, now=self.now)

    def consent(self, session: Session, where: Progress) -> Waits:
        yield from self._read(Step.CONSENT)
        if self.person.happens(self.person.population.declines, "declines"):
            sitting.decline(session=session, now=self.now)
            return
        protocol = self._protocol(session)
        try:
            sitting.consent(
                session=session,
                answers=forms.consent_answers(self.person, protocol.consent),
                screening=forms.answers(self.person, "screening", protocol.screening),
                time_multiplier=forms.multiplier(self.person, protocol),
                now=self.now,
            )
        except Refused as refused:
            self.turned_away = refused.code
            raise Gone from None

    def instructions(self, session: Session, where: Progress) -> Waits:
        yield from self._read(Step.INSTRUCTIONS)
        sitting.read_instructions(session=session, now=self.now)

    def comprehension(self, session: Session, where: Progress) -> Waits:
        yield from self._read(Step.COMPREHENSION)
        given = forms.comprehension(self.person, self._protocol(session).comprehension, sitting.tries_used(session) + 1)
        sitting.answer_comprehension(session=session, answers=given, now=self.now)

    def ready(self, session: Session, where: Progress) -> Waits:
        yield self.person.seconds(4, "ready", session.sitting, where.done)
        trial = where.trial
        if trial is not None and (yield from self._leaves(session, trial)):
            return
        opened = trials.open_next(session=session, public_id=trial.public_id if trial else "", now=self.now)
        if opened is not None and trial is not None:
            opened.allocation = trial.allocation
            yield from self._take(opened, session)

    def _leaves(self, session: Session, trial: Trial) -> Generator[float, None, bool]:
        """Some close the page, some press the button, some come back later. True where they do not go on from here."""
        person, place = self.person, trial.allocation.item.content_sha256
        if place in self._left_at or not person.happens(person.traits.leaves, "leaves", place):
            return False
        self._left_at.add(place)
        if person.happens(person.population.returns, "returns", place):
            yield person.source("away", place).uniform(120, 3 * 3600)
        elif person.happens(0.3, "stops", place):
            sitting.stop(session=session, now=self.now)
        elif person.happens(0.5, "in mid-trial", place):
            trials.open_next(session=session, public_id=trial.public_id, now=self.now)
            raise Gone
        else:
            raise Gone
        return True

    def _take(self, trial: Trial, session: Session) -> Waits:
        at_trial = AtTrial(self.person, trial, scene_of(trial, session), self._assistants, lambda: self.now)
        yield from at_trial.steps()

    def late(self, session: Session, where: Progress) -> Waits:
        """The time was up before they were ready: the page waits for the end, and the choice that stands counts."""
        yield max(0.1, self._until_closed(session))

    def feedback(self, session: Session, where: Progress) -> Waits:
        assert where.trial is not None, "feedback is about a trial"
        yield self.person.seconds(8, "feedback", where.trial.allocation.item.content_sha256)
        trials.leave_feedback(trial=where.trial, now=self.now)

    def after_block(self, session: Session, where: Progress) -> Waits:
        yield self.person.seconds(10, "after block", session.block_asked)
        protocol = self._protocol(session)
        block = finished_block(session, protocol)
        given = forms.answers(self.person, f"after block {block}", protocol.after_block)
        sitting.answer_block(session=session, block=block, answers=given, now=self.now)

    def take_break(self, session: Session, where: Progress) -> Waits:
        assert where.position is not None, "a break stands before a trial"
        yield self.person.seconds(25, "break", session.sitting, where.done)
        sitting.end_break(session=session, position=where.position, now=self.now)

    def survey(self, session: Session, where: Progress) -> Waits:
        yield self.person.seconds(45, "survey", session.sitting)
        given = forms.answers(self.person, "survey", self._protocol(session).survey)
        sitting.answer_survey(session=session, answers=given, now=self.now)

    def debrief(self, session: Session, where: Progress) -> Waits:
        yield self.person.seconds(30, "debrief", session.sitting)
        refuses = self.person.happens(self.person.population.refuses_data_use, "data use")
        sitting.debrief(session=session, data_use="refused" if refuses else "agreed", now=self.now)

    def wait(self, session: Session, where: Progress) -> Waits:
        due = next_sitting_at(session=session)
        assert due is not None, "somebody waits for a sitting to come"
        later = self.person.source("next sitting", session.sitting).uniform(60, 3 * 3600)
        yield max(0.0, (due - self.now).total_seconds()) + later


def scene_of(trial: Trial, session: Session) -> Scene:
    planned = trial.allocation
    item = planned.item
    return Scene(
        key=item.content_sha256,
        kind=planned.kind,
        options=len(item.options),
        gold=to_shown(planned.choice_order, item.gold),
        assisted=hasattr(planned, "brief"),
        passage_words=len(item.passage.text.split()) if item.passage else 0,
        limit_seconds=time_limit(planned, session),
    )


PAGES: dict[Step, Callable[[Walk, Session, Progress], Waits]] = {
    Step.WELCOME: Walk.welcome,
    Step.DEVICE: Walk.device,
    Step.CONSENT: Walk.consent,
    Step.INSTRUCTIONS: Walk.instructions,
    Step.COMPREHENSION: Walk.comprehension,
    Step.READY: Walk.ready,
    Step.TRIAL: Walk.late,
    Step.FEEDBACK: Walk.feedback,
    Step.AFTER_BLOCK: Walk.after_block,
    Step.BREAK: Walk.take_break,
    Step.SURVEY: Walk.survey,
    Step.DEBRIEF: Walk.debrief,
    Step.WAIT: Walk.wait,
}
