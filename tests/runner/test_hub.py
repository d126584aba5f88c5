import asyncio
import random

import pytest

from studies.runner import hub
from studies.runner.hub import MAX_REPLY_CHARS, Buffer, Hub


async def read_all(buffer: Buffer, offset: int = 0, pause: float = 0) -> str:
    text = ""
    async for piece in buffer.read(offset):
        assert piece.at == offset + len(text)
        text += piece.text
        await asyncio.sleep(pause)
    return text


async def test_every_reader_gets_every_character_once_from_wherever_it_starts() -> None:
    source, buffer = random.Random(1), Buffer()
    words = ["".join(source.choices("abc ", k=source.randint(1, 9))) for _ in range(300)]
    early = asyncio.create_task(read_all(buffer))
    slow = asyncio.create_task(read_all(buffer, pause=0.07))
    for place, word in enumerate(words):
        buffer.append(word)
        if place == 150:
            held = len(buffer.text) - 5
            late = asyncio.create_task(read_all(buffer, held))
        if place % 20 == 0:
            await asyncio.sleep(0.001)
    buffer.close()
    whole = "".join(words)
    assert await early == await slow == whole
    assert await late == whole[held:]


async def test_the_first_word_goes_at_once_and_the_next_ones_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "COALESCE_SECONDS", 0.3)  # far longer than a busy machine holds six words up
    buffer = Buffer()
    pieces: list[str] = []

    async def read() -> None:
        async for piece in buffer.read(0):
            pieces.append(piece.text)

    reader = asyncio.create_task(read())
    await asyncio.sleep(0)
    for word in "abcdef":
        buffer.append(word)
        for _ in range(3):
            await asyncio.sleep(0)
        assert pieces == ["a"]
    buffer.close()
    await reader
    assert pieces == ["a", "bcdef"]


async def test_a_reply_is_bounded() -> None:
    buffer = Buffer()
    buffer.append("x" * (MAX_REPLY_CHARS + 9))
    assert buffer.full
    assert len(buffer.text) == MAX_REPLY_CHARS


async def test_a_final_reply_takes_no_memory() -> None:
    open_ones = Hub()
    buffer = open_ones.open("r")
    open_ones.close("r")
    assert len(open_ones) == 0
    assert buffer.closed
