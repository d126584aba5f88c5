"""For tests that run the chat's event loop against real transactions."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import pytest
from asgiref.sync import sync_to_async

from studies.runner import replies, sweeper
from studies.runner.db import DATABASE
from tests.talker import plug_in

Result = TypeVar("Result")
rows = sync_to_async


@pytest.fixture
async def live(transactional_db: None) -> AsyncIterator[None]:
    """The talker plugged in; afterwards nothing is written any more and the database is let go."""
    plug_in()
    yield
    for writing in list(replies._writings.values()):
        writing.cancel()
    await replies.all_written()
    for task in sweeper._tasks.values():
        task.cancel()
    sweeper._tasks.clear()
    DATABASE.close()


async def until(true: Callable[[], Awaitable[Any]], seconds: float = 10) -> Any:
    """Wait for something to become true, and say so when it does not."""
    async with asyncio.timeout(seconds):
        while not (found := await true()):
            await asyncio.sleep(0.01)
    return found
