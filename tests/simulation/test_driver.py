from collections import Counter
from datetime import UTC, datetime

import pytest

from studies.domain.errors import Refused
from studies.models import Message, Participant, Pool, Response, Session, Trial
from studies.simulation.driver import simulate
from studies.simulation.person import Population
from tests.factories import launched_study
from tests.walk import completed

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_simulated_people_finish_and_are_never_real() -> None:
    study = launched_study()
    people = simulate(study=study, participants=12, seed=1, start=START)
    assert {person.pool for person in people} == {Pool.SIMULATED}
    assert all(person.simulated_truth and "trust" in person.simulated_truth for person in people)
    outcomes = Counter(Session.objects.values_list("outcome", flat=True))
    assert outcomes["completed"] >= 8
    assert "" not in outcomes


def test_their_chats_are_written_and_ended_in_virtual_time() -> None:
    simulate(study=launched_study(), participants=12, seed=1, start=START)
    replies = Message.objects.filter(role="assistant")
    assert replies.exists()
    assert not replies.filter(status__in=("queued", "streaming")).exists()
    assert all(reply.finished_at and reply.finished_at >= reply.sent_at for reply in replies)
    assert replies.exclude(recommended="").exists()


def test_a_study_with_real_people_is_refused() -> None:
    study = launched_study()
    completed(study, "p1")
    with pytest.raises(Refused, match="real participants"):
        simulate(study=study, participants=1, seed=1, start=START)


def test_a_study_whose_assistant_asks_a_paid_service_is_refused() -> None:
    guide = {"provider": "anthropic", "strategy": "honest", "settings": {"model": "claude-haiku-4-5"}}
    with pytest.raises(Refused, match="paid service"):
        simulate(study=launched_study(assistants={"guide": guide}), participants=1, seed=1, start=START)


def test_a_seed_can_be_used_once_and_another_adds_more() -> None:
    study = launched_study()
    simulate(study=study, participants=3, seed=1, start=START)
    with pytest.raises(Refused, match="another seed"):
        simulate(study=study, participants=3, seed=1, start=START)
    simulate(study=study, participants=3, seed=2, start=START)
    assert Participant.objects.count() == 6


def test_some_are_timed_out_with_and_without_a_choice() -> None:
    slow = Population(watches_clock=0, thinking_seconds=45)
    simulate(study=launched_study(), participants=8, seed=3, start=START, population=slow)
    late = Trial.objects.filter(closed_by="deadline")
    assert late.filter(response__source=Response.Source.STANDING).exists()
    assert late.filter(response=None).exists()
