"""The model calls behind one reply: the strategy's requests to a provider, timed, and what is recorded of them."""

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from studies.assistants import registry
from studies.assistants.base import Delta, Finished, ModelRequest, ProviderFault, Receipt, steps_of
from studies.assistants.usage import completed, tokens_sent
from studies.domain.answers import LETTERS
from studies.domain.caps import Spent, room
from studies.domain.prices import cost_usd
from studies.domain.states import MessageStatus
from studies.queries.spending import price
from studies.runner.job import Job
from studies.services.replies import Advice, Call

STATUS = {
    "end": MessageStatus.DONE,
    "max_tokens": MessageStatus.CAPPED,
    "refusal": MessageStatus.REFUSED,
}

GIVEN_UP = ("cancelled", "stalled", "timeout")  # by us: the service may have been writing


class Calling:
    """One model call as it runs. Used once."""

    def __init__(self, provider: str, started_at: datetime) -> None:
        self.finished: Finished | None = None
        self.text = ""
        self._provider = provider
        self._started_at = started_at
        self._start = time.monotonic()
        self._end: float | None = None
        self._first: float | None = None
        self._request: ModelRequest | None = None
        self._receipt = Receipt()

    async def stream(self, request: ModelRequest) -> AsyncIterator[str]:
        """The words as they come. Raises ProviderFault, ValueError (settings that are none of the provider's)."""
        self._request = request
        try:
            async for part in registry.provider(self._provider).stream(request):
                if isinstance(part, Delta):
                    self._first = self._first or time.monotonic()
                    self.text += part.text
                    yield part.text
                elif isinstance(part, Finished):
                    self.finished = part
                else:
                    self._receipt = part
        except ProviderFault as fault:
            self._receipt = fault.receipt
            raise
        finally:
            self._end = time.monotonic()

    @property
    def asked(self) -> bool:
        return self._request is not None

    @property
    def ended_at(self) -> datetime:
        return self._started_at + timedelta(seconds=(self._end or time.monotonic()) - self._start)

    @property
    def was_refused(self) -> bool:
        return self.finished is not None and self.finished.stop_reason == "refusal"

    def record(self, error: str = "") -> Call:
        """`error` is the code of what went wrong with it. Counts that never came are estimated, and said to be."""
        request, estimated = self._request, ""
        known: Finished | Receipt = self.finished or self._receipt
        if request and isinstance(known, Receipt) and self._was_served(error):
            known, estimated = completed(known, request, self.text)
        return Call(
            started_at=self._started_at,
            provider=self._provider,
            model_requested=_model(request),
            model_returned=known.model_returned,
            prompt_sha256=request.prompt_sha256 if request else "",
            purpose=request.purpose if request else "reply",
            first_token_ms=None if self._first is None else _ms(self._first - self._start),
            latency_ms=_ms((self._end or time.monotonic()) - self._start),
            input_tokens=known.input_tokens,
            output_tokens=known.output_tokens,
            cached_tokens=known.cached_tokens,
            cache_write_tokens=known.cache_write_tokens,
            tokens_estimated=estimated,
            cost_usd=cost(known, _model(request)),
            request_id=known.request_id,
            attempts=known.attempts,
            stop_reason=self.finished.stop_reason if self.finished else "",
            error=error,
        )

    def _was_served(self, error: str) -> bool:
        """Words or a receipt had come, or it was given up while the service was at it."""
        return bool(self.text or self._receipt.model_returned) or error in GIVEN_UP


class Source:
    """The text of one reply as it comes, and the record of its calls. Used once."""

    def __init__(self, job: Job, started_at: datetime) -> None:
        self.job = job
        self.cap = ""  # the cap that left no room for a call
        self._calls = [Calling(job.assistant.provider, started_at)]

    async def text(self) -> AsyncIterator[str]:
        """The pieces that the person reads. Raises ProviderFault, ValueError (a request that cannot be made)."""
        rules = self.job.assistant
        steps = steps_of(registry.strategy(rules.strategy), self._request(), show_all=rules.shows == "both")
        step, call, begun = next(steps), self._last, False
        while True:
            request = self._within_caps(step.request)
            if request is None:
                return
            heading = f"{step.heading}\n\n" if step.heading else ""
            before = f"\n\n{heading}" if begun else heading
            async for piece in call.stream(request):
                if step.shown:
                    yield before + piece
                    before, begun = "", True
            if call.was_refused:
                return
            try:
                step = steps.send(call.text)
            except StopIteration:
                return
            call = Calling(rules.provider, call.ended_at)
            self._calls.append(call)

    @property
    def _last(self) -> Calling:
        return self._calls[-1]

    def _request(self) -> ModelRequest:
        return registry.strategy(self.job.assistant.strategy).request(self.job.situation)

    def _within_caps(self, request: ModelRequest) -> ModelRequest | None:
        """The request, no longer than the caps of a reply let it become; None where they leave no room."""
        found = room(
            self.job.caps,
            limit=request.max_tokens or self.job.chat.max_reply_tokens,
            price=price(_model(request)),
            spent=_summed([call.record() for call in self._calls if call.asked]),
            sent=tokens_sent(request),
        )
        self.cap = found.cap
        return None if found.cap else replace(request, max_tokens=found.tokens)

    def status(self) -> MessageStatus:
        if self.cap:
            return MessageStatus.CAPPED
        finished = self._last.finished
        return STATUS[finished.stop_reason] if finished else MessageStatus.DONE

    def advice(self) -> Advice:
        """What the provider says that it recommended, or that it was nothing; empty where it does not know."""
        said = self._last.finished
        shown = said.recommended_shown if said else None
        if said is None or not shown or shown not in LETTERS[: len(self.job.choice_order)]:
            return Advice(by=said.recommended_by if said else "")
        original = self.job.choice_order[LETTERS.index(shown)]
        return Advice(original, shown, said.recommended_quote or "", said.recommended_by)

    def calls(self, error: str = "") -> list[Call]:
        """The record of the calls; `error` is the code of what ended the last one, unless it had ended by itself."""
        made = [call.record() for call in self._calls[:-1]]
        if self._last.asked or error:
            made.append(self._last.record("" if self._last.finished else error))
        return made


def _summed(calls: Sequence[Call]) -> Spent:
    tokens = sum((call.input_tokens or 0) + (call.output_tokens or 0) for call in calls)
    return Spent(tokens, sum((call.cost_usd or Decimal(0) for call in calls), Decimal(0)))


def _model(request: ModelRequest | None) -> str:
    """The model asked for; '' where the provider has none."""
    return str(request.options.get("model", "")) if request else ""


def cost(known: Finished | Receipt, requested: str = "") -> Decimal | None:
    """By the configured prices of the model that answered, or was asked; None where a price or a count is missing."""
    return cost_usd(
        price(known.model_returned or requested),
        input_tokens=known.input_tokens,
        output_tokens=known.output_tokens,
        cached_tokens=known.cached_tokens,
        cache_write_tokens=known.cache_write_tokens,
    )


def error_code(error: BaseException) -> str:
    """A stable code for what ended a call."""
    if isinstance(error, ProviderFault):
        return error.code
    return "timeout" if isinstance(error, TimeoutError) else "internal"


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
