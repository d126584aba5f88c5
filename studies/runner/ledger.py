"""What the workers of a model-only run want written and given: many wishes in one transaction.

It is written while the event loop stands still. In a thread beside it every statement would wait until the loop lets
go of the interpreter: with 50 requests in flight a transaction of 6 ms took 50.
"""

import asyncio
from dataclasses import dataclass

from django.utils import timezone

from studies.models import BaselineAnswer, BaselineRun, Item
from studies.queries.baselines import Examples
from studies.runner.questions import Question
from studies.services import baselines
from studies.services.baselines import Came


@dataclass(frozen=True)
class _Wish:
    granted: "asyncio.Future[Question | None]"
    came: Came | None = None
    pk: int | None = None
    why_pause: str = ""


class Ledger:
    """Workers wish, `run_all` waits until they did and writes. `closed`: nothing is to be asked."""

    def __init__(self, run: BaselineRun, worker: str, items: dict[int, Item]) -> None:
        self.closed = False
        self._run, self._worker, self._items = run, worker, items
        self._examples = Examples(run.shots)
        self._wishes: list[_Wish] = []
        self._something = asyncio.Event()

    # -- for the workers -------------------------------------------------------------------------------------

    async def turn_over(self, came: Came | None, pk: int | None) -> Question | None:
        """Keep what came and count the next attempt; its question, None where it is not to be asked."""
        return await self._wish(_Wish(asyncio.Future(), came, pk))

    async def pause(self, why: str) -> None:
        await self._wish(_Wish(asyncio.Future(), why_pause=why))

    async def _wish(self, wish: _Wish) -> Question | None:
        self._wishes.append(wish)
        self.wake()
        return await wish.granted

    # -- for who let them work -------------------------------------------------------------------------------

    async def wishes_of(self, crew: "asyncio.Future[list[None]]") -> bool:
        """Let the crew work until somebody wishes something. False once all have gone; raises what stopped one."""
        while not self._wishes and not crew.done():
            self._something.clear()
            await self._something.wait()
        await asyncio.sleep(0)  # what else is ready comes with it
        if not self._wishes:
            crew.result()
        return bool(self._wishes)

    def wake(self) -> None:
        """There may be something new to see."""
        self._something.set()

    def write(self) -> None:
        """Everything that is wished, in one transaction."""
        wishes, self._wishes = self._wishes, []
        for why in {wish.why_pause for wish in wishes if wish.why_pause}:
            baselines.pause(run=self._run, why=why)
        rows = baselines.turn_over(
            run=self._run,
            worker=self._worker,
            came=[wish.came for wish in wishes if wish.came is not None],
            pks=[wish.pk for wish in wishes if wish.pk is not None],
            now=timezone.now(),
        )
        self.closed = self.closed or rows is None
        questions = {pk: self._question(row) for pk, row in (rows or {}).items()}
        for wish in wishes:
            wish.granted.set_result(questions.get(wish.pk or 0))

    def _question(self, row: BaselineAnswer) -> Question:
        row.item = self._items[row.item_id]
        return Question(row, self._examples.of(row.item))
