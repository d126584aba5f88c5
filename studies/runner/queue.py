"""A bound on the requests to model services that this process has in flight, fair between participants.

Who waits is served in turn, one request each: somebody who asks for many things holds nobody else up.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from django.conf import settings


class FairQueue:
    """`async with queue.place(key):` waits for a place. Of one event loop."""

    def __init__(self, places: int) -> None:
        self.free = places
        self._waiting: dict[Hashable, deque[asyncio.Future[None]]] = {}  # in the order in which keys are served

    @property
    def waiting(self) -> int:
        return sum(len(futures) for futures in self._waiting.values())

    @asynccontextmanager
    async def place(self, key: Hashable) -> AsyncIterator[None]:
        await self._take(key)
        try:
            yield
        finally:
            self._give()

    async def _take(self, key: Hashable) -> None:
        if self.free > 0:
            self.free -= 1
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, deque()).append(future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._give()  # the place was given in the moment of leaving
            else:
                self._leave(key, future)
            raise

    def _leave(self, key: Hashable, future: asyncio.Future[None]) -> None:
        """Unless it was passed over already, in the moment of leaving."""
        futures = self._waiting.get(key, deque())
        if future in futures:
            futures.remove(future)
        if not futures:
            self._waiting.pop(key, None)

    def _give(self) -> None:
        while self._waiting:
            key = next(iter(self._waiting))
            futures = self._waiting.pop(key)
            future = futures.popleft()
            if futures:
                self._waiting[key] = futures  # to the end: the others first
            if not future.cancelled():
                future.set_result(None)
                return
        self.free += 1


QUEUE = FairQueue(settings.MAX_REQUESTS_IN_FLIGHT)
