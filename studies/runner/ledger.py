"""What the workers of a model-only run want written and given: many wishes in one transaction, and one hop for it."""

import asyncio
from dataclasses import dataclass

from asgiref.sync import sync_to_async
from django.utils import timezone

from studies.models import BaselineAnswer, BaselineRun, Item
from studies.queries.baselines import Examples
from studies.runner.questions import Question
from studies.services import baselines
from studies.services.baselines import Came


@dataclass(frozen=True)
class _Wish:
    came: Came | None
    pk: int | None
    granted: "asyncio.Future[Question | None]"


class Ledger:
    """What is wished while a transaction runs goes into the next one together. `closed`: nothing is to be asked."""

    def __init__(self, run: BaselineRun, worker: str, items: dict[int, Item]) -> None:
        self.closed = False
        self._run, self._worker, self._items = run, worker, items
        self._examples = Examples(run.shots)
        self._wishes: list[_Wish] = []
        self._task: asyncio.Task[None] | None = None

    async def turn_over(self, came: Came | None, pk: int | None) -> Question | None:
        """Keep what came and count the next attempt; its question, None where it is not to be asked."""
        wish = _Wish(came, pk, asyncio.get_running_loop().create_future())
        self._wishes.append(wish)
        if self._task is None:
            self._task = asyncio.create_task(self._write())
        return await wish.granted

    async def _write(self) -> None:
        while self._wishes:
            wishes, self._wishes = self._wishes, []
            try:
                questions = await sync_to_async(self._turn)(wishes)
            except Exception as error:
                _refuse(wishes, error)
                continue
            self.closed = self.closed or questions is None
            for wish in wishes:
                if not wish.granted.done():
                    wish.granted.set_result((questions or {}).get(wish.pk or 0))
        self._task = None

    def _turn(self, wishes: list[_Wish]) -> dict[int, Question] | None:
        rows = baselines.turn_over(
            run=self._run,
            worker=self._worker,
            came=[wish.came for wish in wishes if wish.came is not None],
            pks=[wish.pk for wish in wishes if wish.pk is not None],
            now=timezone.now(),
        )
        return None if rows is None else {pk: self._question(row) for pk, row in rows.items()}

    def _question(self, row: BaselineAnswer) -> Question:
        row.item = self._items[row.item_id]
        return Question(row, self._examples.of(row.item))


def _refuse(wishes: list[_Wish], error: Exception) -> None:
    for wish in wishes:
        if not wish.granted.done():
            wish.granted.set_exception(error)
