import asyncio
from datetime import timedelta

import pytest
from django.utils import timezone

from studies.domain.errors import Refused
from studies.models import Generation, Message, Trial
from studies.runner import owner, replies, sweeper
from studies.runner.hub import HUB
from studies.services import chat, trials
from tests.live import live, rows, until  # noqa: F401  (a fixture)
from tests.talk import assisted_trial, replies_of
from tests.talker import Talker, let

pytestmark = [pytest.mark.usefixtures("live"), pytest.mark.django_db(transaction=True)]


async def open_trial(says: dict[str, object] | None = None, **more: object) -> Trial:
    return await rows(assisted_trial)(says, opened_at=timezone.now(), **more)


async def say(trial: Trial, text: str = "Which?", client_id: str = "c1") -> Message:
    posted = await rows(chat.post_message)(
        trial=trial, client_id=client_id, text=text, now=timezone.now(), owner=owner.this_process()
    )
    assert posted.reply is not None
    return posted.reply


async def written(trial: Trial) -> Message:
    await replies.all_written()
    return (await rows(replies_of)(trial))[-1]


async def test_a_reply_is_written_to_its_end_with_its_times_and_its_call() -> None:
    trial = await open_trial({"recommends": "A"})
    replies.start((await say(trial)).public_id)
    reply = await written(trial)
    assert (reply.status, reply.text) == ("done", "One two three.")
    assert reply.first_token_at is not None
    assert reply.finished_at is not None
    assert reply.sent_at <= reply.first_token_at <= reply.finished_at
    assert (reply.recommended, reply.recommended_shown, reply.recommended_quote) == ("C", "A", "two")
    call = await Generation.objects.aget(message=reply)
    assert (call.model_returned, call.output_tokens, call.stop_reason, call.error) == ("talker-1", 3, "end", "")
    assert len(HUB) == 0


async def test_the_assistant_is_given_shown_letters_and_the_talk_since_the_reset() -> None:
    trial = await open_trial()
    for number, text in enumerate(("First?", "Second?", "Third?")):
        replies.start((await say(trial, text, f"c{number}")).public_id)
        await written(trial)
        if number == 0:
            await rows(chat.reset)(trial=trial, now=timezone.now())
    last = Talker.asked[-1]
    assert [turn.text for turn in last.turns] == ["Second?", "One two three.", "Third?"]
    assert last.shared.options == ("gamma", "alpha", "beta", "delta")
    assert (last.intent.target_shown, last.intent.target_text) == ("D", "delta")


async def test_what_the_study_keeps_back_the_assistant_does_not_get() -> None:
    assistants = {"guide": {"provider": "talker", "strategy": "plain", "sees": []}}
    trial = await open_trial(assistants=assistants)
    replies.start((await say(trial)).public_id)
    await written(trial)
    shared = Talker.asked[-1].shared
    assert (shared.question, shared.options, shared.passage) == (None, None, None)


async def test_a_reply_is_written_once_however_often_it_is_started() -> None:
    trial = await open_trial()
    reply = await say(trial)
    for _ in range(3):
        replies.start(reply.public_id)
    await written(trial)
    replies.start(reply.public_id)
    await written(trial)
    assert len(Talker.asked) == 1


@pytest.mark.parametrize(
    ("says", "status", "text"),
    [
        ({"fault": "stream_cut"}, "interrupted", "One two three."),
        ({"fault": "overloaded", "words": []}, "failed", ""),
        ({"stop": "max_tokens"}, "capped", "One two three."),
        ({"stop": "refusal"}, "refused", "One two three."),
        ({"words": ["a␀b"]}, "done", "ab"),
        ({"words": 7}, "failed", ""),
    ],
)
async def test_every_end_has_its_status_and_loses_no_text(says: dict[str, object], status: str, text: str) -> None:
    trial = await open_trial(says)
    replies.start((await say(trial)).public_id)
    reply = await written(trial)
    assert (reply.status, reply.text) == (status, text)


async def test_a_fault_leaves_its_code_with_the_call() -> None:
    trial = await open_trial({"fault": "stalled"})
    replies.start((await say(trial)).public_id)
    reply = await written(trial)
    assert (await Generation.objects.aget(message=reply)).error == "stalled"


async def test_an_endless_reply_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "LONGEST_REPLY_SECONDS", 0.2)
    trial = await open_trial({"held": True})
    replies.start((await say(trial)).public_id)
    reply = await written(trial)
    assert reply.status == "failed"
    assert (await Generation.objects.aget(message=reply)).error == "timeout"


async def streaming(trial: Trial) -> str:
    """A reply that has said one word and waits."""
    reply = (await say(trial)).public_id
    replies.start(reply)
    let(1)

    async def heard() -> bool:
        buffer = HUB.find(reply)
        return buffer is not None and buffer.text == "One "

    await until(heard)
    return reply


async def test_stop_keeps_every_word_that_had_come() -> None:
    trial = await open_trial({"held": True})
    reply = await streaming(trial)
    await rows(chat.stop)(trial=trial, now=timezone.now())
    replies.cancel(reply)
    row = await written(trial)
    assert (row.status, row.text) == ("stopped", "One ")


async def test_a_reply_ends_with_its_trial_within_a_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "CHECKPOINT_SECONDS", 0.05)
    trial = await open_trial({"held": True})
    await streaming(trial)
    await rows(trials.submit)(trial=trial, answer="A", confidence_raw="60", now=timezone.now())
    row = await written(trial)
    assert (row.status, row.text) == ("stopped", "One ")


async def test_the_text_is_checkpointed_while_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "CHECKPOINT_SECONDS", 0.05)
    trial = await open_trial({"held": True})
    await streaming(trial)

    async def kept() -> bool:
        return [one.text for one in await rows(replies_of)(trial)] == ["One "]

    await until(kept)
    let(9)
    assert (await written(trial)).text == "One two three."


async def test_the_sweep_interrupts_what_a_dead_process_left_and_a_retry_is_answered() -> None:
    trial = await open_trial()
    reply = await say(trial)
    machine = owner.this_process().split("|")[0]
    await Message.objects.filter(pk=reply.pk).aupdate(status="streaming", text="It", owner=f"{machine}|{2**22 + 1}|1")
    await sweeper.sweep_once()
    row = (await rows(replies_of)(trial))[-1]
    assert (row.status, row.text) == ("interrupted", "It")
    again = await rows(chat.retry)(trial=trial, message_public_id=row.public_id, now=timezone.now())
    replies.start(again.public_id)
    last = await written(trial)
    assert (last.attempt, last.status, last.text) == (2, "done", "One two three.")
    assert Talker.asked[-1].attempt == 2


async def test_the_sweep_leaves_what_this_process_is_writing() -> None:
    trial = await open_trial({"held": True})
    await streaming(trial)
    await sweeper.sweep_once()
    let(9)
    assert (await written(trial)).status == "done"


async def test_the_sweep_closes_what_is_overdue() -> None:
    trial = await rows(assisted_trial)(opened_at=timezone.now() - timedelta(minutes=5))
    await sweeper.sweep_once()
    await trial.arefresh_from_db()
    assert trial.closed_by == "deadline"


async def test_of_many_messages_at_once_one_gets_a_reply() -> None:
    trial = await open_trial({"held": True})
    posts = [say(trial, client_id=f"c{number}") for number in range(6)]
    results = await asyncio.gather(*posts, return_exceptions=True)
    assert sum(isinstance(one, Message) for one in results) == 1
    assert all(isinstance(one, Message | Refused) for one in results)
