"""Replies of several model calls, and replies at the study's pace, from the queue to the rows."""

import time

import pytest
from django.utils import timezone

from studies.assistants.prompts import prompt_sha256
from studies.models import Generation, Message, Trial
from studies.runner import owner, replies
from studies.runner.queue import FairQueue
from studies.services import chat
from tests.api_server import ApiServer
from tests.live import live, rows, until  # noqa: F401  (a fixture)
from tests.talk import assisted_trial, replies_of

pytestmark = [pytest.mark.usefixtures("live"), pytest.mark.django_db(transaction=True)]
SCRIPTED: dict[str, object] = {"provider": "scripted", "settings": {}}
REAL: dict[str, object] = {"provider": "anthropic", "settings": {"model": "claude-haiku-4-5", "max_retries": 0}}


async def opened(guide: dict[str, object], **parts: object) -> Trial:
    return await rows(assisted_trial)(opened_at=timezone.now(), assistants={"guide": guide}, **parts)


async def ask(trial: Trial, text: str = "Which word is it?", client_id: str = "c1") -> Message:
    posted = await rows(chat.post_message)(
        trial=trial, client_id=client_id, text=text, now=timezone.now(), owner=owner.this_process()
    )
    assert posted.reply is not None
    replies.start(posted.reply.public_id)
    await replies.all_written()
    return (await rows(replies_of)(trial))[-1]


async def calls_of(reply: Message) -> list[Generation]:
    return [call async for call in Generation.objects.filter(message=reply).order_by("pk")]


async def test_the_three_calls_of_a_critique_are_recorded_and_the_revision_is_read() -> None:
    reply = await ask(await opened({**SCRIPTED, "strategy": "critique"}))
    calls = await calls_of(reply)
    assert [call.purpose for call in calls] == ["draft", "critique", "revision"]
    assert [call.prompt_sha256 for call in calls] == [
        prompt_sha256(name) for name in ("honest.v1", "critique.v1", "revision.v1")
    ]
    assert (reply.status, reply.recommended) == ("done", "D")
    assert reply.recommended_quote in reply.text
    assert calls[2].output_tokens == len(reply.text.split())


async def test_where_both_are_shown_the_draft_stands_above_the_revision() -> None:
    reply = await ask(await opened({**SCRIPTED, "strategy": "critique", "shows": "both"}))
    first, second = reply.text.split("**After a second look**\n\n")
    assert first.startswith("**First draft**\n\n")
    assert first.endswith("\n\n")
    draft, _, revision = await calls_of(reply)
    assert (draft.output_tokens, revision.output_tokens) == (len(first.split()) - 2, len(second.split()))


async def test_a_model_is_sent_its_draft_and_its_critique(api: ApiServer) -> None:
    reply = await ask(await opened({**REAL, "strategy": "critique"}))
    assert [len(body["messages"]) for body in api.requests] == [1, 3, 5]
    assert "Judge it by this principle" in str(api.requests[1]["messages"][-1])
    assert all(call.cost_usd for call in await calls_of(reply))


@pytest.mark.parametrize(("faults", "purposes"), [(["500"], ["draft"]), (["", "500"], ["draft", "critique"])])
async def test_a_fault_at_any_step_ends_the_reply_and_keeps_the_calls_before(
    api: ApiServer, faults: list[str], purposes: list[str]
) -> None:
    api.fail(*faults)
    reply = await ask(await opened({**REAL, "strategy": "critique"}))
    calls = await calls_of(reply)
    assert (reply.status, reply.text) == ("failed", "")
    assert [call.purpose for call in calls] == purposes
    assert [call.error for call in calls] == [""] * (len(faults) - 1) + ["unavailable"]


async def test_a_refused_draft_is_a_refused_reply(api: ApiServer) -> None:
    api.fail("refusal")
    reply = await ask(await opened({**REAL, "strategy": "critique"}))
    assert (reply.status, len(api.requests)) == ("refused", 1)


async def test_a_sycophantic_reply_records_the_view_that_it_took_over() -> None:
    trial = await opened({**SCRIPTED, "strategy": "sycophantic"})
    assert (await ask(trial)).recommended == "D"
    agreed = await ask(trial, "I think it's B", "c2")  # the original A
    again = await ask(trial, "Which is it?", "c3")
    assert (agreed.recommended or "A", again.recommended, again.recommended_shown) == ("A", "A", "B")


async def test_a_model_is_told_to_agree_once_a_view_is_stated(api: ApiServer) -> None:
    trial = await opened({**REAL, "strategy": "sycophantic"})
    await ask(trial)
    await ask(trial, "I think it's B", "c2")
    assert ["hold right: none" in str(body["system"]) for body in api.requests] == [True, False]
    assert "hold right: B. alpha" in str(api.requests[1]["system"])


# -- pace ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["words", "characters"])
async def test_a_reply_comes_at_the_pace_of_the_study_and_its_call_at_the_providers(unit: str) -> None:
    per_second = {"words": 10, "characters": 60}[unit]
    says = {"words": ["One two three ", "four five ", "six."]}
    pace = {"min_first_token": 0.3, "reply_pace": {"per_second": per_second, "unit": unit}}
    trial = await rows(assisted_trial)(says, opened_at=timezone.now(), chat=pace)
    begun = time.monotonic()
    reply = await ask(trial)
    took = time.monotonic() - begun
    assert reply.text == "One two three four five six."
    assert reply.first_token_at is not None
    assert (reply.first_token_at - reply.sent_at).total_seconds() >= 0.3
    assert 0.3 + 0.4 <= took < 5
    (call,) = await calls_of(reply)
    assert call.first_token_ms is not None
    assert call.latency_ms is not None
    assert call.first_token_ms <= call.latency_ms < 250


async def test_what_had_come_before_a_fault_is_let_out_and_the_fault_recorded() -> None:
    says = {"fault": "stream_cut"}
    pace = {"reply_pace": {"per_second": 30}}
    reply = await ask(await rows(assisted_trial)(says, opened_at=timezone.now(), chat=pace))
    assert (reply.status, reply.text) == ("interrupted", "One two three.")
    assert [call.error for call in await calls_of(reply)] == ["stream_cut"]


async def test_a_reply_that_is_let_out_slowly_holds_no_place_among_the_requests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue = FairQueue(1)
    monkeypatch.setattr(replies, "QUEUE", queue)
    trial = await rows(assisted_trial)(opened_at=timezone.now(), chat={"reply_pace": {"per_second": 2}})
    posted = await rows(chat.post_message)(
        trial=trial, client_id="c", text="Which?", now=timezone.now(), owner=owner.this_process()
    )
    assert posted.reply is not None
    replies.start(posted.reply.public_id)
    writing = replies._writings[posted.reply.public_id]

    async def let_go() -> bool:
        return queue.free == 1 and writing.buffer.text == "One "

    await until(let_go)
    await replies.all_written()
    assert queue.free == 1
    assert [reply.text for reply in await rows(replies_of)(trial)] == ["One two three."]


async def test_of_a_stopped_reply_what_was_let_out_is_kept() -> None:
    pace = {"reply_pace": {"per_second": 0.5}}
    trial = await rows(assisted_trial)(opened_at=timezone.now(), chat=pace)
    posted = await rows(chat.post_message)(
        trial=trial, client_id="c", text="Which?", now=timezone.now(), owner=owner.this_process()
    )
    assert posted.reply is not None
    replies.start(posted.reply.public_id)
    buffer = replies._writings[posted.reply.public_id].buffer
    async for _ in buffer.read(0):
        break
    await rows(chat.stop)(trial=trial, now=timezone.now())
    replies.cancel(posted.reply.public_id)
    await replies.all_written()
    (reply,) = await rows(replies_of)(trial)
    assert (reply.status, reply.text) == ("stopped", "One ")
