"""The admin over all rows, as somebody of the staff meets it."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db.models import Model
from django.test import Client

from studies.models import Item, PanelIdentity, Participant, Response, StudyItem
from studies.services import studies
from tests.factories import launched_study
from tests.walk import START, at, completed

pytestmark = pytest.mark.django_db

RECORDED = [model for model in admin.site._registry if model._meta.app_label == "studies"]


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.fixture
def walked() -> Response:
    completed(launched_study(), "panel-77")
    response = Response.objects.first()
    assert response is not None
    return response


def url(row: type[Model] | Model, page: str = "changelist") -> str:
    base = f"/admin/studies/{row._meta.model_name}/"
    return base if page == "changelist" else f"{base}{row.pk}/{page}/" if isinstance(row, Model) else f"{base}add/"


def test_rows_can_be_read_and_none_can_be_added_or_deleted(root: Client, walked: Response) -> None:
    for model in RECORDED:
        assert root.get(url(model)).status_code == 200
        assert root.get(url(model, "add")).status_code == 403
        row = model.objects.first()  # type: ignore[attr-defined]
        if row is not None:
            assert root.get(url(row, "change")).status_code == 200
            assert root.post(url(row, "delete"), {"post": "yes"}).status_code == 403
            assert model.objects.filter(pk=row.pk).exists()  # type: ignore[attr-defined]


def test_a_recorded_answer_cannot_be_changed(root: Client, walked: Response) -> None:
    assert root.post(url(walked, "change"), {"answer": "D"}).status_code == 403


def test_answers_of_participants_are_withheld_until_the_study_is_closed(root: Client, walked: Response) -> None:
    before = root.get(url(walked, "change")).content.decode()
    assert "field-correct" not in before
    assert "field-answer" not in before
    studies.close(study=walked.trial.allocation.participant.study, now=at(9000))
    assert "field-correct" in root.get(url(walked, "change")).content.decode()


def test_withheld_answers_cannot_be_counted_by_a_filter_in_the_address(root: Client, walked: Response) -> None:
    assert root.get(url(Response), {"correct__exact": "1"}).status_code in (302, 400)
    assert root.get(url(Response), {"source__exact": "submitted"}).status_code == 200


def test_a_key_can_be_marked_as_disputed_until_a_protocol_holds_its_item(root: Client, walked: Response) -> None:
    held = Item.objects.filter(pk__in=StudyItem.objects.values("item"))[0]
    free = Item.objects.create(dataset=held.dataset, key="free", question="?", options=["a", "b", "c"], gold="A")
    root.post(url(free, "change"), {"key_status": "disputed", "gold": "C"})
    free.refresh_from_db()
    assert (free.key_status, free.gold) == ("disputed", "A")
    assert root.post(url(held, "change"), {"key_status": "disputed"}).status_code == 403
    held.refresh_from_db()
    assert held.key_status == "ok"


def test_panel_ids_need_their_own_permission(client: Client, walked: Response) -> None:
    staff = User.objects.create_user("helper", is_staff=True)
    staff.user_permissions.add(*Permission.objects.filter(codename__in=["view_participant", "view_session"]))
    client.force_login(staff)
    person = Participant.objects.get()
    pages = [client.get(url(Participant)), client.get(url(person, "change"))]
    assert all(page.status_code == 200 for page in pages)
    assert not any("panel-77" in page.content.decode() or person.token in page.content.decode() for page in pages)
    assert client.get(url(PanelIdentity)).status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename="view_panelidentity"))
    client.force_login(User.objects.get(pk=staff.pk))
    assert "panel-77" in client.get(url(PanelIdentity)).content.decode()


def test_a_list_asks_as_often_for_many_rows_as_for_few(
    root: Client, walked: Response, django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    completed(walked.trial.allocation.participant.study, "more", now=START)
    for model in RECORDED:
        with django_assert_max_num_queries(10):
            root.get(url(model))
