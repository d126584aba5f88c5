"""The real SDK against the service on loopback."""

import asyncio
import logging
import time
from typing import Any

import pytest

from studies.assistants import registry
from studies.assistants.base import Delta, Finished, ModelRequest, ProviderFault, Turn
from tests.api_server import ApiServer

MODEL = "claude-loopback-1"


def request(
    text: str = "Which one?", max_tokens: int | None = 200, system: str = "Be kind.", **options: Any
) -> ModelRequest:
    talk = (Turn("participant", "Hello"), Turn("assistant", "Hello!"), Turn("participant", text))
    said = {"model": MODEL, "max_retries": 0, **options}
    return ModelRequest(system=system, prompt_sha256="sha", turns=talk, seed=1, max_tokens=max_tokens, options=said)


async def read(asked: ModelRequest) -> tuple[str, Finished]:
    text, end = "", None
    async for part in registry.provider("anthropic").stream(asked):
        if isinstance(part, Delta):
            text += part.text
        elif isinstance(part, Finished):
            end = part
    assert end is not None
    return text, end


async def fault(asked: ModelRequest) -> tuple[str, ProviderFault]:
    text = ""
    try:
        async for part in registry.provider("anthropic").stream(asked):
            text += part.text if isinstance(part, Delta) else ""
    except ProviderFault as found:
        return text, found
    raise AssertionError("nothing went wrong")


async def test_a_reply_streams_to_its_end_and_says_what_it_took(api: ApiServer) -> None:
    text, end = await read(request())
    assert text.startswith("I have looked at the question")
    assert (end.stop_reason, end.model_returned, end.request_id, end.attempts) == ("end", MODEL, "req_1", 1)
    assert (end.input_tokens, end.output_tokens) == (6, len(text.split()))


async def test_the_talk_goes_out_as_it_was_and_no_sampling_setting_does(api: ApiServer) -> None:
    await read(request("And now?", effort="low", thinking="adaptive", thinking_room=100))
    sent = api.requests[-1]
    assert [(one["role"], one["content"]) for one in sent["messages"]] == [
        ("user", "Hello"), ("assistant", "Hello!"), ("user", "And now?"),
    ]  # fmt: skip
    assert (sent["model"], sent["max_tokens"], sent["stream"]) == (MODEL, 300, True)
    assert (sent["output_config"], sent["thinking"]) == ({"effort": "low"}, {"type": "adaptive"})
    assert not {"temperature", "top_p", "top_k"} & set(sent)
    assert "item" not in str(sent)


async def test_what_the_study_shares_is_written_to_the_cache_once_and_then_read(api: ApiServer) -> None:
    passage = "word " * 900
    _, first = await read(request(system=passage))
    _, second = await read(request(system=passage))
    assert (first.cached_tokens, first.cache_write_tokens) == (0, 900)
    assert (second.cached_tokens, second.cache_write_tokens) == (900, 0)
    assert first.input_tokens == second.input_tokens == 904


async def test_a_reply_at_its_limit_and_a_refusal_say_so(api: ApiServer) -> None:
    text, end = await read(request(max_tokens=5))
    assert (text, end.stop_reason) == ("I have looked at the", "max_tokens")
    api.fail("refusal")
    assert (await read(request()))[1].stop_reason == "refusal"


@pytest.mark.parametrize("status", ["429", "529", "500"])
async def test_a_busy_service_is_asked_again_and_the_attempts_are_counted(api: ApiServer, status: str) -> None:
    api.fail(status, status)
    _, end = await read(request(max_retries=2))
    assert (end.attempts, len(api.requests)) == (3, 3)


async def test_retry_after_is_obeyed(api: ApiServer) -> None:
    api.retry_after = 0.4
    api.fail("429")
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await read(request(max_retries=1))
    assert loop.time() - begun >= 0.4


@pytest.mark.parametrize(
    ("order", "code", "retryable"),
    [
        ("429", "overloaded", True),
        ("529", "overloaded", True),
        ("500", "unavailable", True),
        ("context", "context_overflow", False),
        ("wrong_key", "refused_key", False),
    ],
)
async def test_a_request_that_fails_has_its_code_and_its_attempts(
    api: ApiServer, order: str, code: str, retryable: bool
) -> None:
    api.fail(order, order)
    text, said = await fault(request(max_retries=1))
    assert (text, said.code, said.retryable) == ("", code, retryable)
    assert said.receipt.attempts == (2 if retryable else 1)
    assert said.receipt.request_id == f"req_{len(api.requests)}"


@pytest.mark.parametrize(
    ("order", "code"),
    [("cut", "stream_cut"), ("early_end", "stream_cut"), ("stall", "stalled"), ("error_event", "overloaded")],
)
async def test_a_stream_that_breaks_keeps_its_words_and_what_they_cost(api: ApiServer, order: str, code: str) -> None:
    api.fail(order)
    text, said = await fault(request(read_timeout=0.3, max_retries=2))
    assert (said.code, said.retryable) == (code, True)
    assert text.startswith("I have looked")
    assert (said.receipt.model_returned, said.receipt.input_tokens, said.receipt.attempts) == (MODEL, 6, 1)
    assert len(api.requests) == 1, "what a person has begun to read is never asked for again silently"


async def test_without_a_service_it_is_unavailable(api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    _, said = await fault(request())
    assert (said.code, said.retryable) == ("unavailable", True)


async def test_without_a_key_it_says_which_to_set(api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.delenv("ANTHROPIC_BASE_URL")
    _, said = await fault(request())
    assert said.code == "refused_key"
    assert "ANTHROPIC_API_KEY" in str(said)


async def test_a_wrong_key_and_the_talk_stand_in_no_log_and_no_fault(
    api: ApiServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-very-secret")
    _, said = await fault(request("my private words"))
    logging.getLogger("test").warning("it failed", exc_info=said)
    assert said.code == "refused_key"
    assert "sk-very-secret" not in caplog.text + str(said)
    assert "my private words" not in caplog.text + str(said)


async def test_a_reader_who_leaves_ends_the_request_at_once(api: ApiServer) -> None:
    api.pace = 0.05
    stream = registry.provider("anthropic").stream(request())
    async for _ in stream:
        break
    await asyncio.wait_for(stream.aclose(), timeout=2)  # type: ignore[attr-defined]


async def test_assistants_of_a_process_share_connections_whatever_their_settings(api: ApiServer) -> None:
    await read(request(effort="low"))
    await read(request(effort="high", read_timeout=5, max_retries=0))
    assert len(set(api.ports)) == 1


def test_the_model_is_never_chosen_silently_and_no_other_sampling_is_offered() -> None:
    settings = registry.provider("anthropic").Settings
    for given in ({}, {"model": ""}, {"model": "m", "temperature": 1}, {"model": "m", "thinking": 5}):
        with pytest.raises(ValueError):  # noqa: PT011
            settings.model_validate(given)


def test_connections_end_with_the_event_loop_that_opened_them(api: ApiServer) -> None:
    with asyncio.Runner() as loop:
        loop.run(read(request()))
        assert api.connections == 1
    until = time.monotonic() + 10
    while api.connections:
        assert time.monotonic() < until
