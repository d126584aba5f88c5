"""One database thread per process for the websocket path, with a connection of its own that it keeps.

Opening a connection anew for every call costs about four times the call itself (measured).
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from django.db import connection

Result = TypeVar("Result")
PROBE_AFTER_SECONDS = 10.0


class DatabaseThread:
    """Calls run one after the other; a connection that the database has closed is opened again."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="chat-database")
        self._used_at = 0.0

    async def run(self, function: Callable[..., Result], **arguments: Any) -> Result:
        loop = asyncio.get_running_loop()
        # Shielded: a socket that goes away must not leave the next caller waiting for a half-cancelled call.
        return await asyncio.shield(loop.run_in_executor(self._executor, partial(self._call, function, arguments)))

    def close(self) -> None:
        """Close the connection (the thread stays)."""
        self._executor.submit(lambda: connection.close()).result()  # looked up in that thread

    def _call(self, function: Callable[..., Result], arguments: dict[str, Any]) -> Result:
        self._refresh()
        try:
            return function(**arguments)
        finally:
            self._used_at = time.monotonic()

    def _refresh(self) -> None:
        if connection.connection is None:
            return
        connection.close_at = None  # CONN_MAX_AGE is for requests
        connection.close_if_unusable_or_obsolete()
        if (
            time.monotonic() - self._used_at > PROBE_AFTER_SECONDS
            and connection.connection
            and not connection.is_usable()
        ):
            connection.close()


DATABASE = DatabaseThread()


async def in_db(function: Callable[..., Result], **arguments: Any) -> Result:
    """Run a synchronous function on the database thread."""
    return await DATABASE.run(function, **arguments)
