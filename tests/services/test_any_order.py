"""Whatever a person does, in any order and at any time: a page is shown, nothing is counted twice, nothing leaks."""

import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from studies.domain.errors import Refused
from studies.domain.sitting import Step
from studies.models import Allocation, Response, Session, Trial
from studies.queries.page import Page
from studies.services import sitting, sweep, trials
from tests.factories import launched_study
from tests.walk import START, again, enrol, shown

pytestmark = pytest.mark.django_db

HIDDEN_BEFORE_THE_DEBRIEF = ('"gold"', '"target"', '"brief"', '"arm"', '"belief"', "unaided", "assisted")


class Walker:
    """Does anything at all, seeded."""

    def __init__(self, session: Session, seed: int) -> None:
        self.session = session
        self.random = random.Random(seed)
        self.now: datetime = START

    @property
    def trial(self) -> Trial | None:
        known = Trial.objects.filter(allocation__participant=self.session.participant)
        return known.order_by("?").first() if self.random.random() < 0.2 else known.filter(state="open").first()

    def act(self, current: Page) -> None:
        act = self.random.choice([*self.acts(), self.forward, self.forward, self.forward])
        try:
            act(current)
        except Refused as refused:
            assert refused.code
            assert refused.sentence.endswith((".", "?", "”", "”."))

    def acts(self) -> list[Callable[[Page], None]]:
        return [self.open, self.draft, self.submit, self.submit, self.wait, self.survey, self.end_break, self.sweep]

    def forward(self, current: Page) -> None:
        session, now = again(self.session.participant, now=self.now), self.now
        if current.step is Step.WELCOME:
            sitting.welcome(session=session, now=now)
        elif current.step is Step.DEVICE:
            sitting.check_device(session=session, device={}, now=now)
        elif current.step is Step.CONSENT:
            sitting.consent(session=session, answers={"study": True}, screening={}, time_multiplier=1, now=now)
        elif current.step is Step.INSTRUCTIONS:
            sitting.read_instructions(session=session, now=now)
        else:
            self.open(current)

    def open(self, current: Page) -> None:
        trials.open_next(session=self.session, public_id=current.context.get("trial_id", "x"), now=self.now)

    def draft(self, current: Page) -> None:
        if trial := self.trial:
            trials.save_draft(trial=trial, answer=self.random.choice("ABCD"), now=self.now)

    def submit(self, current: Page) -> None:
        if trial := self.trial:
            answer = self.random.choice(["A", "B", "", "Z"])
            confidence = self.random.choice(["60", "", "7"])
            trials.submit(trial=trial, answer=answer, confidence_raw=confidence, now=self.now)

    def wait(self, current: Page) -> None:
        self.now += timedelta(seconds=self.random.choice([1, 20, 59, 61, 200]))

    def survey(self, current: Page) -> None:
        sitting.answer_survey(session=self.session, answers={}, now=self.now)

    def end_break(self, current: Page) -> None:
        sitting.end_break(session=self.session, position=current.context.get("position", 0), now=self.now)

    def sweep(self, current: Page) -> None:
        sweep.sweep(now=self.now)


@pytest.mark.parametrize("seed", range(12))
def test_any_order_of_actions_leaves_a_page_and_a_consistent_record(seed: int) -> None:
    study = launched_study(design={"participants": 50, "break_every": 2})
    walker = Walker(enrol(study, f"p{seed}"), seed)
    for _ in range(120):
        walker.now += timedelta(seconds=1)
        trials.close_overdue(now=walker.now)
        current = shown(walker.session, now=walker.now)
        if current.step not in (Step.DEBRIEF, Step.DONE):
            text = json.dumps(current.context, default=str)
            assert not any(word in text for word in HIDDEN_BEFORE_THE_DEBRIEF)
        walker.act(current)
    check_record(walker.session)


def check_record(session: Session) -> None:
    own = Trial.objects.filter(allocation__participant=session.participant)
    assert own.filter(state="open").count() <= 1
    assert Response.objects.filter(trial__in=own.exclude(state="closed")).count() == 0
    for trial in own.filter(state="closed"):
        assert trial.opened_at is not None
        assert trial.closed_at is not None
        assert trial.deadline_at is not None
        assert trial.opened_at <= trial.closed_at <= trial.deadline_at + timedelta(seconds=2)
    positions = Allocation.objects.filter(participant=session.participant).values_list("position", flat=True)
    assert sorted(positions) == list(range(1, len(positions) + 1))
