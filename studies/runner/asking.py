"""One question of a model-only run: its requests, each made again where a fault passes."""

import asyncio
import logging
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.utils import timezone

from studies.assistants import registry
from studies.assistants.base import ModelRequest, ProviderFault
from studies.domain.retries import Retries
from studies.models import BaselineRun
from studies.runner.answers import fault_as_kept, outcome_of, taken
from studies.runner.ledger import Ledger
from studies.runner.questions import Question, requests_of
from studies.runner.source import Calling
from studies.services.baselines import Came
from studies.services.replies import Call

LONGEST_SECONDS = 600.0
ALL_WOULD_FAIL = ("refused_key",)
logger = logging.getLogger(__name__)


class NotNow(Exception):
    """The question stays to be asked: the run does not go on. Says why, where that is this question's finding."""


class Asking:
    """One question as it is asked. Used once. After `came`, `error` says what ended it in failure."""

    def __init__(self, run: BaselineRun, question: Question, ledger: Ledger, retries: Retries) -> None:
        self.error = ""
        self._run, self._question, self._ledger, self._retries = run, question, ledger, retries
        self._calls: list[Calling] = []
        self._records: list[Call] = []
        self._untold: list[Call] = []  # the ledger has not been told of them yet
        self._faults: list[dict[str, Any]] = list(question.row.faults)

    async def came(self) -> Came:
        """What came of it. Raises NotNow."""
        try:
            await self._converse()
        except NotNow:
            raise
        except ProviderFault as fault:
            if fault.code in ALL_WOULD_FAIL:
                await self._ledger.turn_over(self._told("", {"faults": self._faults}), None)
                raise NotNow(f"the provider refused the key ({fault})") from None
            return self._failed(fault.code, str(fault))
        except ValueError as error:
            return self._failed("bad_request", f"bad_request: {error}")
        except Exception as error:
            logger.exception("model-only run %s: question %s failed", self._run.code, self._question.row.pk)
            return self._failed("internal", f"internal: {type(error).__name__}")
        outcome, answer = outcome_of(self._run.method, self._question, self._calls)
        stop = self._records[-1].stop_reason
        return self._told(outcome, {**self._columns(), **answer, "stop_reason": stop})

    async def _converse(self) -> None:
        requests = requests_of(self._run, self._question)
        request = next(requests)
        while True:
            call = await self._call(request)
            self._calls.append(call)
            if call.was_refused:
                return
            try:
                request = requests.send(call.text)
            except StopIteration:
                return

    async def _call(self, request: ModelRequest) -> Calling:
        """The call that came to its end. Raises the fault that no further attempt was made after."""
        attempt = 1
        while True:
            call = Calling(str(self._run.rules["provider"]), timezone.now())
            try:
                await _heard(call, replace(request, attempt=attempt))
            except ProviderFault as fault:
                attempt += 1
                await self._wait(call.record(fault.code), fault, attempt)
            else:
                self._records.append(call.record())
                self._untold.append(self._records[-1])
                return call

    async def _wait(self, record: Call, fault: ProviderFault, attempt: int) -> None:
        """Until the attempt of this number is to be made. Raises the fault where none is."""
        self._faults.append(fault_as_kept(record, fault.retry_after))
        self._untold.append(record)
        seed = f"{self._run.seed}/{self._question.row.pk}/{attempt}"
        seconds = self._retries.wait_before(attempt, retry_after=fault.retry_after, seed=seed)
        if not fault.retryable or seconds is None:
            raise fault
        await self._ledger.turn_over(self._told("", {"faults": self._faults}), None)
        await asyncio.sleep(seconds)
        question = await self._ledger.turn_over(None, self._question.row.pk)
        if question is None:
            raise NotNow
        self._question = question

    def _failed(self, code: str, error: str) -> Came:
        self.error = error
        return self._told("failed", {**self._columns(), "stop_reason": code})

    def _columns(self) -> dict[str, Any]:
        known = [*self._records, *self._untold]
        return {
            "text": "\n\n".join(call.text for call in self._calls),
            "model_returned": known[-1].model_returned if known else "",
            "prompt_sha256": known[0].prompt_sha256 if known else "",
            "faults": self._faults,
            **taken(self._records, self._faults),
        }

    def _told(self, outcome: str, columns: dict[str, Any]) -> Came:
        untold, self._untold = self._untold, []
        tokens = sum((call.input_tokens or 0) + (call.output_tokens or 0) for call in untold)
        usd = sum((call.cost_usd or Decimal(0) for call in untold), Decimal(0))
        unpriced = any(map(_is_unpriced, untold))
        return Came(self._question.row, outcome, columns, tokens, None if unpriced else usd)


async def _heard(call: Calling, request: ModelRequest) -> None:
    """The whole of a call. Raises ProviderFault."""
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            async for _ in call.stream(request):
                pass
    except TimeoutError:
        raise ProviderFault("stalled", retryable=True) from None
    if call.finished is None:
        raise ProviderFault("stream_cut", retryable=True)


def _is_unpriced(call: Call) -> bool:
    return not call.error and call.cost_usd is None and registry.provider(call.provider).remote
