"""The real package against the service on loopback."""

from dataclasses import replace
from typing import Any

import pytest

from studies.assistants import registry
from studies.assistants.base import Delta, Finished, ModelRequest, ProviderFault, Turn
from tests.api_server import ApiServer

pytest.importorskip("openai", reason="the extra [openai] is not installed")
MODEL = "local-1"


def request(api: ApiServer, max_tokens: int | None = 200, **options: Any) -> ModelRequest:
    said = {"model": MODEL, "max_retries": 0, "base_url": f"{api.url}/v1", **options}
    talk = (Turn("participant", "Hello"), Turn("assistant", "Hello!"), Turn("participant", "Which one?"))
    return ModelRequest(system="Be kind.", prompt_sha256="sha", turns=talk, seed=1, max_tokens=max_tokens, options=said)


async def read(asked: ModelRequest) -> tuple[str, Finished | ProviderFault]:
    text = ""
    try:
        async for part in registry.provider("openai-compatible").stream(asked):
            if isinstance(part, Finished):
                return text, part
            text += part.text if isinstance(part, Delta) else ""
    except ProviderFault as fault:
        return text, fault
    raise AssertionError("the stream had no end")


async def test_a_reply_streams_to_its_end_and_says_what_it_took(api: ApiServer) -> None:
    text, end = await read(request(api, temperature=0.5))
    assert isinstance(end, Finished)
    assert (end.stop_reason, end.model_returned, end.request_id, end.attempts) == ("end", MODEL, "req_1", 1)
    assert (end.input_tokens, end.output_tokens, end.cached_tokens) == (6, len(text.split()), 0)
    sent = api.requests[-1]
    assert [one["role"] for one in sent["messages"]] == ["system", "user", "assistant", "user"]
    assert (sent["max_tokens"], sent["temperature"]) == (200, 0.5)


async def test_a_reply_at_its_limit_and_a_filtered_one_say_so(api: ApiServer) -> None:
    _, short = await read(request(api, max_tokens=5, limit="max_completion_tokens"))
    api.fail("refusal")
    _, filtered = await read(request(api))
    assert [getattr(end, "stop_reason", "") for end in (short, filtered)] == ["max_tokens", "refusal"]


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ("429", "overloaded"),
        ("500", "unavailable"),
        ("context", "context_overflow"),
        ("wrong_key", "refused_key"),
        ("cut", "stream_cut"),
        ("early_end", "stream_cut"),
        ("stall", "stalled"),
        ("error_event", "overloaded"),
    ],
)
async def test_every_fault_has_its_code_and_keeps_what_had_come(api: ApiServer, order: str, code: str) -> None:
    api.fail(order)
    text, fault = await read(request(api, read_timeout=0.3))
    assert isinstance(fault, ProviderFault)
    assert fault.code == code
    assert bool(text) == (order in ("cut", "early_end", "stall", "error_event"))
    assert fault.receipt.attempts == 1


async def test_the_letters_come_with_the_models_own_probabilities(api: ApiServer) -> None:
    api.say("B")
    _, end = await read(replace(request(api), letters="ABCD"))
    assert isinstance(end, Finished)
    assert end.letter_probabilities == pytest.approx({"A": 0.1, "B": 0.65, "C": 0.2, "D": 0.05})


async def test_a_reply_that_begins_with_no_letter_has_no_letters_probabilities(api: ApiServer) -> None:
    api.say("Perhaps A")
    _, end = await read(replace(request(api), letters="ABCD"))
    assert isinstance(end, Finished)
    assert end.letter_probabilities is None


async def test_a_busy_service_says_how_long_to_wait(api: ApiServer) -> None:
    api.fail("429")
    _, fault = await read(request(api))
    assert isinstance(fault, ProviderFault)
    assert fault.retry_after == api.retry_after
