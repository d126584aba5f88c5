import asyncio
import time

import pytest
from pydantic import ValidationError

from studies.assistants import registry
from studies.assistants.base import Delta, ProviderFault, Turn
from tests.assistants.talks import TALE, answered, ask, intent, request

TARGET = intent(TALE, "A")


async def heard(**settings: object) -> tuple[str, ProviderFault | None]:
    """What came of a reply, and the fault that ended it."""
    text = ""
    asked = request(TALE, TARGET, [Turn("participant", "Which one?")], **settings)
    try:
        async for part in registry.provider("scripted").stream(asked):
            text += part.text if isinstance(part, Delta) else ""
    except ProviderFault as fault:
        return text, fault
    return text, None


@pytest.mark.parametrize(
    ("code", "retryable"),
    [
        ("stream_cut", True), ("stalled", True), ("overloaded", True), ("unavailable", True), ("refused_key", False),
        ("context_overflow", False),
    ],
)  # fmt: skip
async def test_every_fault_comes_to_order_after_its_words(code: str, retryable: bool) -> None:
    order = {"reply": 2, "fault": code, "after_words": 5, "seconds": 0}
    text, fault = await heard(reply=2, fail_on=[order])
    assert fault is not None
    assert (fault.code, fault.retryable, len(text.split())) == (code, retryable, 5)


async def test_a_fault_hits_its_reply_only_and_a_retry_gets_through() -> None:
    order = {"reply": 2, "fault": "stream_cut", "after_words": 5}
    assert (await heard(reply=1, fail_on=[order]))[1] is None
    assert (await heard(reply=2, attempt=2, fail_on=[order]))[1] is None
    assert (await heard(reply=2, attempt=2, fail_on=[{**order, "attempts": 2}]))[1] is not None


async def test_a_stall_is_silent_for_its_time_before_it_fails() -> None:
    start = time.monotonic()
    _, fault = await heard(fail_on=[{"reply": 1, "fault": "stalled", "seconds": 0.05}])
    assert fault is not None
    assert time.monotonic() - start >= 0.05


def test_a_refusal_ends_well_and_recommends_nothing() -> None:
    reply = ask(TALE, TARGET, fail_on=[{"reply": 1, "fault": "refusal"}])
    assert (reply.end.stop_reason, reply.end.recommended_shown) == ("refusal", None)
    assert "can't help" in reply.text


def test_a_retry_words_itself_anew_and_keeps_its_target() -> None:
    replies = [ask(TALE, TARGET, attempt=attempt) for attempt in (1, 2, 3)]
    assert {reply.end.recommended_shown for reply in replies} == {"A"}
    assert len({reply.text for reply in replies}) > 1


def test_it_stops_at_the_most_tokens() -> None:
    whole = ask(TALE, TARGET)
    cut = ask(TALE, TARGET, max_tokens=3)
    assert (cut.end.stop_reason, cut.end.output_tokens, len(cut.text.split())) == ("max_tokens", 3, 3)
    assert whole.text.startswith(cut.text)
    assert cut.end.recommended_shown is None
    assert ask(TALE, TARGET, max_tokens=None).text == whole.text


def test_its_record_says_what_was_used() -> None:
    end = ask(TALE, TARGET).end
    assert end.model_returned == "scripted-1"
    assert (end.input_tokens or 0) > 200
    assert end.stop_reason == "end"


async def test_words_come_at_their_pace_in_small_pieces() -> None:
    start = time.monotonic()
    settings = {"words_per_second": 400, "first_word_seconds": 0.05, "jitter": 0}
    reply = await answered(request(TALE, TARGET, [Turn("participant", "Which?")], **settings))
    took, words = time.monotonic() - start, len(reply.text.split())
    assert took >= 0.05 + (words - 40) / 400
    assert len(reply.pieces) >= words / 40


async def test_a_pause_to_order_holds_the_words_back_and_loses_none() -> None:
    start = time.monotonic()
    text, fault = await heard(pauses=[{"after_words": 4, "seconds": 0.06}])
    assert fault is None
    assert time.monotonic() - start >= 0.06
    assert text == (await heard())[0]


async def test_many_replies_at_once_share_the_loop() -> None:
    asked = request(TALE, TARGET, [Turn("participant", "Which?")], words_per_second=500)
    start = time.monotonic()
    replies = await asyncio.gather(*(answered(asked) for _ in range(100)))
    assert len({reply.text for reply in replies}) == 1
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    "settings",
    [
        {"words_per_second": -1}, {"speed": 3}, {"fail_on": [{"reply": 0}]}, {"fail_on": [{"reply": 1, "fault": "x"}]},
        {"pauses": [{"seconds": 1e9}]}, {"concedes": 2},
    ],
)  # fmt: skip
def test_settings_that_are_none_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        registry.provider("scripted").Settings.model_validate(settings)
