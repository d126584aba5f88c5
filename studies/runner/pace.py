"""Making assistants equally fast: a reply is held back and let out at the study's pace, whatever its provider does.

The provider is read as fast as it comes, so that its own latency is measured as it is.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, suppress

from studies.domain.protocol import ReplyPace

WORD = re.compile(r"\S+\s*|\s+")
SPACE = re.compile(r"\s+")
PIECE_SECONDS = 0.1  # a piece holds the text of this time: few wake-ups, smooth to the eye


async def paced(source: AsyncIterator[str], *, pace: ReplyPace, first_in: float, longest: float) -> AsyncGenerator[str]:
    """The text of `source` in pieces: the first `first_in` seconds from now at the earliest, the rest at the pace.

    `source` has `longest` seconds. What it raises is raised once all the text before has been let out.
    """
    arrived: asyncio.Queue[str | None] = asyncio.Queue()
    reading = asyncio.create_task(_read(source, arrived, longest))
    try:
        async with aclosing(_let_out(arrived, pace, first_in)) as pieces:
            async for piece in pieces:
                yield piece
        await reading
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await reading


async def _read(source: AsyncIterator[str], arrived: asyncio.Queue[str | None], longest: float) -> None:
    try:
        async with asyncio.timeout(longest):
            async for text in source:
                arrived.put_nowait(text)
    finally:
        arrived.put_nowait(None)


async def _let_out(arrived: asyncio.Queue[str | None], pace: ReplyPace, first_in: float) -> AsyncGenerator[str]:
    """Due times, not gaps, so that lateness does not add up; time in which nothing had come is not made up for."""
    loop = asyncio.get_running_loop()
    due = loop.time() + first_in
    while (text := await arrived.get()) is not None:
        due = max(due, loop.time())
        for piece, seconds in _pieces(text, pace):
            if (early := due - loop.time()) > 0:
                await asyncio.sleep(early)
            yield piece
            due += seconds


def _pieces(text: str, pace: ReplyPace) -> Iterator[tuple[str, float]]:
    """The text in parts of about a tenth of a second, each with the time that it takes.

    A word counts where it ends: a provider may hand it over in several parts.
    """
    if pace.per_second is None:
        yield text, 0.0
        return
    by_word = pace.unit == "words"
    units = WORD.findall(text) if by_word else list(text)
    size = max(1, round(pace.per_second * PIECE_SECONDS))
    for start in range(0, len(units), size):
        part = "".join(units[start : start + size])
        yield part, (len(SPACE.findall(part)) if by_word else len(part)) / pace.per_second
