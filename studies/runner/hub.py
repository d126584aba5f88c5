"""Replies that are being written in this process, for everybody who reads along.

Readers pull from an offset at their own pace: nobody waits for a slow one, and nothing is lost or repeated.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

COALESCE_SECONDS = 0.1  # smooth to the eye; a frame costs 0.3 ms of CPU, a word of a slow reply 0.2 (measured)
MAX_REPLY_CHARS = 64_000


@dataclass(frozen=True)
class Piece:
    """Text from the offset `at` (in characters) on."""

    at: int
    text: str


class Buffer:
    """One reply as far as it has come. Bounded: `full` says that no more is taken."""

    def __init__(self) -> None:
        self.text = ""
        self.closed = False
        self._changed = asyncio.Event()

    @property
    def full(self) -> bool:
        return len(self.text) >= MAX_REPLY_CHARS

    def append(self, text: str) -> None:
        self.text += text[: MAX_REPLY_CHARS - len(self.text)]
        self._wake()

    def close(self) -> None:
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def read(self, offset: int) -> AsyncIterator[Piece]:
        """The text from `offset` until the reply is closed: the first of it at once, the rest by tenths of a second."""
        while True:
            changed = self._changed
            if len(self.text) > offset:
                piece = Piece(offset, self.text[offset:])
                offset = len(self.text)
                yield piece
                if not self.closed:
                    await asyncio.sleep(COALESCE_SECONDS)
            elif self.closed:
                return
            else:
                await changed.wait()


class Hub:
    """The buffers of the replies that this process is writing, by the reply's public id."""

    def __init__(self) -> None:
        self._buffers: dict[str, Buffer] = {}

    def open(self, reply: str) -> Buffer:
        return self._buffers.setdefault(reply, Buffer())

    def find(self, reply: str) -> Buffer | None:
        return self._buffers.get(reply)

    def close(self, reply: str) -> None:
        """The reply is final in the database: readers finish what they hold, later ones read the row."""
        if buffer := self._buffers.pop(reply, None):
            buffer.close()

    def __len__(self) -> int:
        return len(self._buffers)


HUB = Hub()
