"""One client of an official SDK per event loop, and its copies as assistants use it: they share its connections."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

CONNECT_SECONDS = 10.0
Client = TypeVar("Client")
How = tuple[int, float, str]


class Clients(Generic[Client]):
    """`made` makes the client that is copied, when it is first needed in a loop."""

    def __init__(self, made: Callable[[], Client]) -> None:
        self._made = made
        self._kept: WeakKeyDictionary[asyncio.AbstractEventLoop, _Kept[Client]] = WeakKeyDictionary()

    async def of(self, *, max_retries: int, read_timeout: float, base_url: str = "") -> Client:
        """A copy costs half a millisecond, so it is kept. Raises what `made` raises."""
        loop = asyncio.get_running_loop()
        if loop not in self._kept:
            self._kept[loop] = kept = _Kept(self._made())
            await anext(kept.open)
        return self._kept[loop].copy(max_retries, read_timeout, base_url)


class _Kept(Generic[Client]):
    """A client and its copies. It closes with its loop, which closes the generators that are open in it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._copies: dict[How, Client] = {}
        self.open = _open(client)

    def copy(self, *how: Any) -> Client:
        if how not in self._copies:
            self._copies[how] = _copy(self._client, *how)
        return self._copies[how]


async def _open(client: Any) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        await client.close()


def _copy(whole: Any, max_retries: int, read_timeout: float, base_url: str) -> Any:
    import httpx2

    timeout = httpx2.Timeout(read_timeout, connect=CONNECT_SECONDS)
    more = {"base_url": base_url} if base_url else {}
    return whole.with_options(max_retries=max_retries, timeout=timeout, **more)
