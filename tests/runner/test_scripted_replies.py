"""From the claimed row to the words: what a scripted assistant is given and what becomes of it."""

import pytest
from django.utils import timezone

from studies.domain.states import MessageStatus
from studies.models import Generation, Item, Message, Trial
from studies.runner import owner, replies
from studies.runner.job import Job, claim
from studies.services import chat
from tests.live import live, rows  # noqa: F401  (a fixture)
from tests.talk import assisted_trial, replies_of

pytestmark = [pytest.mark.usefixtures("live"), pytest.mark.django_db(transaction=True)]


def guide(
    strategy: str = "assigned", sees: tuple[str, ...] = ("question", "passage"), **settings: object
) -> dict[str, object]:
    return {"guide": {"provider": "scripted", "strategy": strategy, "sees": list(sees), "settings": settings}}


async def say(trial: Trial, text: str, number: int = 1) -> Message:
    posted = await rows(chat.post_message)(
        trial=trial, client_id=f"c{number}", text=text, now=timezone.now(), owner=owner.this_process()
    )
    assert posted.reply is not None
    return posted.reply


async def talk(trial: Trial, *texts: str) -> list[Message]:
    for number, text in enumerate(texts):
        replies.start((await say(trial, text, number)).public_id)
        await replies.all_written()
    return await rows(replies_of)(trial)


async def opened(assistants: dict[str, object], **more: object) -> Trial:
    return await rows(assisted_trial)(opened_at=timezone.now(), assistants=assistants, **more)


async def test_the_recommendation_is_recorded_in_both_letters_with_its_words() -> None:
    trial = await opened(guide(), target="B")  # shown as C A B D, so the original B stands third
    (reply,) = await talk(trial, "Which word is it?")
    assert (reply.status, reply.recommended, reply.recommended_shown) == (MessageStatus.DONE, "B", "C")
    assert reply.recommended_by == "provider"
    assert reply.recommended_quote in reply.text
    assert "C, “beta”" in reply.recommended_quote
    call = await Generation.objects.aget(message=reply)
    assert (call.model_returned, call.stop_reason, len(call.prompt_sha256)) == ("scripted-1", "end", 64)
    assert call.output_tokens == len(reply.text.split())


async def test_the_same_seeded_talk_with_any_other_option_as_gold_has_the_same_words() -> None:
    asked = ("Which word is it?", "Why?", "I think it's A", "Are you sure?")
    told = set()
    for gold in "ABCD":
        trial = await opened(guide(), target="D")
        await Item.objects.filter(pk=trial.allocation.item_id).aupdate(gold=gold)
        told.add(tuple(reply.text for reply in await talk(trial, *asked)))
    assert len(told) == 1


async def test_a_job_is_the_same_whichever_option_is_gold() -> None:
    jobs = set()
    for gold in "ABCD":
        trial = await opened(guide(), target="D")
        await Item.objects.filter(pk=trial.allocation.item_id).aupdate(gold=gold)
        reply = await say(trial, "Which?")
        job = await rows(claim)(row=reply, owner=owner.this_process(), now=timezone.now())
        jobs.add(_apart_from_its_row(job))
    assert len(jobs) == 1


def _apart_from_its_row(job: Job) -> str:
    return repr({name: value for name, value in vars(job).items() if name not in ("pk", "asked_at")})


async def test_after_a_reset_it_keeps_its_target_and_forgets_the_talk() -> None:
    trial = await opened(guide(), target="B")
    await talk(trial, "Which word is it?")
    await rows(chat.reset)(trial=trial, now=timezone.now())
    replies.start((await say(trial, "Which word is it?", 9)).public_id)
    await replies.all_written()
    last = (await rows(replies_of)(trial))[-1]
    assert last.recommended == "B"
    assert last.text not in ("", (await rows(replies_of)(trial))[0].text)


async def test_an_honest_assistant_that_sees_nothing_answers_what_is_pasted_by_its_belief() -> None:
    trial = await opened(guide("honest", sees=()), target="")
    brief = trial.allocation.brief
    brief.belief = "B"
    await rows(brief.save)()
    first, second = await talk(trial, "hi", "Which word is this?\nA. gamma\nB. alpha\nC. beta\nD. delta")
    assert (first.recommended, second.recommended, second.recommended_shown) == ("", "B", "C")


async def test_a_cut_stream_keeps_its_words_and_the_retry_keeps_the_target() -> None:
    trial = await opened(guide(fail_on=[{"reply": 1, "fault": "stream_cut", "after_words": 6}]), target="B")
    (cut,) = await talk(trial, "Which word is it?")
    assert (cut.status, len(cut.text.split()), cut.recommended) == (MessageStatus.INTERRUPTED, 6, "")
    again = await rows(chat.retry)(trial=trial, message_public_id=cut.public_id, now=timezone.now())
    replies.start(again.public_id)
    await replies.all_written()
    last = (await rows(replies_of)(trial))[-1]
    assert (last.status, last.attempt, last.recommended) == (MessageStatus.DONE, 2, "B")


async def test_a_long_reply_is_capped_at_the_studys_tokens() -> None:
    trial = await opened(guide(verbosity="long"), target="B", chat={"max_reply_tokens": 20})
    (reply,) = await talk(trial, "Go through all of the options, please")
    assert (reply.status, len(reply.text.split())) == (MessageStatus.CAPPED, 20)
