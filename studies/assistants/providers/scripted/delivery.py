"""How a written reply reaches the caller: at its pace, in small pieces, with the pauses and faults to order."""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from studies.assistants.base import Delta, Finished, ModelRequest, ProviderFault, StopReason
from studies.assistants.providers.scripted.settings import Fault, Settings

MODEL = "scripted-1"
PIECE_SECONDS = 0.1  # a piece holds the words of this time: few wake-ups, smooth to the eye
PIECE_WORDS = 12  # where there is no pace
RETRYABLE = frozenset({"stream_cut", "stalled", "overloaded", "unavailable"})
REFUSAL = "I'm sorry, but I can't help with that."


@dataclass(frozen=True)
class Written:
    """A whole reply before it is said. `recommended_quote` stands in `text` word for word."""

    text: str
    recommended_shown: str | None = None
    recommended_quote: str | None = None


async def deliver(
    written: Written, request: ModelRequest, settings: Settings, source: random.Random
) -> AsyncIterator[Delta | Finished]:
    """Say `written`. Raises ProviderFault where the settings order one for this reply and attempt."""
    fault = _fault(request, settings)
    refused = fault is not None and fault.fault == "refusal"
    words = _words(REFUSAL if refused else written.text)
    stop: StopReason = "refusal" if refused else "end"
    if request.max_tokens is not None and len(words) > request.max_tokens:
        words, stop = words[: request.max_tokens], "max_tokens"
    breaks = fault is not None and not refused
    last = min(fault.after_words, len(words)) if fault and breaks else len(words)
    async for piece in _paced(words[:last], request, settings, source):
        yield Delta(piece)
    if fault and breaks:
        await _break(fault)
    said = "".join(words)
    yield _finished(said, len(words), stop, written, request)


def _words(text: str) -> list[str]:
    """Words with the space before them, so that joined they are the text again."""
    return re.findall(r"\s*\S+", text)


def _fault(request: ModelRequest, settings: Settings) -> Fault | None:
    ordered = (fault for fault in settings.fail_on if fault.reply == request.reply)
    return next((fault for fault in ordered if request.attempt <= fault.attempts), None)


async def _break(fault: Fault) -> None:
    if fault.fault == "stalled":
        await asyncio.sleep(fault.seconds)
    if fault.fault != "refusal":
        raise ProviderFault(fault.fault, retryable=fault.fault in RETRYABLE, detail=f"{fault.fault}, to order")


async def _paced(
    words: list[str], request: ModelRequest, settings: Settings, source: random.Random
) -> AsyncIterator[str]:
    """The words in pieces, each when its last word is due. Due times, not gaps, so that lateness does not add up."""
    loop = asyncio.get_running_loop()
    vary = 1 + settings.jitter * source.uniform(-1, 1)
    rate = settings.words_per_second / vary if vary > 0 else 0.0
    size = max(1, round(rate * PIECE_SECONDS)) if rate else PIECE_WORDS
    due = loop.time() + settings.first_word_seconds * vary
    start, stops = 0, _pauses(request, settings)
    while start < len(words):
        for at in [at for at in stops if at <= start]:
            due = max(due, loop.time()) + stops.pop(at)
        await asyncio.sleep(max(0.0, due - loop.time()))
        end = min([start + size, *(at for at in stops if at > start)])
        piece = words[start:end]
        yield "".join(piece)
        start, due = end, due + (len(piece) / rate if rate else 0.0)


def _pauses(request: ModelRequest, settings: Settings) -> dict[int, float]:
    """Seconds of silence by the number of words before it."""
    stops: dict[int, float] = {}
    for pause in settings.pauses:
        if pause.reply in (None, request.reply):
            stops[pause.after_words] = stops.get(pause.after_words, 0.0) + pause.seconds
    return stops


def _finished(said: str, words: int, stop: StopReason, written: Written, request: ModelRequest) -> Finished:
    """The end of the stream. What was recommended counts only where its words were said."""
    quote = written.recommended_quote
    was_said = stop != "refusal" and bool(quote) and quote is not None and quote in said
    return Finished(
        stop_reason=stop,
        model_returned=MODEL,
        input_tokens=len(request.system.split()) + sum(len(turn.text.split()) for turn in request.turns),
        output_tokens=words,
        cached_tokens=0,
        recommended_shown=written.recommended_shown if was_said else None,
        recommended_quote=quote if was_said else None,
        recommended_by="provider",
    )
