import json
from typing import Any

import pytest
from django.test import AsyncClient
from django.utils import timezone

from studies.models import Trial
from studies.runner import replies
from tests.live import live, rows  # noqa: F401  (a fixture)
from tests.talk import assisted_trial, token_of
from tests.talker import Talker, let

pytestmark = [
    pytest.mark.usefixtures("live"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.views.chat_urls"),
]


async def open_trial(says: dict[str, object] | None = None) -> Trial:
    return await rows(assisted_trial)(says, opened_at=timezone.now())


async def post(trial: Trial, frame: object, token: str = "") -> Any:
    body = frame if isinstance(frame, str) else json.dumps(frame)
    url = f"/s/{token or await rows(token_of)(trial)}/chat/"
    return await AsyncClient().post(url, body, content_type="application/json")


async def look(trial: Trial) -> dict[str, Any]:
    url = f"/s/{await rows(token_of)(trial)}/chat/"
    response = await AsyncClient().get(url, {"trial": trial.public_id})
    return dict(response.json())


async def test_a_message_by_post_is_answered_and_its_reply_is_polled() -> None:
    trial = await open_trial({"held": True})
    response = await post(trial, {"type": "message", "trial": trial.public_id, "id": "c1", "text": "Which?"})
    assert [frame["type"] for frame in response.json()["frames"]] == ["message", "message", "time"]
    assert (await look(trial))["chat"]["reply_in_flight"]
    let(9)
    await replies.all_written()
    shown = await look(trial)
    assert shown["chat"]["messages"][1]["text"] == "One two three."
    assert shown["remaining_ms"] > 0
    assert len(Talker.asked) == 1


async def test_bad_frames_and_unknown_sittings_get_a_sentence_and_a_code() -> None:
    trial = await open_trial()
    answers = [await post(trial, "{"), await post(trial, {"type": "launch"}), await post(trial, "x" * 300_000)]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(400, "bad_frame")] * 3
    unknown = await post(trial, {"type": "ping"}, token="nobody")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_sitting")


async def test_a_poll_for_another_trial_shows_nothing_of_it() -> None:
    mine, other = await open_trial(), await open_trial()
    url = f"/s/{await rows(token_of)(mine)}/chat/"
    for trial in (other.public_id, "\x00", ""):
        response = await AsyncClient().get(url, {"trial": trial})
        assert response.json()["code"] == "not_now"
