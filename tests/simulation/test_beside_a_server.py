"""People in virtual time beside a server whose clock is the real one: its sweep finds their deadlines long past."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event as Signal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from studies.models import Message, Participant, Response, Session, Study, Trial
from studies.services import audit, replies, simulated, sweep
from studies.simulation.driver import simulate
from studies.simulation.person import Population
from tests.api_server import ApiServer
from tests.factories import launched_study
from tests.simulation.test_reproduction import empty

pytestmark = pytest.mark.django_db(transaction=True)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SLOW = Population(watches_clock=0, thinking_seconds=45)  # many are still at it when another is through


def swept() -> int:
    """What a server's sweeper would do now; how much it did."""
    now = timezone.now()
    late = replies.interrupt_orphans(now=now, stale_after=timedelta(seconds=15), owner_is_dead=lambda owner: True)
    return sweep.sweep(now=now) + len(late) + len(audit.due(now=now))


def data() -> dict[str, list[Any]]:
    return {
        "trials": list(Trial.objects.order_by("pk").values_list("state", "closed_by", "closed_at")),
        "answers": list(Response.objects.order_by("pk").values_list("answer", "confidence", "correct")),
        "sittings": list(Session.objects.order_by("pk").values_list("state", "outcome", "finished_at")),
        "talk": list(Message.objects.order_by("pk").values_list("role", "status", "text", "finished_at")),
    }


def simulated_with(progress: Callable[[], object]) -> dict[str, list[Any]]:
    empty()
    simulate(study=launched_study(), participants=12, seed=4, start=START, population=SLOW, progress=progress)
    assert not Participant.objects.exclude(swept_from=None).exists(), "everybody is handed over in the end"
    return data()


def test_a_sweep_between_their_acts_changes_nothing() -> None:
    in_the_middle: list[int] = []

    def a_sweep() -> None:
        in_the_middle.append(Trial.objects.filter(state="open").count())
        assert swept() == 0

    alone = simulated_with(lambda: None)
    assert simulated_with(a_sweep) == alone
    assert max(in_the_middle) > 0, "somebody was at a question when the sweep came"


def test_a_sweep_that_runs_all_the_while_in_a_thread_of_its_own_changes_nothing(api: ApiServer) -> None:
    """Their assistant asks a service, so that every act is committed by itself."""
    model = {"provider": "anthropic", "settings": {"model": "claude-haiku-4-5"}, "audit_model": "claude-haiku-4-5"}
    study = launched_study(assistants={"guide": {"strategy": "honest", **model}})
    over = Signal()

    def until_over() -> int:
        found = 0
        while not over.wait(0.01):
            found += swept()
        connection.close()
        return found

    with ThreadPoolExecutor(1) as pool:
        sweeping = pool.submit(until_over)
        try:
            simulate(study=study, participants=4, seed=4, start=START, population=SLOW, ask_services=True)
        finally:
            over.set()
        assert sweeping.result() == 0
    assert not Session.objects.filter(outcome="").exists()
    assert Message.objects.filter(role="assistant").exclude(status="interrupted").exists()


def test_people_whose_simulation_broke_off_are_left_to_the_sweep() -> None:
    class Broken(Exception):
        pass

    def breaks() -> None:
        raise Broken

    study: Study = launched_study()
    with pytest.raises(Broken):
        simulate(study=study, participants=6, seed=4, start=START, population=SLOW, progress=breaks)
    Session.objects.update(last_seen_at=START)
    sweep.sweep(now=timezone.now())
    assert not Session.objects.filter(outcome="").exists()


def test_people_of_a_simulation_that_was_killed_are_swept_a_day_later() -> None:
    now = timezone.now()
    simulated.join(study=launched_study(), code="abcdefgh2345", truth={}, swept_from=now + timedelta(days=1), now=START)
    sweep.sweep(now=now + timedelta(hours=23))
    assert Session.objects.get().outcome == ""
    sweep.sweep(now=now + timedelta(days=1))
    assert Session.objects.get().outcome == "expired"


def test_a_simulated_person_who_comes_to_a_real_server_is_swept_like_anybody() -> None:
    simulated.join(study=launched_study(), code="abcdefgh2345", truth={}, now=START)
    sweep.sweep(now=timezone.now())
    assert Session.objects.get().outcome == "expired"
