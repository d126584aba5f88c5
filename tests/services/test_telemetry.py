import pytest

from studies.domain.wire import ClientEvent
from studies.models import Event, Session
from studies.services import telemetry
from tests.talk import assisted_trial, at

pytestmark = pytest.mark.django_db


def sitting() -> Session:
    session = assisted_trial().session
    assert session is not None
    return session


def test_what_a_browser_saw_is_kept_with_both_clocks() -> None:
    session = sitting()
    event = ClientEvent(kind="paste", target="chat_input", length=12, at=at(1))
    assert telemetry.record_client(session=session, events=[event], now=at(2)) == 1
    row = Event.objects.get(source="client")
    assert (row.kind, row.target, row.length, row.client_at, row.server_at) == ("paste", "chat_input", 12, at(1), at(2))


def test_nothing_is_kept_of_somebody_who_refused_telemetry() -> None:
    session = sitting()
    session.participant.telemetry = False
    assert telemetry.record_client(session=session, events=[ClientEvent(kind="blur")], now=at(1)) == 0
    assert not Event.objects.filter(source="client").exists()


def test_no_words_get_in_through_a_kind_or_a_region() -> None:
    session = sitting()
    events = [ClientEvent(kind="my secret"), ClientEvent(kind="copy", target="my secret")]
    telemetry.record_client(session=session, events=events, now=at(1))
    assert [(row.kind, row.target) for row in Event.objects.filter(source="client")] == [("copy", "")]


def test_a_sitting_has_room_for_so_many_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "MAX_EVENTS_PER_SESSION", 3)
    session = sitting()
    events = [ClientEvent(kind="blur")] * 2
    kept = [telemetry.record_client(session=session, events=events, now=at(1)) for _ in range(3)]
    assert kept == [2, 1, 0]
