"""One model call: the strategy's request to a provider, timed, and what is recorded of it."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from studies.assistants import registry
from studies.assistants.base import Delta, Finished, ModelRequest, ProviderFault, Receipt
from studies.domain.answers import LETTERS
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


class Source:
    """The text of one reply as it comes, and the record of the call. Used once."""

    def __init__(self, job: Job, started_at: datetime) -> None:
        self.job = job
        self.finished: Finished | None = None
        self._started_at = started_at
        self._start = time.monotonic()
        self._first: float | None = None
        self._prompt_sha256 = ""
        self._receipt = Receipt()

    @property
    def first_token_at(self) -> datetime | None:
        return None if self._first is None else self._started_at + timedelta(seconds=self._first - self._start)

    async def text(self) -> AsyncIterator[str]:
        """The pieces of the reply. Raises ProviderFault, ValueError (a request that cannot be made)."""
        try:
            async for part in registry.provider(self.job.assistant.provider).stream(self._request()):
                if isinstance(part, Delta):
                    self._first = self._first or time.monotonic()
                    yield part.text
                else:
                    self.finished = part
        except ProviderFault as fault:
            self._receipt = fault.receipt
            raise

    def _request(self) -> ModelRequest:
        job = self.job
        request = registry.strategy(job.assistant.strategy).request(
            shared=job.shared,
            intent=job.intent,
            turns=job.talk,
            seed=job.seed,
            reply=job.turn,
            attempt=job.attempt,
            max_tokens=job.max_tokens,
            options=job.assistant.settings,
        )
        self._prompt_sha256 = request.prompt_sha256
        return replace(request, item=job.item)

    def status(self) -> MessageStatus:
        return STATUS[self.finished.stop_reason] if self.finished else MessageStatus.DONE

    def advice(self) -> Advice:
        """What the provider says that it recommended; nothing where it does not know, or was cut short."""
        said = self.finished
        shown = said.recommended_shown if said else None
        if said is None or not shown or shown not in LETTERS[: len(self.job.choice_order)]:
            return Advice()
        original = self.job.choice_order[LETTERS.index(shown)]
        return Advice(original, shown, said.recommended_quote or "", said.recommended_by)

    def call(self, error: str = "") -> Call:
        """The record of this call; `error` is the code of what ended it."""
        rules, known = self.job.assistant, self.finished or self._receipt
        first = None if self._first is None else _ms(self._first - self._start)
        return Call(
            started_at=self._started_at,
            provider=rules.provider,
            model_requested=str(rules.settings.get("model", "")),
            model_returned=known.model_returned,
            prompt_sha256=self._prompt_sha256,
            first_token_ms=first,
            latency_ms=_ms(time.monotonic() - self._start),
            input_tokens=known.input_tokens,
            output_tokens=known.output_tokens,
            cached_tokens=known.cached_tokens,
            cache_write_tokens=known.cache_write_tokens,
            cost_usd=cost(known),
            request_id=known.request_id,
            attempts=known.attempts,
            stop_reason=self.finished.stop_reason if self.finished else "",
            error=error,
        )


def cost(known: Finished | Receipt) -> Decimal | None:
    """By the configured prices; None where a price or a count is missing."""
    return cost_usd(
        price(known.model_returned),
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
