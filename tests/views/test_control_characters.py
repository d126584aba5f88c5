"""NUL, which PostgreSQL takes nowhere, wherever a browser can put one: a clean value or a sentence, never an error."""

import json

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from studies.domain import wire
from studies.domain.errors import Refused
from studies.models import FormAnswer, Participant, Response, Session
from studies.runner import acts
from tests.factories import launched_study
from tests.views.pages import Visitor
from tests.views.test_sitting import SURVEY

pytestmark = pytest.mark.django_db
NUL = "\0"
FRAMES = (
    {"type": "message", "id": "m1", "text": f"Why?{NUL}"},
    {"type": "draft", "answer": "A", "confidence": NUL, "chat_text": f"half{NUL}"},
    {"type": "events", "events": [{"kind": f"copy{NUL}", "target": NUL, "length": 1}]},
    {"type": "retry", "message": NUL},
)


class Careless(Visitor):
    """Puts a NUL behind whatever is sent, and sends fields that no form has."""

    def do(self, action: str, **fields: str) -> Visitor:
        plain = ("trial", "block", "device")
        sent = {name: value if name in plain else value + NUL for name, value in fields.items()}
        return super().do(action, **sent, **{f"q-{NUL}": NUL, f"c-{NUL}": NUL, NUL: NUL})


def say(visitor: Visitor, frame: dict[str, object]) -> None:
    """As it would come over the socket."""
    try:
        read = wire.parse(json.dumps({**frame, "trial": visitor.trial}))
    except Refused:
        return
    told = acts.act(token=visitor.address.split("/")[2], frame=read, now=timezone.now())
    assert NUL not in json.dumps(told.frames)


def test_a_sitting_full_of_nul_is_recorded_without_them() -> None:
    launched_study(survey=SURVEY, entry={"panel": "prolific"})
    visitor = Careless(query=f"?PROLIFIC_PID=a{NUL}b&STUDY_ID={NUL}").to_first_question()
    while visitor.trial:
        visitor.start()
        for frame in FRAMES:
            say(visitor, frame)
        visitor.answer().leave_block()
    visitor.do("survey", **{"q-age": "44", "q-more": "Fine"})
    assert visitor.heading == "What this study was about"
    visitor.do("debrief", data_use="agreed")
    assert visitor.heading == "Thank you, you are done"
    assert (Response.objects.count(), FormAnswer.objects.get(key="more").value) == (6, "Fine")
    assert NUL not in json.dumps(list(Session.objects.values_list("device", flat=True)))


@pytest.mark.parametrize("address", [
    "/join/s%00/", "/join/s/?simulated=%00", "/join/s/?PROLIFIC_PID=%00", "/s/%00/", "/s/%00/chat/?trial=%00",
    "/s/%00/leave/", "/s/%00/instructions/", "/%00", "/research/?next=%00",
])  # fmt: skip
def test_no_address_with_nul_is_an_error(address: str) -> None:
    launched_study()
    assert Client().get(address).status_code in (200, 302, 404)


def test_no_action_of_a_researcher_with_nul_is_an_error(client: Client) -> None:
    launched_study()
    User.objects.create_superuser("boss", password="secret-enough")
    refused = client.post("/research/login/", {"username": f"boss{NUL}", "password": f"secret{NUL}"})
    assert refused.status_code == 200
    client.force_login(User.objects.get())
    assert client.get("/research/studies/s/people/%00/").status_code == 404
    for address in ("?pool=%00", "people/?group=%00&page=%00", "status/?pool=%00"):
        assert client.get(f"/research/studies/s/{address}").status_code == 200, address
    for action, fields in (("unblind", {"why": f"I{NUL} must"}), ("preview", {"arm": NUL})):
        assert client.post(f"/research/studies/s/{action}/", fields, follow=True).status_code == 200, action
    told = client.post("/research/new/", {"toml": f'[study]\nslug = "{NUL}"', "do": "load"})
    assert told.status_code == 422
    assert client.get("/admin/studies/participant/?q=%00").status_code in (200, 302)
    assert connection.is_usable()
    assert not Participant.objects.filter(pool="real").exists()
