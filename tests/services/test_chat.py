from datetime import timedelta

import pytest

from studies.domain.errors import Refused
from studies.domain.states import MessageStatus
from studies.models import Draft, Event, Generation, Message, Trial
from studies.queries.chat import chat_snapshot
from studies.services import chat, replies, trials
from tests.talk import assisted_trial, at, replies_of

pytestmark = pytest.mark.django_db
PAUSES = {"clock": {"during_reply": "pauses", "pause_cap_per_reply_seconds": 30}}


def say(trial: Trial, text: str = "Which one?", client_id: str = "c1", seconds: float = 1) -> chat.PostedMessage:
    return chat.post_message(trial=trial, client_id=client_id, text=text, now=at(seconds), owner="me")


def reply(
    trial: Trial, text: str = "It is B.", status: MessageStatus = MessageStatus.DONE, seconds: float = 3
) -> Message:
    """Write the queued reply to its end."""
    queued = Message.objects.get(trial=trial, status="queued")
    assert replies.begin(reply_id=queued.pk, owner="me", now=at(seconds - 1))
    ending = replies.Ending(status, text, at(seconds - 0.5))
    assert replies.finish(reply=queued, owner="me", ending=ending, now=at(seconds))
    queued.refresh_from_db()
    return queued


def refusal(act: object) -> str:
    with pytest.raises(Refused) as refused:
        act()  # type: ignore[operator]
    return refused.value.code


def test_a_message_and_its_queued_reply_are_kept_together() -> None:
    trial = assisted_trial()
    posted = say(trial)
    rows = Message.objects.filter(trial=trial).values_list("turn", "role", "status", "text")
    assert sorted(rows) == [(1, "assistant", "queued", ""), (1, "participant", "done", "Which one?")]
    assert posted.created
    assert Event.objects.get(kind="message.sent").length == 10


def test_the_same_message_twice_is_one_message_with_one_reply() -> None:
    trial = assisted_trial()
    first, second = say(trial), say(trial, seconds=2)
    assert (second.message, second.reply, second.created) == (first.message, first.reply, False)
    assert Message.objects.count() == 2


def test_a_message_sent_again_after_the_end_is_still_the_same_message() -> None:
    trial = assisted_trial()
    first = say(trial)
    trials.submit(trial=trial, answer="A", confidence_raw="60", now=at(9))
    assert say(trial, seconds=99).message == first.message


def test_while_a_reply_is_coming_another_message_is_refused() -> None:
    trial = assisted_trial()
    say(trial)
    assert refusal(lambda: say(trial, client_id="c2")) == "reply_in_flight"
    reply(trial)
    assert say(trial, client_id="c2", seconds=9).created


def test_what_cannot_be_taken_is_refused_in_words() -> None:
    trial = assisted_trial(chat={"max_message_chars": 5, "max_messages": 1})
    assert refusal(lambda: say(trial, "  \n")) == "empty"
    assert refusal(lambda: say(trial, "123456")) == "too_long"
    say(trial, "12345")
    reply(trial)
    assert refusal(lambda: say(trial, "more", "c2", 5)) == "message_cap"


def test_after_the_deadline_nothing_is_said_and_the_trial_is_closed() -> None:
    trial = assisted_trial()
    assert refusal(lambda: say(trial, seconds=70)) == "time_up"
    trial.refresh_from_db()
    assert trial.closed_by == "deadline"
    assert not Message.objects.exists()


def test_without_an_assistant_or_before_the_first_answer_nothing_is_said() -> None:
    assert refusal(lambda: say(assisted_trial(brief=False))) == "no_assistant"
    assert refusal(lambda: say(assisted_trial(answer={"initial": "required"}))) == "no_initial"


def test_a_sent_message_is_no_draft_any_more() -> None:
    trial = assisted_trial()
    trials.save_draft(trial=trial, now=at(0), chat_text="Which")
    say(trial)
    assert Draft.objects.get(trial=trial).chat_text == ""


def test_stop_ends_the_reply_and_keeps_what_its_owner_had_written() -> None:
    trial = assisted_trial()
    queued = say(trial).reply
    assert queued is not None
    replies.begin(reply_id=queued.pk, owner="me", now=at(2))
    assert replies.checkpoint(reply_id=queued.pk, owner="me", text="It", first_token_at=at(2), now=at(3))
    assert chat.stop(trial=trial, now=at(4)) == queued
    assert not replies.checkpoint(reply_id=queued.pk, owner="me", text="It is", first_token_at=at(2), now=at(5))
    cut = replies.Ending(MessageStatus.INTERRUPTED, "It is", at(2))
    assert not replies.finish(reply=queued, owner="me", ending=cut, now=at(5))
    queued.refresh_from_db()
    assert (queued.status, queued.text, queued.finished_at) == ("stopped", "It is", at(4))


def test_a_trial_that_ends_stops_its_reply_for_good() -> None:
    trial = assisted_trial()
    queued = say(trial).reply
    assert queued is not None
    replies.begin(reply_id=queued.pk, owner="me", now=at(2))
    trials.submit(trial=trial, answer="A", confidence_raw="60", now=at(3))
    assert not replies.finish(
        reply=queued, owner="me", ending=replies.Ending(MessageStatus.DONE, "It is B.", at(2)), now=at(4)
    )
    queued.refresh_from_db()
    assert (queued.status, queued.finished_at, queued.text) == ("stopped", at(3), "It is B.")


def test_a_reset_starts_a_new_talk_once_and_keeps_the_old_one_in_sight() -> None:
    trial = assisted_trial()
    say(trial)
    reply(trial)
    assert chat.reset(trial=trial, now=at(5))
    assert not chat.reset(trial=trial, now=at(6))
    trial.refresh_from_db()
    assert trial.context_epoch == 1
    assert Event.objects.filter(kind="chat.reset").count() == 1
    assert [message["epoch"] for message in chat_snapshot(trial=trial)["messages"]] == [0, 0]


def test_a_reset_stops_the_reply_that_is_coming() -> None:
    trial = assisted_trial()
    say(trial)
    chat.reset(trial=trial, now=at(5))
    assert [one.status for one in replies_of(trial)] == ["stopped"]
    assert say(trial, client_id="c2", seconds=6).created


def test_what_the_study_does_not_offer_is_refused() -> None:
    trial = assisted_trial(chat={"reset": False, "stop": False})
    assert refusal(lambda: chat.reset(trial=trial, now=at(1))) == "not_offered"
    assert refusal(lambda: chat.stop(trial=trial, now=at(1))) == "not_offered"


def test_a_retry_is_a_new_row_and_asking_twice_gives_the_same_one() -> None:
    trial = assisted_trial()
    say(trial)
    cut_off = reply(trial, "It", MessageStatus.INTERRUPTED)
    first = chat.retry(trial=trial, message_public_id=cut_off.public_id, now=at(5))
    second = chat.retry(trial=trial, message_public_id=cut_off.public_id, now=at(6))
    assert first == second
    assert [(one.attempt, one.status, one.text) for one in replies_of(trial)] == [
        (1, "interrupted", "It"),
        (2, "queued", ""),
    ]


def test_only_a_reply_that_was_cut_off_is_asked_for_again() -> None:
    trial = assisted_trial()
    say(trial)
    done = reply(trial)
    assert refusal(lambda: chat.retry(trial=trial, message_public_id=done.public_id, now=at(5))) == "not_retryable"
    assert refusal(lambda: chat.retry(trial=trial, message_public_id="other", now=at(5))) == "not_retryable"


def test_tries_are_limited() -> None:
    trial = assisted_trial()
    say(trial)
    for attempt in range(1, chat.MAX_ATTEMPTS):
        cut_off = reply(trial, "", MessageStatus.FAILED, seconds=3 + attempt)
        chat.retry(trial=trial, message_public_id=cut_off.public_id, now=at(4 + attempt))
    last = reply(trial, "", MessageStatus.FAILED, seconds=20)
    assert refusal(lambda: chat.retry(trial=trial, message_public_id=last.public_id, now=at(21))) == "too_many_tries"


def test_one_process_gets_a_queued_reply() -> None:
    queued = say(assisted_trial()).reply
    assert queued is not None
    Message.objects.filter(pk=queued.pk).update(owner="")
    claims = [replies.begin(reply_id=queued.pk, owner=owner, now=at(2)) for owner in ("one", "other")]
    assert claims == [True, False]


def test_an_end_records_advice_and_the_call_behind_it() -> None:
    trial = assisted_trial()
    queued = say(trial).reply
    assert queued is not None
    replies.begin(reply_id=queued.pk, owner="me", now=at(2))
    call = replies.Call(at(2), "talker", model_returned="talker-1", output_tokens=3, stop_reason="end")
    advice = replies.Advice("C", "A", "because", "provider")
    ending = replies.Ending(MessageStatus.DONE, "It is A.", at(2), advice, [call])
    replies.finish(reply=queued, owner="me", ending=ending, now=at(3))
    queued.refresh_from_db()
    assert (queued.recommended, queued.recommended_shown, queued.recommended_by) == ("C", "A", "provider")
    generation = Generation.objects.get(message=queued)
    assert (generation.assistant, generation.output_tokens, generation.input_tokens) == ("guide", 3, None)


def test_a_fault_is_an_event_without_a_word_of_the_talk() -> None:
    trial = assisted_trial()
    say(trial)
    reply(trial, "It", MessageStatus.INTERRUPTED)
    assert Event.objects.get(kind="reply.fault").detail == {"status": "interrupted", "code": ""}


@pytest.mark.parametrize("ends", ["finish", "stop", "orphan"])
def test_where_the_clock_pauses_the_wait_is_given_back_however_the_reply_ends(ends: str) -> None:
    trial = assisted_trial(**PAUSES)
    say(trial, seconds=10)
    if ends == "finish":
        reply(trial, seconds=22)
    elif ends == "stop":
        chat.stop(trial=trial, now=at(22))
    else:
        replies.interrupt_orphans(now=at(22), stale_after=timedelta(seconds=5))
    trial.refresh_from_db()
    assert (trial.paused_seconds, trial.deadline_at) == (12, at(72))


def test_where_the_clock_runs_a_reply_moves_nothing() -> None:
    trial = assisted_trial()
    say(trial, seconds=10)
    reply(trial, seconds=22)
    trial.refresh_from_db()
    assert (trial.paused_seconds, trial.deadline_at) == (0, at(60))


def test_orphans_are_interrupted_with_their_partial_text_and_living_replies_are_left() -> None:
    orphan, alive, queued = assisted_trial(), assisted_trial(), assisted_trial()
    for trial, seconds in ((orphan, 4), (alive, 18)):
        row = say(trial).reply
        assert row is not None
        replies.begin(reply_id=row.pk, owner="me", now=at(2))
        replies.checkpoint(reply_id=row.pk, owner="me", text="It", first_token_at=at(3), now=at(seconds))
    say(queued, seconds=1)
    found = replies.interrupt_orphans(now=at(20), stale_after=timedelta(seconds=10))
    assert {reply.trial for reply in found} == {orphan, queued}
    assert [(one.status, one.text) for one in replies_of(orphan)] == [("interrupted", "It")]
    assert [one.status for one in replies_of(alive)] == ["streaming"]


def test_the_reply_of_a_dead_process_is_an_orphan_at_once() -> None:
    trial = assisted_trial()
    say(trial)
    found = replies.interrupt_orphans(
        now=at(1.5), stale_after=timedelta(seconds=10), owner_is_dead=lambda owner: owner == "me"
    )
    assert [reply.status for reply in replies_of(trial)] == ["interrupted"]
    assert len(found) == 1


def test_a_snapshot_holds_what_the_pane_shows_and_nothing_else() -> None:
    trial = assisted_trial()
    say(trial)
    reply(trial, "It is **B**. <script>alert(1)</script>")
    shown = chat_snapshot(trial=trial)
    assert set(shown) == {
        "assistant", "messages", "epoch", "draft", "messages_left", "max_chars", "can_reset", "can_stop",
        "reply_in_flight",
    }  # fmt: skip
    assert {key for message in shown["messages"] for key in message} == {
        "id", "client_id", "turn", "role", "status", "attempt", "text", "html", "epoch",
    }  # fmt: skip
    assert "<strong>B</strong>" in shown["messages"][1]["html"]
    assert "<script" not in shown["messages"][1]["html"]
    assert shown["messages_left"] == 29
