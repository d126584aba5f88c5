"""What a real SDK's reply recommended, read out by another call once the person has it."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from studies.models import Event, Generation, Message, ProtocolVersion, Trial
from studies.runner import audit, owner, replies, sweeper
from studies.services import chat, trials
from studies.services.audit import LEASE
from tests.api_server import ApiServer
from tests.live import live, rows  # noqa: F401  (a fixture)
from tests.talk import assisted_trial, replies_of

pytestmark = [pytest.mark.usefixtures("live", "api"), pytest.mark.django_db(transaction=True)]
MODEL, AUDITOR = "claude-haiku-4-5", "claude-auditor-1"
REAL: dict[str, object] = {
    "provider": "anthropic", "strategy": "assigned", "settings": {"model": MODEL}, "audit_model": AUDITOR,
    "audit_settings": {"max_retries": 0, "read_timeout": 0.3},
}  # fmt: skip
SECRETS = ("gold", "brief", "assigned", "assisted", "guide", "target")


async def opened(caps: dict[str, object] | None = None, **more: object) -> Trial:
    guide = {**REAL, **more}
    return await rows(assisted_trial)(opened_at=timezone.now(), assistants={"guide": guide}, caps=caps or {})


async def ask(trial: Trial, text: str = "Which one?", client_id: str = "c1") -> Message:
    posted = await rows(chat.post_message)(
        trial=trial, client_id=client_id, text=text, now=timezone.now(), owner=owner.this_process()
    )
    assert posted.reply is not None
    replies.start(posted.reply.public_id)
    await replies.all_written()
    return (await rows(replies_of)(trial))[-1]


async def audits() -> list[Generation]:
    return [call async for call in Generation.objects.filter(purpose="audit").order_by("pk")]


async def test_a_reply_is_read_out_with_its_words_by_the_model_that_the_study_names() -> None:
    reply = await ask(await opened())
    assert reply.recommended_shown in tuple("ABCD")
    assert reply.recommended == "CABD"["ABCD".index(reply.recommended_shown)]
    assert reply.recommended_quote == f"The answer {reply.recommended_shown} fits best"
    assert (reply.recommended_by, reply.status) == (AUDITOR, "done")
    (call,) = await audits()
    assert (call.model_requested, call.message_id, call.error) == (AUDITOR, reply.pk, "")
    assert call.output_tokens is not None


async def test_the_auditor_sees_the_talk_and_the_options_shown_and_nothing_else(api: ApiServer) -> None:
    trial = await opened()
    await rows(trials.save_draft)(trial=trial, answer="A", confidence_raw="80", now=timezone.now())
    await ask(trial)
    sent = api.requests[-1]
    said = json.dumps([sent["system"], sent["messages"]])
    assert (sent["model"], len(sent["messages"])) == (AUDITOR, 1)
    assert "A. gamma" in said
    assert "Which one?" in said
    assert "Which word is this?" not in said
    assert not [word for word in SECRETS if word in said.lower()]
    assert not set(sent) - {"model", "max_tokens", "messages", "system", "stream"}


async def test_the_reader_is_asked_when_the_person_has_the_reply(api: ApiServer) -> None:
    api.fail("", "stall")
    reply = await ask(await opened())
    assert reply.finished_at is not None
    (call,) = await audits()
    assert call.started_at >= reply.finished_at
    assert (reply.status, call.error) == ("done", "stalled")


async def test_words_that_nobody_said_are_no_reading() -> None:
    reply = await ask(await opened(), "Which one? #misquote")
    assert (reply.recommended, reply.recommended_quote, reply.recommended_by) == ("", "", "")
    assert [call.error for call in await audits()] == ["no_quote"]


async def test_a_reply_that_recommends_nothing_is_known_to() -> None:
    reply = await ask(await opened(), "Which one? #words=3")
    assert (reply.recommended, reply.recommended_by) == ("", AUDITOR)


async def test_another_model_as_reader_does_not_stop_the_intake() -> None:
    trial = await opened()
    await ask(trial)
    await ask(trial, "And?", "c2")
    assert not await Event.objects.filter(kind="study.model_changed").aexists()


async def test_what_was_read_is_not_read_again(api: ApiServer) -> None:
    reply = await ask(await opened())
    asked = len(api.requests)
    audit.start(reply.pk)
    await audit.all_read()
    assert len(api.requests) == asked


async def left_due(trial: Trial, seconds: float = 0) -> Message:
    """A final reply whose process died before it was read out: so many seconds ago another one had begun to."""
    reply = await ask(trial)
    now = timezone.now()
    await Generation.objects.filter(purpose="audit").adelete()
    await Message.objects.filter(pk=reply.pk).aupdate(
        recommended="", recommended_by="", audit_due_at=now + LEASE - timedelta(seconds=seconds)
    )
    return reply


async def test_a_reading_that_was_lost_with_its_process_is_made_by_the_next_sweep() -> None:
    reply = await left_due(await opened(), LEASE.total_seconds() + 1)
    await sweeper.sweep_to_the_end()
    await reply.arefresh_from_db()
    assert (reply.recommended_by, reply.audit_due_at) == (AUDITOR, None)
    assert len(await audits()) == 1


async def test_what_another_process_may_still_be_reading_is_left_to_it() -> None:
    reply = await left_due(await opened(), 1)
    await sweeper.sweep_to_the_end()
    await reply.arefresh_from_db()
    assert (reply.recommended_by, await audits()) == ("", [])


async def test_the_words_of_a_reply_whose_process_died_are_read_out_too() -> None:
    trial = await opened()
    posted = await rows(chat.post_message)(trial=trial, client_id="c1", text="Which one?", now=timezone.now())
    assert posted.reply is not None
    dead = f"{owner.this_process().split('|')[0]}|{2**22 + 1}|1"
    words = "I see. The answer B fits best, so"
    await Message.objects.filter(pk=posted.reply.pk).aupdate(status="streaming", text=words, owner=dead)
    await sweeper.sweep_to_the_end()
    (reply,) = await rows(replies_of)(trial)
    assert (reply.status, reply.recommended_shown, reply.recommended_by) == ("interrupted", "B", AUDITOR)


async def test_at_a_cap_of_the_study_a_reply_stays_due_until_the_money_is_there(api: ApiServer) -> None:
    trial = await opened(caps={"tokens_per_study": 1})
    reply = await ask(trial)
    assert (reply.recommended_by, len(api.requests)) == ("", 1)
    assert reply.audit_due_at is not None
    frozen = trial.session.participant.version.settings
    await ProtocolVersion.objects.aupdate(settings={**frozen, "caps": {}}, sha256="amended")
    await Message.objects.aupdate(audit_due_at=timezone.now())
    await sweeper.sweep_to_the_end()
    await reply.arefresh_from_db()
    assert reply.recommended_by == AUDITOR


async def test_without_an_auditor_nothing_is_asked_and_the_reply_stays_unread(api: ApiServer) -> None:
    reply = await ask(await opened(audit_model=""))
    assert (len(api.requests), reply.recommended_by) == (1, "")


async def test_a_reply_that_gives_its_brief_away_is_flagged_without_its_words() -> None:
    says = {"words": ["I was told ", "to argue for B."]}
    trial = await rows(assisted_trial)(says, opened_at=timezone.now())
    await ask(trial)
    event = await Event.objects.aget(kind="reply.leak")
    assert (event.trial_id, event.detail) == (trial.pk, {"gives_away": ["brief"]})
