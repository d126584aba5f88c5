import pytest
from django.test import Client

from studies.models import PanelIdentity, Participant, Study
from studies.services import studies
from tests.factories import launched_study
from tests.views.pages import Visitor
from tests.walk import START

pytestmark = pytest.mark.django_db
PROLIFIC = "?PROLIFIC_PID=5f0a&STUDY_ID=st&SESSION_ID=se"


def test_reading_the_invitation_creates_nothing() -> None:
    launched_study()
    visitor = Visitor().open_invitation()
    assert (visitor.status, visitor.heading) == (200, "T")
    assert Client().head("/join/s/").status_code == 200
    assert not Participant.objects.exists()


@pytest.mark.parametrize(
    ("panel", "query", "panel_id", "parameters"),
    [
        ("prolific", PROLIFIC, "5f0a", {"STUDY_ID": "st", "SESSION_ID": "se"}),
        ("connect", "?participantId=c1&assignmentId=a&projectId=p", "c1", {"assignmentId": "a", "projectId": "p"}),
        ("generic", "?pid=me", "me", {}),
    ],
)
def test_each_panel_is_understood(panel: str, query: str, panel_id: str, parameters: dict[str, str]) -> None:
    launched_study(entry={"panel": panel})
    assert f'value="{panel_id}"' in Visitor(query=query).open_invitation().page
    Visitor(query=query).join()
    kept = PanelIdentity.objects.get()
    assert (kept.panel, kept.panel_id, kept.parameters) == (panel, panel_id, parameters)


def test_a_panel_that_sends_no_id_gets_a_sentence_and_nobody_joins() -> None:
    launched_study(entry={"panel": "prolific"})
    assert "lacks the id" in Visitor().open_invitation().page
    assert "lacks the id" in Visitor().join().page
    assert not Participant.objects.exists()


def test_an_unguessable_id_finds_its_person_in_any_browser() -> None:
    launched_study(entry={"panel": "prolific"})
    first, second = Visitor(query=PROLIFIC).join(), Visitor(query=PROLIFIC).open_invitation()
    assert first.address == second.address


def test_a_guessable_id_comes_back_by_its_personal_link_only() -> None:
    launched_study()
    first = Visitor(query="?pid=7").join()
    stranger = Visitor(query="?pid=7")
    assert "personal link" in stranger.open_invitation().page
    assert "personal link" in stranger.join().page
    assert not stranger.address
    stranger.address = first.address
    assert stranger.get().status == 200
    assert Participant.objects.count() == 1


def test_the_personal_link_is_shown_as_soon_as_there_is_one() -> None:
    launched_study()
    visitor = Visitor().join()
    assert f"http://testserver{visitor.address}" in visitor.page


def test_the_id_in_the_address_wins_over_the_cookie() -> None:
    launched_study(entry={"panel": "prolific"})
    client = Client()
    mine = Visitor(query=PROLIFIC, client=client).join()
    other = Visitor(query="?PROLIFIC_PID=other", client=client).join()
    assert mine.address != other.address
    assert Visitor(query=PROLIFIC, client=client).open_invitation().address == mine.address


def test_the_same_browser_finds_its_way_back_without_an_id() -> None:
    launched_study()
    client = Client()
    assert Visitor(client=client).join().address == Visitor(client=client).open_invitation().address


def test_a_forged_cookie_finds_nobody() -> None:
    launched_study()
    Visitor().join()
    client = Client()
    client.cookies["sitting-s"] = Participant.objects.get().token
    assert not Visitor(client=client).open_invitation().address


@pytest.mark.parametrize("token", ["nobody", "%00", "a" * 500, "..%2f", "é"])
def test_a_forged_sitting_gets_a_sentence(token: str) -> None:
    for path in (f"/s/{token}/", f"/s/{token}/instructions/", f"/s/{token}/leave/"):
        response = Client().get(path)
        assert response.status_code == 404
        assert b"link that you were given" in response.content


def test_an_unknown_study_gets_a_sentence() -> None:
    response = Client().get("/join/nothing/")
    assert (response.status_code, b"no such study" in response.content) == (404, True)


def test_a_full_study_says_so_before_anything_is_asked() -> None:
    launched_study(design={"participants": 1})
    Visitor().join()
    assert "all the people it needs" in Visitor().open_invitation().page
    assert "all the people it needs" in Visitor().join().page
    assert Participant.objects.count() == 1


@pytest.mark.parametrize(("change", "words"), [("pause", "no new people"), ("close", "is over")])
def test_a_study_that_takes_nobody_says_so_but_lets_people_go_on(change: str, words: str) -> None:
    study = launched_study()
    inside = Visitor().to_consent()
    getattr(studies, change)(study=study, now=START)
    assert words in Visitor().open_invitation().page
    assert words in Visitor().join().page
    assert inside.get().heading == "Your consent"


def test_a_draft_has_not_started() -> None:
    launched_study()
    Study.objects.update(state="draft")
    assert "not started" in Visitor().join().page


def test_odd_letters_in_an_id_are_dropped_and_long_ones_cut() -> None:
    launched_study()
    Visitor(query="?pid=a%00b%1b" + "c" * 500).join()
    kept = PanelIdentity.objects.get().panel_id
    assert kept.startswith("abccc")
    assert len(kept) == 120


def test_a_spread_study_is_found_again_by_id_and_by_link() -> None:
    launched_study(entry={"panel": "prolific"}, design={"participants": 5, "sittings": 2})
    first = Visitor(query=PROLIFIC).to_first_question()
    while first.trial:
        first.start().answer().leave_block()
    first.do("survey")
    assert "This is sitting 2 of 2" in first.page
    again = Visitor(query=PROLIFIC).open_invitation()
    assert again.address == first.address
    assert Participant.objects.get().sessions.count() == 2
