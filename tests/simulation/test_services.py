"""Simulated people whose assistants ask a service: through the real SDK, under the study's caps, in virtual time."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from studies.domain.errors import Refused
from studies.models import Event, Generation, Message, Participant, Study
from studies.simulation.driver import simulate
from studies.simulation.person import CALM, Population
from tests.api_server import ApiServer
from tests.factories import launched_study
from tests.simulation.test_reproduction import empty

pytestmark = pytest.mark.django_db(transaction=True)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
MODEL = {"provider": "anthropic", "settings": {"model": "claude-haiku-4-5", "max_retries": 0, "read_timeout": 1}}
READ = {"audit_model": "claude-haiku-4-5"}


def study_of(caps: dict[str, Any] | None = None, **rules: Any) -> Study:
    guide = {"strategy": "honest", **MODEL, **rules}
    return launched_study(assistants={"guide": guide}, caps=caps or {})


def people(study: Study, number: int = 3, population: Population = CALM) -> list[Participant]:
    return simulate(study=study, participants=number, seed=1, start=START, population=population, ask_services=True)


def command(*words: str) -> str:
    out = io.StringIO()
    call_command("simulate", "s", "--participants", "2", "--seed", "1", *words, stdout=out, verbosity=0)
    return out.getvalue()


def test_without_the_flag_nothing_is_asked_and_the_command_says_what_it_may_cost(api: ApiServer) -> None:
    study_of(**READ)
    # 2 people, 3 assisted questions each, 6 messages at most, a reply and its reading
    with pytest.raises(CommandError, match=r"anthropic: claude-haiku-4-5: at most 72 calls, at most \d+\.\d\d USD"):
        command()
    assert not api.requests
    assert not Participant.objects.exists()


def test_with_the_flag_the_service_is_asked_no_more_often_than_it_said(api: ApiServer) -> None:
    study_of(**READ)
    told = command("--ask-services")
    assert told.startswith("Asking anthropic: claude-haiku-4-5: at most 72 calls")
    assert "2 simulated people" in told
    assert 0 < len(api.requests) <= 72
    assert len(api.requests) == Generation.objects.count()


def test_an_assistant_that_writes_by_critique_counts_all_its_calls(api: ApiServer) -> None:
    study_of(strategy="critique")
    with pytest.raises(CommandError, match="at most 108 calls"):
        command()


def test_a_model_without_a_price_is_said_to_have_none(api: ApiServer) -> None:
    study_of(settings={"model": "own-1"})
    with pytest.raises(CommandError, match="at most 36 calls, no price in OVERSIGHT_PRICES"):
        command()


def test_a_scripted_assistant_whose_replies_a_service_reads_out_asks_one_too(api: ApiServer) -> None:
    study = study_of(provider="scripted", settings={}, audit_provider="anthropic", **READ)
    with pytest.raises(Refused, match="paid service"):
        simulate(study=study, participants=1, seed=1, start=START)


def test_replies_are_the_services_and_people_go_by_what_is_read_out_of_them(api: ApiServer) -> None:
    population = Population(**{**vars(CALM), "trust": 1, "trust_sd": 0, "messages": 30, "most_messages": 1})
    study = study_of(**READ)
    people(study, population=population)
    replies = Message.objects.filter(role="assistant", status="done", recommended_by="claude-haiku-4-5")
    assert replies.count() == 9
    for reply in replies.select_related("trial__response"):
        assert reply.text.startswith("I have looked at the question")
        assert reply.trial.response.answer == reply.recommended
    assert not Message.objects.exclude(audit_due_at=None).exists()
    assert set(Generation.objects.values_list("purpose", flat=True)) == {"reply", "audit"}
    assert not Generation.objects.filter(input_tokens=None).exists()


def recorded() -> list[tuple[Any, ...]]:
    told = Message.objects.order_by("pk").values_list("role", "text", "sent_at", "finished_at", "recommended")
    called = Generation.objects.order_by("pk").values_list("started_at", "latency_ms", "input_tokens", "output_tokens")
    return [*told, *called]


@pytest.mark.parametrize("strategy", ["honest", "critique"])
def test_where_a_service_says_the_same_again_all_that_is_recorded_is_the_same(api: ApiServer, strategy: str) -> None:
    found = []
    for pace in (0.0, 0.003):
        api.pace = pace
        empty()
        people(study_of(strategy=strategy, **READ), 2)
        found.append(recorded())
    assert found[0] == found[1]
    assert len(found[0]) > 8


def test_a_fault_of_the_service_ends_a_reply_and_not_the_person(api: ApiServer) -> None:
    study = study_of()
    api.fail("529", "cut")
    people(study)
    ended = Message.objects.filter(role="assistant").order_by("pk").values_list("status", flat=True)
    assert list(ended[:2]) == ["failed", "interrupted"]
    assert set(ended[2:]) <= {"done", "stopped"}
    assert list(Generation.objects.order_by("pk").values_list("error", flat=True)[:2]) == ["overloaded", "stream_cut"]
    assert {person.sessions.get().outcome for person in Participant.objects.all()} == {"completed"}


@pytest.mark.parametrize("cap", ["tokens_per_study", "tokens_per_reply"])
def test_a_cap_leaves_replies_out_as_for_people(api: ApiServer, cap: str) -> None:
    study = study_of(caps={cap: 400 if cap == "tokens_per_study" else 30})
    people(study, 4)
    assert Event.objects.filter(kind="reply.capped", detail__cap=cap).exists()
    assert Message.objects.filter(status="capped", text="").exists()
    if cap == "tokens_per_reply":
        assert not api.requests


def test_another_model_stops_the_intake_as_for_people(api: ApiServer) -> None:
    study = study_of()
    api.fail(*[""] * 2, "changed_model")
    people(study, 20)
    study.refresh_from_db()
    assert study.state == "paused"
    assert Participant.objects.count() < 20
