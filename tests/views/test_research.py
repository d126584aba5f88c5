"""The console as researchers and others meet it."""

import io
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from studies.models import PanelIdentity, Participant, Pool, Study, Unblinding
from studies.queries.presets import preset_text
from tests.commands.study_file import TOML, load_items
from tests.factories import launched_study
from tests.walk import completed, enrol

pytestmark = pytest.mark.django_db


@pytest.fixture
def researcher(client: Client) -> Client:
    client.force_login(User.objects.create_user("ruth", is_staff=True))
    return client


def study_page(client: Client, query: str = "?pool=real", slug: str = "s") -> str:
    response = client.get(reverse("research:study", args=[slug]) + query)
    assert response.status_code == 200
    return response.content.decode()


PAGES = ("study", "status", "people", "items", "export", "launch", "pause", "resume", "close")


@pytest.mark.parametrize("name", PAGES)
def test_nobody_gets_in_without_a_login_of_the_staff(client: Client, name: str) -> None:
    launched_study()
    address = reverse(f"research:{name}", args=["s"])
    assert client.get(address)["Location"].startswith(reverse("research:login"))
    client.force_login(User.objects.create_user("somebody"))
    assert client.get(address).status_code == 403


@pytest.mark.parametrize("name", ["launch", "pause", "close", "unblind", "preview"])
def test_nobody_else_can_press_a_button(client: Client, name: str) -> None:
    study = launched_study()
    client.post(reverse(f"research:{name}", args=["s"]), {"why": "x"})
    client.force_login(User.objects.create_user("somebody"))
    assert client.post(reverse(f"research:{name}", args=["s"]), {"why": "x"}).status_code == 403
    study.refresh_from_db()
    assert study.state == "open"
    assert not Participant.objects.exists()
    assert not Unblinding.objects.exists()


def test_a_login_that_is_not_of_the_staff_is_refused_in_words(client: Client) -> None:
    User.objects.create_user("somebody", password="long-enough-9")
    page = client.post(reverse("research:login"), {"username": "somebody", "password": "long-enough-9"})
    assert "staff account" in page.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_researcher_logs_in_and_out(client: Client) -> None:
    User.objects.create_user("ruth", password="long-enough-9", is_staff=True)
    landed = client.post(reverse("research:login"), {"username": "ruth", "password": "long-enough-9"}, follow=True)
    assert landed.redirect_chain[-1][0] == reverse("research:home")
    client.post(reverse("research:logout"))
    assert client.get(reverse("research:home")).status_code == 302


def test_the_pools_are_apart_and_the_page_opens_on_one_that_has_people(researcher: Client) -> None:
    study = launched_study()
    made = enrol(study, pool=Pool.SIMULATED, now=timezone.now()).participant
    assert made.code in study_page(researcher, "")
    assert made.code not in study_page(researcher)
    assert "never counted with participants" in study_page(researcher, "?pool=simulated")


def test_no_page_shows_a_panel_id(researcher: Client) -> None:
    session = completed(launched_study(), "panel-77")
    assert PanelIdentity.objects.filter(panel_id="panel-77").exists()
    code = session.participant.code
    addresses = [reverse(f"research:{name}", args=["s"]) for name in ("study", "people", "items")]
    for address in [*addresses, reverse("research:person", args=["s", code])]:
        page = researcher.get(address).content.decode()
        assert "panel-77" not in page
        assert session.participant.token not in page


def test_outcomes_are_withheld_until_somebody_says_why_they_look(researcher: Client) -> None:
    session = completed(launched_study(), "a")
    person = reverse("research:person", args=["s", session.participant.code])
    assert "Mean confidence" not in study_page(researcher)
    assert "confidence 60" not in researcher.get(person).content.decode()
    researcher.post(reverse("research:unblind", args=["s"]), {"why": " "})
    assert "Mean confidence" not in study_page(researcher)
    researcher.post(reverse("research:unblind", args=["s"]), {"why": "safety board"})
    assert "Mean confidence" in study_page(researcher)
    assert "confidence 60" in researcher.get(person).content.decode()
    assert [(one.why, one.by and one.by.get_username()) for one in Unblinding.objects.all()] == [
        ("safety board", "ruth")
    ]


def test_a_closed_study_shows_its_outcomes_without_unblinding(researcher: Client) -> None:
    completed(launched_study(), "a")
    researcher.post(reverse("research:close", args=["s"]))
    assert "Mean confidence" in study_page(researcher)
    assert not Unblinding.objects.exists()


def test_reading_a_button_page_changes_nothing_and_pressing_it_does(researcher: Client) -> None:
    study = launched_study()
    for action, state in (("pause", "paused"), ("resume", "open"), ("close", "closed")):
        before = study.state
        researcher.get(reverse(f"research:{action}", args=["s"]))
        study.refresh_from_db()
        assert study.state == before
        researcher.post(reverse(f"research:{action}", args=["s"]))
        study.refresh_from_db()
        assert study.state == state
    page = researcher.post(reverse("research:resume", args=["s"]), follow=True)
    assert "cannot become open" in page.content.decode()


def test_an_uploaded_file_becomes_a_draft_that_can_be_launched(researcher: Client) -> None:
    load_items()
    file = SimpleUploadedFile("small.toml", TOML.encode())
    researcher.post(reverse("research:new"), {"file": file, "do": "load"})
    assert Study.objects.get().state == "draft"
    assert "Not launched yet" in study_page(researcher, slug="small")
    researcher.post(reverse("research:launch", args=["small"]))
    assert Study.objects.get().state == "open"


def test_a_broken_file_shows_every_fault_with_its_key_and_keeps_the_text(researcher: Client) -> None:
    load_items()
    bad = TOML.replace("seed = 1", "seed = -1").replace('pay = "nothing"', "")
    response = researcher.post(reverse("research:new"), {"toml": bad, "do": "load"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "<code>study.seed</code>" in page
    assert "<code>study.pay</code>" in page
    assert "seed = -1" in page
    assert not Study.objects.exists()


@pytest.mark.parametrize(
    ("content", "says"), [(b"\xff", "not UTF-8"), (b"#" * 200_001, "larger than"), (b"[a", "not valid TOML")]
)
def test_a_file_that_is_none_is_refused_in_words(researcher: Client, content: bytes, says: str) -> None:
    file = SimpleUploadedFile("x.toml", content)
    page = researcher.post(reverse("research:new"), {"file": file, "do": "load"})
    assert (page.status_code, says in page.content.decode()) == (422, True)


def test_checking_stores_nothing_and_a_preset_can_be_started_from(researcher: Client) -> None:
    load_items()
    page = researcher.post(reverse("research:new"), {"toml": TOML, "do": "check"}).content.decode()
    assert "No faults" in page
    assert not Study.objects.exists()
    assert (preset_text("demo") or "-").splitlines()[0] in researcher.get(
        reverse("research:new"), {"preset": "demo"}
    ).content.decode()


def test_what_a_preset_left_to_be_changed_is_shown_at_the_check_and_before_the_launch(researcher: Client) -> None:
    load_items()
    left = TOML.replace('contact_name = "A"', 'contact_name = "CHANGE: your name"')
    warning = "<code>study.contact_name</code>"
    assert warning in researcher.post(reverse("research:new"), {"toml": left, "do": "check"}).content.decode()
    researcher.post(reverse("research:new"), {"toml": left, "do": "load"})
    assert warning in researcher.get(reverse("research:launch", args=["small"])).content.decode()


def test_a_preview_walks_the_arm_and_never_counts(researcher: Client) -> None:
    launched_study()
    page = researcher.post(reverse("research:preview", args=["s"]), {"arm": "assisted"}, follow=True)
    assert "Preview: nothing here counts" in page.content.decode()
    assert [person.pool for person in Participant.objects.all()] == ["preview"]
    refused = researcher.post(reverse("research:preview", args=["s"]), {"arm": "nobody"}, follow=True)
    assert "has no arm" in refused.content.decode()


def test_the_export_is_a_zip_that_opens(researcher: Client) -> None:
    completed(launched_study(), "a")
    response = researcher.get(reverse("research:export", args=["s"]))
    packed = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))  # type: ignore[arg-type]
    assert "responses.csv" in packed.namelist()
    assert response["Content-Disposition"].startswith('attachment; filename="s-')


def test_exporting_a_draft_says_that_there_is_nothing_yet(researcher: Client) -> None:
    load_items()
    researcher.post(reverse("research:new"), {"toml": TOML, "do": "load"})
    page = researcher.get(reverse("research:export", args=["small"]), follow=True)
    assert "has not been launched" in page.content.decode()


@pytest.mark.parametrize(
    "address", ["studies/nobody/", "studies/s/people/NOBODY/", "studies/s/protocol/9/", "studies/nobody/items/"]
)
def test_what_does_not_exist_is_not_found(researcher: Client, address: str) -> None:
    launched_study()
    assert researcher.get(f"/research/{address}").status_code == 404


def test_strange_questions_in_the_address_get_a_page(researcher: Client) -> None:
    launched_study()
    for query in ("?pool=x", "?group=x&page=zzz", "?group=declined&page=99"):
        assert researcher.get(reverse("research:people", args=["s"]) + query).status_code == 200


def test_no_page_needs_an_inline_script_or_style(researcher: Client) -> None:
    completed(launched_study(), "a")
    page = study_page(researcher)
    assert " style=" not in page
    assert page.count("<script") == 1


def test_the_page_of_a_study_asks_as_often_for_many_people_as_for_few(
    researcher: Client, django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    study = launched_study()
    for number in range(3):
        completed(study, f"p{number}")
        enrol(study, f"here{number}")
        with django_assert_max_num_queries(37):
            study_page(researcher)
