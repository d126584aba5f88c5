"""One coroutine that asks everything that a model-only run has left, so many at a time. It can be killed anywhere.

Every question is a row before it is asked, and its answer is recorded before the worker takes the next one: after a
kill only the requests in flight are asked again, and count as attempts.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import Sum
from django.utils import timezone

from studies.assistants import registry
from studies.assistants.base import (
    Delta,
    Finished,
    Intent,
    ModelRequest,
    Part,
    ProviderFault,
    Receipt,
    Shared,
    Situation,
    Turn,
)
from studies.assistants.prompts import prompt_sha256, prompt_text
from studies.domain.answers import LETTERS, to_original, to_shown
from studies.domain.baselines import METHODS, likeliest, posed, read_letter, read_percentage, read_probabilities
from studies.domain.baselines import with_examples as shown_examples
from studies.domain.briefs import draw_target
from studies.domain.protocol import Assistant
from studies.domain.randomisation import derive_seed
from studies.domain.transcript import shown_options
from studies.models import BaselineAnswer, BaselineRun, Item
from studies.runner.source import cost
from studies.services import baselines
from studies.services.baselines import Came
from studies.services.briefs import belief_of

logger = logging.getLogger(__name__)
ALL_WOULD_FAIL = ("refused_key",)
Told = Callable[[int], Any]


@dataclass(frozen=True)
class Reply:
    """The text of one or two requests, and the sum of what they used."""

    texts: tuple[str, ...]
    finished: Finished
    latency_ms: int
    cost_usd: Decimal | None


async def run_all(run: BaselineRun, *, concurrency: int, most: int | None = None, told: Told = lambda _: None) -> None:
    """Ask what is left (at most `most` questions), then mark the run done where nothing is.

    `told` hears of every answer. Returns early where the run is paused, cancelled or at its cap.
    """
    left = await sync_to_async(_left)(run, most)
    spent = _Spending(run.cap_usd, await sync_to_async(_spent)(run))
    waiting, ledger = iter(left), _Ledger(run)
    async with asyncio.TaskGroup() as group:
        for _ in range(min(concurrency, len(left))):
            group.create_task(_worker(run, waiting, ledger, spent, told))
    await sync_to_async(baselines.finish)(run=run, now=timezone.now())


def _left(run: BaselineRun, most: int | None) -> list[int]:
    return list(run.answers.filter(outcome="").order_by("pk").values_list("pk", flat=True)[:most])


def _spent(run: BaselineRun) -> Decimal:
    return run.answers.aggregate(usd=Sum("cost_usd"))["usd"] or Decimal(0)


@dataclass
class _Spending:
    cap: Decimal | None
    usd: Decimal

    @property
    def reached(self) -> bool:
        return self.cap is not None and self.usd >= self.cap


async def _worker(run: BaselineRun, waiting: Iterator[int], ledger: "_Ledger", spent: _Spending, told: Told) -> None:
    came: Came | None = None
    for pk in waiting:
        if spent.reached:
            break
        question = await ledger.turn_over(came, pk)
        came = None
        if question is None:
            continue
        came = await _answered(run, question)
        if came is not None:
            spent.usd += came.columns.get("cost_usd") or 0
            told(1)
    if came is not None:
        await ledger.turn_over(came, None)
    if spent.reached:
        await sync_to_async(baselines.pause)(run=run, why=f"the cap of {spent.cap} USD is reached")


class _Ledger:
    """What workers want written while a transaction runs goes into the next one together: a hop for many."""

    def __init__(self, run: BaselineRun) -> None:
        self._run = run
        self._wanted: list[tuple[Came | None, int | None, asyncio.Future[BaselineAnswer | None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def turn_over(self, came: Came | None, pk: int | None) -> BaselineAnswer | None:
        """Keep the last answer, count the next attempt; its question, None where it is not to be asked."""
        future: asyncio.Future[BaselineAnswer | None] = asyncio.get_running_loop().create_future()
        self._wanted.append((came, pk, future))
        if self._task is None:
            self._task = asyncio.create_task(self._write())
        return await future

    async def _write(self) -> None:
        while self._wanted:
            wanted, self._wanted = self._wanted, []
            try:
                questions = await sync_to_async(baselines.turn_over)(
                    run=self._run,
                    came=[came for came, _, _ in wanted if came is not None],
                    pks=[pk for _, pk, _ in wanted if pk is not None],
                    now=timezone.now(),
                )
            except Exception as error:
                for _, _, future in wanted:
                    _settle(future, error=error)
                continue
            for _, pk, future in wanted:
                _settle(future, questions.get(pk) if pk is not None else None)
        self._task = None


def _settle(
    future: asyncio.Future[BaselineAnswer | None], value: BaselineAnswer | None = None, error: Exception | None = None
) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(value)


async def _answered(run: BaselineRun, question: BaselineAnswer) -> Came | None:
    """None where every other request would fail alike: then the run is paused, and nothing is recorded."""
    begun = time.monotonic()
    request = None
    try:
        examples = await sync_to_async(_examples)(run, question.item) if run.shots else []
        request = request_for(run, question, examples)
        reply = await _ask(run, request, begun)
        told = await _letter_probabilities(run, request, question)
        return _came(run, question, request, reply, told)
    except ProviderFault as fault:
        if fault.code in ALL_WOULD_FAIL:
            await sync_to_async(baselines.pause)(run=run, why=f"the provider refused the key ({fault.code})")
            return None
        return _failed(question, request, fault.receipt, fault.code, begun)
    except ValueError:
        return _failed(question, request, Receipt(), "bad_request", begun)
    except Exception:
        logger.exception("model-only run %s: question %s failed", run.code, question.pk)
        return _failed(question, request, Receipt(), "internal", begun)


# -- asking --------------------------------------------------------------------------------------------------


def request_for(run: BaselineRun, question: BaselineAnswer, examples: list[tuple[str, str]]) -> ModelRequest:
    """The first request of a question. Raises ValueError where its strategy lacks what it needs."""
    rules, item, order = run.assistant_rules, question.item, question.choice_order
    options = tuple(shown_options(item.options, order))
    bare = Situation(
        intent=_intent(run, rules, question),
        seed=derive_seed(run.seed, "baseline", item.content_sha256, question.repeat, order),
        max_tokens=run.max_tokens,
        options=rules.settings,
        item=f"{item.dataset.name}/{item.key}",
    )
    if run.comparator == "as_deployed":
        return registry.strategy(rules.strategy).request(_as_deployed(bare, rules, item, options))
    asked = posed(item.question, options, item.passage.text if item.passage else "")
    name = METHODS[run.method].ask
    text = f"{shown_examples(asked, examples)}\n\n{prompt_text(name).strip()}"
    situation = replace(bare, shared=Shared(item.question, options), turns=(Turn("participant", text),))
    return ModelRequest(system=prompt_text("baseline.v1").strip(), prompt_sha256=prompt_sha256(name), **vars(situation))


def _as_deployed(bare: Situation, rules: Assistant, item: Item, options: tuple[str, ...]) -> Situation:
    """As in a trial: what its study shares is shared, and the person has pasted the question."""
    asks = "question" in rules.sees
    passage = item.passage.text if item.passage and "passage" in rules.sees else None
    return replace(
        bare,
        shared=Shared(item.question if asks else None, options if asks else None, passage),
        turns=(Turn("participant", posed(item.question, options)),),
    )


def _intent(run: BaselineRun, rules: Assistant, question: BaselineAnswer) -> Intent:
    """The belief of its trials for an honest assistant without a model; a target of its own draw for an assigned."""
    item, letter = question.item, ""
    if not item.gold or item.key_status != "ok":
        return Intent()
    if run.comparator == "as_deployed" and registry.strategy(rules.strategy).draws_target:
        parts = (run.study_seed, "baseline-brief", run.seed, item.content_sha256)
        letter = draw_target(
            seed_parts=parts, slot=question.repeat - 1, gold=item.gold, letters=item.letters,
            p_correct=rules.p_correct, block=1,
        ).target  # fmt: skip
    elif registry.provider(rules.provider).needs_belief:
        honest = rules.model_copy(update={"strategy": "honest"})
        letter = belief_of(study_seed=run.study_seed, assistant=run.assistant, rules=honest, item=item)
    if not letter:
        return Intent()
    return Intent(to_shown(question.choice_order, letter), item.options[LETTERS.index(letter)])


def _examples(run: BaselineRun, item: Item) -> list[tuple[str, str]]:
    rows = Item.objects.filter(dataset=item.dataset_id, split="dev", category=item.category).exclude(gold="")
    found = rows.exclude(pk=item.pk).order_by("pk")[: run.shots]
    examples = [(posed(example.question, example.options), example.gold) for example in found]
    if len(examples) < run.shots:
        raise ValueError(f"the dev split has only {len(examples)} examples")
    return examples


async def _ask(run: BaselineRun, request: ModelRequest, begun: float) -> Reply:
    rules_provider = str(run.rules["provider"])
    text, finished = await _once(rules_provider, request)
    parts, texts = [finished], [text]
    then = METHODS[run.method].then if run.comparator == "benchmark" else ""
    if then and finished.stop_reason != "refusal" and text.strip():
        turns = (*request.turns, Turn("assistant", text), Turn("participant", prompt_text(then).strip()))
        text, finished = await _once(rules_provider, replace(request, turns=turns, reply=2))
        texts.append(text)
        parts.append(finished)
    costs = [cost(part) for part in parts]
    usd = None if None in costs else sum((value or Decimal(0) for value in costs), Decimal(0))
    return Reply(tuple(texts), _summed(parts), round((time.monotonic() - begun) * 1000), usd)


async def _once(provider: str, request: ModelRequest) -> tuple[str, Finished]:
    pieces: list[str] = []
    finished = None
    stream: AsyncIterator[Part] = registry.provider(provider).stream(request)
    async for part in stream:
        if isinstance(part, Delta):
            pieces.append(part.text)
        elif isinstance(part, Finished):
            finished = part
    if finished is None:
        raise ProviderFault("stream_cut", retryable=True)
    return "".join(pieces), finished


def _summed(parts: list[Finished]) -> Finished:
    def total(counts: list[int | None]) -> int | None:
        return None if None in counts else sum(count or 0 for count in counts)

    return replace(
        parts[-1],
        input_tokens=total([part.input_tokens for part in parts]),
        output_tokens=total([part.output_tokens for part in parts]),
        recommended_shown=parts[0].recommended_shown or parts[-1].recommended_shown,
    )


async def _letter_probabilities(
    run: BaselineRun, request: ModelRequest, question: BaselineAnswer
) -> dict[str, float] | None:
    """True probabilities by original letter, of the one provider that tells them, for methods that ask for a letter."""
    asking = getattr(registry.provider(str(run.rules["provider"])), "letter_probabilities", None)
    if asking is None or run.method not in ("zero_shot", "few_shot"):
        return None
    told = await asking(request, LETTERS[: len(question.choice_order)])
    return None if told is None else {to_original(question.choice_order, shown): p for shown, p in told.items()}


# -- what came -----------------------------------------------------------------------------------------------


def _came(
    run: BaselineRun, question: BaselineAnswer, request: ModelRequest, reply: Reply, told: dict[str, float] | None
) -> Came:
    columns = _columns(request, reply.finished, reply.finished.stop_reason, reply.latency_ms, reply.cost_usd)
    columns["text"] = "\n\n".join(reply.texts)
    if reply.finished.stop_reason == "refusal":
        return Came(question.pk, "refused", columns)
    answer, probability, probabilities = _read(run, question, reply, told)
    if not answer:
        return Came(question.pk, "unparsed", columns)
    return Came(
        question.pk,
        "answered",
        columns | {"answer": answer, "probability": probability, "probabilities": probabilities},
    )


def _read(
    run: BaselineRun, question: BaselineAnswer, reply: Reply, told: dict[str, float] | None
) -> tuple[str, float | None, dict[str, float] | None]:
    """The answer (original order), its probability and all of them; '' and None where there are none."""
    probabilities = told
    if run.method == "stated_probability":
        probabilities = read_probabilities(reply.texts[0], question.choice_order)
    if probabilities:
        answer = likeliest(probabilities)
        return answer, probabilities.get(answer), probabilities
    recommended = reply.finished.recommended_shown if reply.finished.recommended_by == "provider" else None
    options = shown_options(question.item.options, question.choice_order)
    text = reply.texts[0] if run.method == "p_true" else reply.texts[-1]
    unread = run.method == "stated_probability" and not recommended
    shown = recommended or ("" if unread else read_letter(text, options))
    sure = read_percentage(reply.texts[1]) if run.method == "p_true" and len(reply.texts) == 2 else None
    return to_original(question.choice_order, shown), sure, None


def _failed(question: BaselineAnswer, request: ModelRequest | None, known: Receipt, code: str, begun: float) -> Came:
    latency = round((time.monotonic() - begun) * 1000)
    return Came(question.pk, "failed", _columns(request, known, code, latency, cost(known)))


def _columns(
    request: ModelRequest | None, known: Finished | Receipt, stop: str, latency_ms: int, usd: Decimal | None
) -> dict[str, Any]:
    return {
        "model_returned": known.model_returned,
        "stop_reason": stop,
        "prompt_sha256": request.prompt_sha256 if request else "",
        "input_tokens": known.input_tokens,
        "output_tokens": known.output_tokens,
        "cost_usd": usd,
        "latency_ms": latency_ms,
    }
