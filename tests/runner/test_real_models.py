"""Replies of a real SDK, from the queue to the rows: faults, costs, caps and a model that changes."""

from collections.abc import Awaitable, Callable

import pytest
from django.utils import timezone

from studies.domain.errors import Refused
from studies.domain.states import MessageStatus
from studies.models import Event, Generation, Message, Study, Trial
from studies.runner import owner, replies, sweeper
from studies.runner.hub import HUB
from studies.runner.queue import FairQueue
from studies.services import chat, studies
from studies.services.replies import Call, Ending, finish
from tests.api_server import ApiServer
from tests.api_server.talk import THOUGHTS, pieces
from tests.live import live, rows, until  # noqa: F401  (a fixture)
from tests.talk import assisted_trial, replies_of

pytestmark = [pytest.mark.usefixtures("live", "api"), pytest.mark.django_db(transaction=True)]
MODEL = "claude-haiku-4-5"
Ask = Callable[..., Awaitable[Message]]


async def open_trial(settings: dict[str, object] | None = None, **parts: object) -> Trial:
    said = {"model": MODEL, "max_retries": 1, "read_timeout": 0.3, **(settings or {})}
    guide = {"provider": "anthropic", "strategy": "honest", "settings": said}
    return await rows(assisted_trial)(opened_at=timezone.now(), assistants={"guide": guide}, **parts)


async def post(trial: Trial, text: str = "Which one?", client_id: str = "c1") -> Message:
    posted = await rows(chat.post_message)(
        trial=trial, client_id=client_id, text=text, now=timezone.now(), owner=owner.this_process()
    )
    assert posted.reply is not None
    replies.start(posted.reply.public_id)
    return posted.reply


async def ask(trial: Trial, text: str = "Which one?", client_id: str = "c1") -> Message:
    await post(trial, text, client_id)
    await replies.all_written()
    return (await rows(replies_of)(trial))[-1]


async def call_of(reply: Message) -> Generation:
    return await Generation.objects.aget(message=reply)


async def test_a_reply_is_recorded_with_all_that_the_service_said(api: ApiServer) -> None:
    api.fail("529")
    call = await call_of(await ask(await open_trial()))
    assert (call.model_requested, call.model_returned, call.attempts, call.request_id) == (MODEL, MODEL, 2, "req_2")
    assert call.cache_write_tokens is not None
    assert call.cache_write_tokens > 0
    assert call.cost_usd is not None
    assert call.cost_usd > 0


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("429", "failed", "overloaded"),
        ("500", "failed", "unavailable"),
        ("context", "failed", "context_overflow"),
        ("wrong_key", "failed", "refused_key"),
        ("cut", "interrupted", "stream_cut"),
        ("stall", "interrupted", "stalled"),
        ("error_event", "interrupted", "overloaded"),
        ("refusal", "refused", ""),
    ],
)
async def test_every_fault_ends_in_a_state_of_its_own_and_can_be_tried_again(
    api: ApiServer,
    fault: str,
    status: str,
    code: str,
) -> None:
    api.fail(fault, fault if status == "failed" else "")
    trial = await open_trial()
    reply = await ask(trial)
    call = await call_of(reply)
    assert (reply.status, call.error) == (status, code)
    assert bool(reply.text) == (status == "interrupted")
    assert (call.cost_usd is not None) == (status != "failed"), "words that came were paid for"
    assert call.tokens_estimated == ("output" if status == "interrupted" else "")
    if status != "refused":
        api.forgive()
        again = await rows(chat.retry)(trial=trial, message_public_id=reply.public_id, now=timezone.now())
        replies.start(again.public_id)
        await replies.all_written()
        assert (await rows(replies_of)(trial))[-1].status == "done"


async def stopped_half_way(trial: Trial, api: ApiServer) -> Generation:
    """The call of a reply that its person stopped when half of it had come."""
    api.fail("stall")
    reply = await post(trial)

    async def has_words() -> bool:
        buffer = HUB.find(reply.public_id)
        return buffer is not None and len(buffer.text) > 20

    await until(has_words)
    await rows(chat.stop)(trial=trial, now=timezone.now())
    replies.cancel(reply.public_id)
    await replies.all_written()
    await reply.arefresh_from_db()
    assert reply.status == "stopped"
    return await call_of(reply)


async def test_a_stopped_reply_is_recorded_with_what_it_had_used(api: ApiServer) -> None:
    call = await stopped_half_way(await open_trial({"read_timeout": 30}), api)
    reply = await Message.objects.aget(pk=call.message_id)
    whole = await call_of(await ask(await open_trial()))
    assert call.input_tokens == whole.input_tokens, "as the service said at the start"
    assert call.output_tokens == -(-len(reply.text) // 4)
    assert (call.tokens_estimated, call.model_returned, call.error) == ("output", MODEL, "cancelled")
    assert call.cost_usd is not None
    assert call.cost_usd > 0


async def test_where_the_service_counts_only_at_the_end_a_stopped_reply_is_estimated_wholly(api: ApiServer) -> None:
    pytest.importorskip("openai", reason="the extra [openai] is not installed")
    local = {"model": "local-1", "base_url": f"{api.url}/v1", "read_timeout": 30}
    guide = {"provider": "openai-compatible", "strategy": "honest", "settings": local}
    trial = await rows(assisted_trial)(opened_at=timezone.now(), assistants={"guide": guide})
    call = await stopped_half_way(trial, api)
    sent = sum(len(one["content"]) for one in api.requests[-1]["messages"])
    assert (call.tokens_estimated, call.model_returned) == ("input output", "local-1")
    assert call.input_tokens == pytest.approx(sent / 4, rel=0.1)


THINKING = {"thinking": "adaptive", "read_timeout": 30}


def thought(share: float = 1.0) -> str:
    words = pieces(THOUGHTS)
    return "".join(words[: round(len(words) * share)])


async def test_thinking_before_a_stop_is_in_the_estimate(api: ApiServer) -> None:
    call = await stopped_half_way(await open_trial(THINKING), api)
    reply = await Message.objects.aget(pk=call.message_id)
    assert call.output_tokens == -(-len(reply.text + thought()) // 4)
    assert call.tokens_estimated == "output"
    assert "Let me see" not in reply.text


@pytest.mark.parametrize(("fault", "code"), [("cut_thinking", "unavailable"), ("stall_thinking", "stalled")])
async def test_thinking_that_breaks_off_before_the_first_word_was_paid_for(
    api: ApiServer, fault: str, code: str
) -> None:
    api.fail(fault)
    reply = await ask(await open_trial({"thinking": "adaptive", "read_timeout": 0.5}))
    call = await call_of(reply)
    assert (reply.status, reply.text, call.error) == ("failed", "", code)
    assert call.output_tokens == -(-len(thought(0.5)) // 4)
    assert call.tokens_estimated == "output"
    assert call.cost_usd


async def test_what_the_service_counted_before_a_cut_is_no_estimate(api: ApiServer) -> None:
    whole = await call_of(await ask(await open_trial(THINKING)))
    api.fail("cut_late")
    call = await call_of(await ask(await open_trial(THINKING)))
    assert (call.error, call.tokens_estimated) == ("stream_cut", "")
    assert call.output_tokens == whole.output_tokens
    assert call.cost_usd
    assert whole.tokens_estimated == ""
    assert whole.output_tokens > len(pieces(THOUGHTS))


async def test_a_server_of_ones_own_that_thinks_is_estimated_with_it(api: ApiServer) -> None:
    pytest.importorskip("openai", reason="the extra [openai] is not installed")
    local = {"model": "local-thinker", "base_url": f"{api.url}/v1", "read_timeout": 30}
    guide = {"provider": "openai-compatible", "strategy": "honest", "settings": local}
    trial = await rows(assisted_trial)(opened_at=timezone.now(), assistants={"guide": guide})
    call = await stopped_half_way(trial, api)
    reply = await Message.objects.aget(pk=call.message_id)
    assert call.output_tokens == -(-len(reply.text + thought()) // 4)


async def test_what_a_stopped_reply_used_counts_in_the_caps(api: ApiServer) -> None:
    trial = await open_trial({"read_timeout": 30}, caps={"usd_per_trial": 0.000001})
    await stopped_half_way(trial, api)
    assert (await ask(trial, "More?", "c2")).status == "capped"


async def test_a_reply_whose_process_died_is_recorded_with_an_estimate_that_gives_way_to_the_truth() -> None:
    trial = await open_trial()
    posted = await rows(chat.post_message)(trial=trial, client_id="c1", text="Which one?", now=timezone.now())
    reply = posted.reply
    machine = owner.this_process().split("|")[0]
    dead = f"{machine}|{2**22 + 1}|1"
    await Message.objects.filter(pk=reply.pk).aupdate(status="streaming", text="It is eight", owner=dead)
    await sweeper.sweep_once()
    call = await call_of(reply)
    assert (call.error, call.tokens_estimated, call.model_requested) == ("process_died", "input output", MODEL)
    assert call.output_tokens == 3
    assert call.input_tokens is not None
    assert call.input_tokens > 100
    known = Call(timezone.now(), "anthropic", output_tokens=7)
    ending = Ending(MessageStatus.DONE, "It is eight.", calls=[known])
    await rows(finish)(reply=reply, owner=dead, ending=ending, now=timezone.now())
    assert (await call_of(reply)).output_tokens == 7


@pytest.mark.parametrize(
    "cap", [f"{unit}_per_{level}" for unit in ("tokens", "usd") for level in ("trial", "participant", "study")]
)
async def test_at_a_cap_no_service_is_asked_and_the_record_says_which_cap(api: ApiServer, cap: str) -> None:
    trial = await open_trial(caps={cap: 1 if "tokens" in cap else 0.000001})
    assert (await ask(trial)).status == "done"
    asked = len(api.requests)
    capped = await ask(trial, "More?", "c2")
    assert (capped.status, capped.text) == ("capped", "")
    assert len(api.requests) == asked
    assert (await Event.objects.aget(kind="reply.capped")).detail == {"cap": cap}


async def test_a_reply_is_no_longer_than_what_it_sends_leaves_of_its_caps(api: ApiServer) -> None:
    await ask(await open_trial(caps={"tokens_per_reply": 600}))
    left = api.requests[-1]["max_tokens"]
    assert 20 < left < 600
    await ask(await open_trial(caps={"usd_per_reply": 0.001}))
    sent = 600 - left
    assert api.requests[-1]["max_tokens"] == (1000 - sent) // 5, "1 USD for a million tokens sent, 5 for one received"


@pytest.mark.parametrize("caps", [{"tokens_per_reply": 30}, {"usd_per_reply": 0.00001}])
async def test_a_reply_that_its_caps_leave_no_room_for_is_not_asked_for(
    api: ApiServer, caps: dict[str, object]
) -> None:
    reply = await ask(await open_trial(caps=caps))
    assert (reply.status, reply.text, api.requests) == ("capped", "", [])
    assert not await Generation.objects.filter(message=reply).aexists()
    assert (await Event.objects.aget(kind="reply.capped")).detail == {"cap": next(iter(caps))}


async def test_all_calls_of_a_reply_share_its_cap(api: ApiServer) -> None:
    critique = {"provider": "anthropic", "strategy": "critique", "settings": {"model": MODEL}}
    trial = await rows(assisted_trial)(
        opened_at=timezone.now(), assistants={"guide": critique}, caps={"tokens_per_reply": 800}
    )
    reply = await ask(trial)
    assert reply.status == "capped"
    made = [call.purpose async for call in Generation.objects.filter(message=reply).order_by("pk")]
    assert made == ["draft", "critique"]


async def test_another_model_stops_the_intake_until_the_study_is_amended(api: ApiServer) -> None:
    trial = await open_trial()
    await ask(trial)
    study = await Study.objects.aget()
    assert study.state == "open"
    api.fail("changed_model", "changed_model")
    for client_id in ("c2", "c3"):
        assert (await ask(trial, "Again?", client_id)).status == "done", "who has started goes on"
    await study.arefresh_from_db()
    assert study.state == "paused"
    assert f"from {MODEL} to {MODEL}-next" in study.paused_because
    assert await Event.objects.filter(kind="study.model_changed").acount() == 1
    with pytest.raises(Refused, match="has changed"):
        await rows(studies.resume)(study=study, now=timezone.now())
    await open_trial(chat={"max_messages": 7})  # a new version
    await rows(studies.resume)(study=study, now=timezone.now())
    await study.arefresh_from_db()
    assert (study.state, study.paused_because) == ("open", "")


async def test_a_reply_that_waits_for_its_turn_stays_queued_and_alive(
    api: ApiServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue = FairQueue(0)
    monkeypatch.setattr(replies, "QUEUE", queue)
    monkeypatch.setattr(replies, "CHECKPOINT_SECONDS", 0.05)
    trial = await open_trial()
    reply = await post(trial)

    async def shows_life() -> bool:
        await reply.arefresh_from_db()
        return reply.checkpoint_at is not None

    await until(shows_life)
    await sweeper.sweep_once()
    await reply.arefresh_from_db()
    assert (reply.status, api.requests) == ("queued", [])
    queue._give()
    await replies.all_written()
    await reply.arefresh_from_db()
    assert (reply.status, queue.free) == ("done", 1)


async def test_who_stops_while_waiting_leaves_the_queue(
    api: ApiServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue = FairQueue(0)
    monkeypatch.setattr(replies, "QUEUE", queue)
    monkeypatch.setattr(replies, "CHECKPOINT_SECONDS", 0.05)
    trial = await open_trial()
    reply = await post(trial)
    await rows(chat.stop)(trial=trial, now=timezone.now())
    replies.cancel(reply.public_id)
    await replies.all_written()
    await reply.arefresh_from_db()
    assert (reply.status, queue.waiting, api.requests) == ("stopped", 0, [])
