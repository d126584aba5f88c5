"""One client of an official SDK per event loop, and its copies as assistants use it: they share its connections."""

import asyncio
from collections.abc import Callable
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

CONNECT_SECONDS = 10.0
Client = TypeVar("Client")
How = tuple[int, float, str]


class Clients(Generic[Client]):
    """`made` makes the client that is copied, when it is first needed in a loop."""

    def __init__(self, made: Callable[[], Client]) -> None:
        self._made = made
        self._kept: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[How | None, Client]] = WeakKeyDictionary()

    def of(self, *, max_retries: int, read_timeout: float, base_url: str = "") -> Client:
        """A copy costs half a millisecond, so it is kept. Raises what `made` raises."""
        kept = self._kept.setdefault(asyncio.get_running_loop(), {})
        how = (max_retries, read_timeout, base_url)
        if how not in kept:
            whole = kept.get(None) or kept.setdefault(None, self._made())
            kept[how] = _copy(whole, *how)
        return kept[how]


def _copy(whole: Any, max_retries: int, read_timeout: float, base_url: str) -> Any:
    import httpx2

    timeout = httpx2.Timeout(read_timeout, connect=CONNECT_SECONDS)
    more = {"base_url": base_url} if base_url else {}
    return whole.with_options(max_retries=max_retries, timeout=timeout, **more)
