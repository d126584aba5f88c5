"""Asks everything that a model-only run has left, so many at a time. It can be killed anywhere.

Every question is a row before it is asked, and its answer is recorded before the worker takes the next one: after a
kill only the requests in flight are asked again, and count as attempts.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.utils import timezone

from studies.assistants import registry
from studies.domain.retries import Retries
from studies.models import BaselineRun, Item
from studies.runner.asking import Asking, NotNow
from studies.runner.ledger import Ledger
from studies.services import baselines
from studies.services.baselines import Came

MOST_FAILED_IN_A_ROW = 10
PATIENT = Retries()
Told = Callable[[int], Any]


def run_all(
    run: BaselineRun,
    *,
    concurrency: int,
    seconds: float | None = None,
    retries: Retries = PATIENT,
    told: Told = lambda _: None,
) -> None:
    """Ask what is left (for so many seconds), then mark the run done where nothing is.

    `told` hears of every answer. Returns early where the run is paused, cancelled, at a cap or another worker's.
    """
    worker = secrets.token_hex(8)
    left, items = _begin(run, worker)
    ledger = Ledger(run, worker, items)
    until = None if seconds is None else time.monotonic() + seconds
    with asyncio.Runner() as loop:
        crew = loop.run(_Crew(run, ledger, retries, told, until).begin(left, min(concurrency, len(left))))
        while loop.run(ledger.wishes_of(crew)):
            ledger.write()
    baselines.finish(run=run, now=timezone.now())


def _begin(run: BaselineRun, worker: str) -> tuple[list[int], dict[int, Item]]:
    """The questions that are left, and their items: read once, because cyclic orders and samples share them."""
    registry.load(str(run.rules["provider"]))
    baselines.take(run=run, worker=worker)
    left = run.answers.filter(outcome="").order_by("pk")
    items = Item.objects.filter(pk__in=left.values("item")).prefetch_related("dataset", "passage")
    return list(left.values_list("pk", flat=True)), {item.pk: item for item in items}


class _Crew:
    """What the workers of a run share: where they write, until when they ask, and how many failed in a row."""

    def __init__(self, run: BaselineRun, ledger: Ledger, retries: Retries, told: Told, until: float | None) -> None:
        self._run, self._ledger, self._retries, self._told, self._until = run, ledger, retries, told, until
        self._failed = 0

    async def begin(self, left: list[int], workers: int) -> "asyncio.Future[list[None]]":
        waiting = iter(left)
        crew = asyncio.gather(*(self._work(waiting) for _ in range(workers)))
        crew.add_done_callback(lambda _: self._ledger.wake())
        return crew

    async def _work(self, waiting: Iterator[int]) -> None:
        came: Came | None = None
        for pk in waiting:
            question = await self._ledger.turn_over(came, pk)
            came = None
            if self._ledger.closed:
                break
            if question is not None:
                came = await self._answer(Asking(self._run, question, self._ledger, self._retries))
            if self._until is not None and time.monotonic() >= self._until:
                break
        if came is not None:
            await self._ledger.turn_over(came, None)

    async def _answer(self, asking: Asking) -> Came | None:
        try:
            came = await asking.came()
        except NotNow as why:
            if str(why):
                await self._ledger.pause(str(why))
            return None
        self._told(1)
        self._failed = self._failed + 1 if asking.error else 0
        if self._failed >= MOST_FAILED_IN_A_ROW:
            await self._ledger.pause(f"{self._failed} questions failed in a row, the last one with {asking.error}")
        return came
