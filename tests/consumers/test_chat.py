import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from channels.layers import channel_layers
from channels.testing import WebsocketCommunicator
from django.utils import timezone

from oversight.asgi import application
from studies.models import Brief, Draft, Event, Message, Participant, Trial
from studies.runner import control, replies
from studies.services import trials
from tests.live import live, rows, until  # noqa: F401  (a fixture)
from tests.server import free_port
from tests.talk import assisted_trial, replies_of, token_of
from tests.talker import Talker, let

pytestmark = [pytest.mark.usefixtures("live"), pytest.mark.django_db(transaction=True)]
Open = Callable[..., Any]


class Client:
    """A browser's side of the socket: every frame is kept."""

    def __init__(self, token: str) -> None:
        headers = [(b"origin", b"http://localhost"), (b"host", b"localhost")]
        self.socket = WebsocketCommunicator(application, f"/ws/s/{token}/", headers=headers)
        self.frames: list[dict[str, Any]] = []

    async def send(self, **frame: object) -> None:
        await self.socket.send_to(text_data=json.dumps(frame))

    async def next(self, kind: str) -> dict[str, Any]:
        """The next frame of a kind; others are kept aside."""
        while True:
            frame = json.loads(await self.socket.receive_from(timeout=5))
            self.frames.append(frame)
            if frame["type"] == kind:
                return dict(frame)

    async def read_reply(self, text: str = "") -> tuple[str, dict[str, Any]]:
        """Deltas up to the final frame: the text they add up to, and that frame."""
        while True:
            frame = json.loads(await self.socket.receive_from(timeout=5))
            self.frames.append(frame)
            if frame["type"] == "delta":
                assert frame["at"] == len(text), "nothing lost, nothing repeated"
                text += frame["text"]
            elif frame["type"] == "final":
                return text, dict(frame["message"])


@pytest.fixture
async def connect() -> AsyncIterator[Open]:
    clients: list[Client] = []

    async def opened(trial: Trial, *, hello: bool = True) -> Client:
        client = Client(await rows(token_of)(trial))
        clients.append(client)
        connected, _ = await client.socket.connect(timeout=5)
        assert connected
        if hello:
            await client.send(type="hello", trial=trial.public_id)
            await client.next("snapshot")
        return client

    yield opened
    for client in clients:
        await client.socket.disconnect()


async def open_trial(says: dict[str, object] | None = None, **more: object) -> Trial:
    return await rows(assisted_trial)(says, **{"opened_at": timezone.now(), **more})


async def say(client: Client, trial: Trial, text: str = "Which?", id: str = "c1") -> None:
    await client.send(type="message", trial=trial.public_id, id=id, text=text)


async def test_a_message_is_answered_word_by_word_and_then_as_a_whole(connect: Open) -> None:
    trial = await open_trial()
    client = await connect(trial)
    await say(client, trial)
    text, final = await client.read_reply()
    assert text == final["text"] == "One two three."
    assert final["status"] == "done"
    assert final["html"] == "<p>One two three.</p>\n"
    kinds = [frame["type"] for frame in client.frames]
    assert kinds.index("message") < kinds.index("delta") < kinds.index("final")


async def test_an_unknown_sitting_is_closed_with_its_own_code() -> None:
    for token in ("nobody", "a%00b", "x" * 300):
        client = Client(token)
        assert (await client.socket.connect())[0]
        assert json.loads(await client.socket.receive_from())["code"] == "unknown_sitting"
        assert await client.socket.receive_output() == {"type": "websocket.close", "code": 4404}


async def test_a_socket_says_back_what_it_is_told(connect: Open) -> None:
    client = await connect(await open_trial(), hello=False)
    await client.send(type="echo", n=7)
    assert (await client.next("echo"))["n"] == 7
    await client.send(type="ping")
    await client.next("pong")


async def test_no_malformed_frame_ends_the_socket(connect: Open) -> None:
    client = await connect(await open_trial(), hello=False)
    for raw in (" ", "{", "[]", '{"type":"launch"}', "x" * 70_000, "[" * 5000, '{"type":"stop","trial":"nothing"}'):
        await client.socket.send_to(text_data=raw)
        assert (await client.next("refused"))["text"]
    await client.socket.send_to(bytes_data=b"\xff\x00")
    assert (await client.next("refused"))["code"] == "bad_frame"
    await client.send(type="echo", n=1)
    await client.next("echo")


async def test_the_same_message_twice_is_answered_once(connect: Open) -> None:
    trial = await open_trial()
    client = await connect(trial)
    await say(client, trial)
    await say(client, trial)
    await client.read_reply()
    await say(client, trial)
    assert (await client.next("message"))["message"]["client_id"] == "c1"
    assert (await client.next("message"))["message"]["status"] == "done"
    assert len(Talker.asked) == 1


async def test_a_second_message_during_a_reply_is_refused_and_stays_with_the_person(connect: Open) -> None:
    trial = await open_trial({"held": True})
    client = await connect(trial)
    await say(client, trial)
    await say(client, trial, "More", "c2")
    refused = await client.next("refused")
    assert (refused["code"], refused["id"]) == ("reply_in_flight", "c2")


async def test_a_message_over_which_the_server_stumbles_goes_back_to_its_person(
    connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = await open_trial()
    client = await connect(trial)

    def stumble(reply: str) -> None:
        raise RuntimeError("not today")

    monkeypatch.setattr(replies, "start", stumble)
    await say(client, trial)
    refused = await client.next("refused")
    assert (refused["code"], refused["id"]) == ("server_error", "c1")


async def test_a_reload_in_mid_reply_loses_and_repeats_nothing(connect: Open) -> None:
    trial = await open_trial({"held": True, "words": [f"word{n} " for n in range(20)]})
    client = await connect(trial)
    await say(client, trial)
    let(7)
    while "word6" not in json.dumps(client.frames):
        await client.next("delta")
    await client.socket.disconnect()
    let(5)
    again = await connect(trial)
    held = next(frame for frame in again.frames if frame["type"] == "snapshot")["chat"]["messages"][1]["text"]
    assert held.startswith("word0 word1")
    let(20)
    text, final = await again.read_reply(held)
    assert text == final["text"] == "".join(f"word{n} " for n in range(20))
    assert len(Talker.asked) == 1


async def test_every_tab_shows_the_same_talk(connect: Open) -> None:
    trial = await open_trial({"held": True})
    one, other = await connect(trial), await connect(trial)
    await say(one, trial)
    seen = await other.next("snapshot")
    assert [message["role"] for message in seen["chat"]["messages"]] == ["participant", "assistant"]
    let(9)
    assert (await one.read_reply())[1] == (await other.read_reply())[1]


async def test_a_reply_of_another_process_is_read_from_its_checkpoints(connect: Open) -> None:
    trial = await open_trial({"held": True})
    client = await connect(trial)
    await say(client, trial)
    reply = (await client.next("message")) and (await rows(replies_of)(trial))[-1]
    replies.cancel(reply.public_id)
    await replies.all_written()
    await Message.objects.filter(pk=reply.pk).aupdate(status="streaming", owner="elsewhere/1|1|1", text="From ")
    other = await connect(trial)
    await Message.objects.filter(pk=reply.pk).aupdate(text="From afar")
    assert (await other.next("delta"))["text"] == "afar"
    await Message.objects.filter(pk=reply.pk).aupdate(text="From afar.", status="done")
    text, final = await other.read_reply("From afar")
    assert (text, final["status"]) == ("From afar.", "done")


async def test_stop_ends_the_reply_in_every_tab_with_the_words_that_had_come(connect: Open) -> None:
    trial = await open_trial({"held": True})
    one, other = await connect(trial), await connect(trial)
    await say(one, trial)
    let(1)
    await one.next("delta")
    await other.send(type="stop", trial=trial.public_id)
    for client in (one, other):
        final = (await client.next("final"))["message"]
        assert (final["status"], final["text"]) == ("stopped", "One ")


async def test_a_reset_shows_the_new_epoch_in_every_tab(connect: Open) -> None:
    trial = await open_trial()
    one, other = await connect(trial), await connect(trial)
    await say(one, trial)
    await one.read_reply()
    await one.send(type="reset", trial=trial.public_id)
    assert (await one.next("snapshot"))["chat"]["epoch"] == 1
    while (await other.next("snapshot"))["chat"]["epoch"] != 1:
        pass


async def test_a_retry_streams_the_next_attempt(connect: Open) -> None:
    trial = await open_trial({"fault": "stream_cut"})
    client = await connect(trial)
    await say(client, trial)
    _, final = await client.read_reply()
    assert final["status"] == "interrupted"
    await client.send(type="retry", trial=trial.public_id, message=final["id"])
    _, second = await client.read_reply()
    assert second["attempt"] == 2


async def test_the_end_of_the_time_is_told(connect: Open) -> None:
    trial = await open_trial(limit=0.3, clock={"grace_seconds": 0.1})
    client = await connect(trial)
    await client.next("closed")
    await trial.arefresh_from_db()
    assert trial.closed_by == "deadline"


async def test_an_answer_given_elsewhere_closes_every_tab(connect: Open) -> None:
    trial = await open_trial()
    client = await connect(trial)
    await rows(trials.submit)(trial=trial, answer="A", confidence_raw="60", now=timezone.now())
    await control.tell(trial.session_id, control.CLOSED)
    await client.next("closed")


async def test_a_finished_trial_takes_no_more_words(connect: Open) -> None:
    trial = await open_trial(opened_at=timezone.now() - timedelta(minutes=9))
    client = await connect(trial, hello=False)
    await say(client, trial)
    assert (await client.next("refused"))["code"] == "time_up"
    await client.send(type="hello", trial=trial.public_id)
    await client.next("closed")


async def test_somebody_else_s_trial_is_out_of_reach(connect: Open) -> None:
    mine, other = await open_trial(), await open_trial()
    client = await connect(mine, hello=False)
    for frame in ({"type": "hello"}, {"type": "message", "id": "c1", "text": "Hi"}, {"type": "stop"}):
        await client.send(**frame, trial=other.public_id)
        assert (await client.next("refused"))["code"] == "not_now"


async def test_a_person_who_withdrew_meanwhile_is_not_heard_any_more(connect: Open) -> None:
    trial = await open_trial()
    client = await connect(trial)
    await Participant.objects.aupdate(withdrew_at=timezone.now())
    await say(client, trial)
    assert (await client.next("refused"))["code"] == "unknown_sitting"


async def test_drafts_are_kept_in_original_letters(connect: Open) -> None:
    trial = await open_trial()
    client = await connect(trial)
    await client.send(type="draft", trial=trial.public_id, answer="A", confidence="60", chat_text="Wh")
    await client.next("saved")
    draft = await Draft.objects.aget(trial=trial)
    assert (draft.answer, draft.confidence_raw, draft.chat_text) == ("C", "60", "Wh")


async def test_telemetry_arrives_over_the_socket(connect: Open) -> None:
    trial = await open_trial()
    client = await connect(trial)
    at = timezone.now().isoformat()
    await client.send(type="events", trial=trial.public_id, events=[{"kind": "blur", "target": "page", "at": at}])

    async def kept() -> bool:
        return await Event.objects.filter(kind="blur", source="client", trial=trial).aexists()

    await until(kept)


async def test_the_clock_stands_still_while_the_study_lets_it(connect: Open) -> None:
    trial = await open_trial({"held": True}, clock={"during_reply": "pauses"})
    client = await connect(trial)
    await say(client, trial)
    while not (await client.next("time"))["covered"]:
        pass
    let(9)
    await client.next("final")
    while (await client.next("time"))["covered"]:
        pass


async def test_no_frame_tells_what_the_assistant_was_set_to_do(connect: Open) -> None:
    """The same talk under another brief, another key and other advice: the same frames."""
    talks = []
    for target, gold, advice in (("D", "A", "A"), ("B", "C", "B")):
        trial = await open_trial({"words": ["Held ", "fixed."], "recommends": advice}, target=target)
        await Brief.objects.filter(allocation=trial.allocation).aupdate(belief=target, correct=target == gold)
        client = await connect(trial)
        await say(client, trial)
        await client.read_reply()
        await client.send(type="hello", trial=trial.public_id)
        await client.next("snapshot")
        talks.append([_without_ids(frame) for frame in client.frames if frame["type"] not in ("delta", "time")])
    assert talks[0] == talks[1]


def _without_ids(frame: dict[str, Any]) -> str:
    chat = frame.get("chat") or {}
    for message in [*chat.get("messages", []), *filter(None, [frame.get("message")])]:
        message.update(id="", text=message["text"] if message["status"] == "done" else "", status="")
    return json.dumps({**frame, "remaining_ms": 0, "chat": {**chat, "reply_in_flight": None}})


async def test_a_slow_reader_holds_up_nobody(connect: Open) -> None:
    trial = await open_trial({"words": [f"{n} " for n in range(200)]})
    fast, _slow = await connect(trial), await connect(trial)
    await say(fast, trial)
    async with asyncio.timeout(5):
        text, final = await fast.read_reply()
    assert text == final["text"]


async def test_without_its_channel_layer_a_socket_ends_with_a_code_and_the_log_has_one_line(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("channels_redis")
    away = {"address": f"redis://127.0.0.1:{free_port()}/0"}
    layer = {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [away]}}
    client = Client(await rows(token_of)(await open_trial()))
    settings.CHANNEL_LAYERS = {"default": layer}
    channel_layers.backends = {}
    try:
        assert (await client.socket.connect(timeout=5))[0]
        assert await client.socket.receive_output() == {"type": "websocket.close", "code": 4503}
        await control.tell(1, control.CHANGED)
    finally:
        channel_layers.backends = {}
    lines = [line for line in caplog.records if line.name.startswith("studies")]
    assert [line.exc_info for line in lines] == [None, None]
