"""How much later than the provider's first token the browser has it, with a hundred chats at once.

    python -m tests.bench.first_token [--chats 100]

Everybody sends one message within three seconds to one daphne process on SQLite, so that all replies are being written
at once; the provider's moment is what the server records, the browser's when the first `delta` frame arrives (one
machine, one clock). Beside it, in the same run, as many readers of a bare Starlette stream of the same pace: there the
delay is from the moment at which a token is made.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.server import ROOT, Server, free_port

GOAL_MS = 50
PACE = {"words_per_second": 12, "first_word_seconds": 1.0, "verbosity": "long"}
WORDS = 80
WITHIN_SECONDS = 3.0
QUIET = {"REDIS_URL": "", "OVERSIGHT_LOG_LEVEL": "WARNING"}


async def bare_stream(scope: Any) -> Any:
    """A Starlette response: a second of silence, then words that carry the moment at which they were made."""
    from starlette.responses import StreamingResponse

    async def words() -> AsyncIterator[str]:
        await asyncio.sleep(PACE["first_word_seconds"])
        for _ in range(WORDS):
            yield f"{time.time()}\n"
            await asyncio.sleep(1 / PACE["words_per_second"])

    return StreamingResponse(words(), media_type="text/plain")


def starlette_app() -> Any:
    from starlette.applications import Starlette
    from starlette.routing import Route

    return Starlette(routes=[Route("/", bare_stream)])


async def read_bare(url: str, client: Any, wait: float) -> float:
    delays = []
    await asyncio.sleep(wait)
    async with client.stream("GET", url) as response:
        async for line in response.aiter_lines():
            delays.append(time.time() - float(line))
    return delays[0]


def waits(chats: int) -> list[float]:
    source = random.Random(1)
    return [source.uniform(0, WITHIN_SECONDS) for _ in range(chats)]


async def read_bare_all(url: str, chats: int) -> list[float]:
    import httpx

    limits = httpx.Limits(max_connections=chats)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        return await asyncio.gather(*(read_bare(url, client, wait) for wait in waits(chats)))


async def chat(server: Server, token: str, trial: str, everybody: asyncio.Barrier, wait: float) -> tuple[str, float]:
    """The reply's id, and when its first words had come."""
    from websockets.asyncio.client import connect

    address = f"{server.url.replace('http', 'ws')}/ws/s/{token}/"
    arrived: tuple[str, float] | None = None
    async with connect(address, origin=server.url) as socket:  # type: ignore[arg-type]
        await socket.send(json.dumps({"type": "hello", "trial": trial}))
        await everybody.wait()
        await asyncio.sleep(wait)
        text = "Which answer is right, and why?"
        await socket.send(json.dumps({"type": "message", "trial": trial, "id": "c1", "text": text}))
        async for frame in socket:
            said = json.loads(frame)
            if said["type"] == "delta" and arrived is None:
                arrived = said["id"], time.time()
            if said["type"] == "final":
                assert arrived is not None, said
                return arrived
    raise AssertionError("the socket ended before its reply")


async def chat_all(server: Server, trials: Sequence[tuple[str, str]]) -> dict[str, float]:
    everybody = asyncio.Barrier(len(trials))
    return dict(
        await asyncio.gather(
            *(chat(server, *one, everybody, wait) for one, wait in zip(trials, waits(len(trials)), strict=True))
        )
    )


def open_trials(number: int) -> list[tuple[str, str]]:
    """Open trials with the scripted assistant, in the database that the environment names."""
    import django

    django.setup()
    from django.utils import timezone

    from tests.talk import assisted_trial, token_of

    guide = {"provider": "scripted", "strategy": "assigned", "settings": PACE}
    made = [
        assisted_trial(opened_at=timezone.now(), limit=None, assistants={"guide": guide}, target="B")
        for _ in range(number)
    ]
    return [(token_of(trial), trial.public_id) for trial in made]


def recorded(replies: Sequence[str]) -> dict[str, datetime]:
    from studies.models import Message

    rows = Message.objects.filter(public_id__in=replies).values_list("public_id", "first_token_at")
    return {reply: moment for reply, moment in rows if moment is not None}


def measure_chats(chats: int, folder: Path) -> list[float]:
    server = Server(folder, extra={**QUIET, "DJANGO_SETTINGS_MODULE": "oversight.settings"})
    os.environ.update(server.environment)
    server.manage("migrate", "-v", "0")
    trials = open_trials(chats + 1)
    server.start()
    try:
        asyncio.run(chat_all(server, trials[:1]))  # what is imported and opened once
        arrived = asyncio.run(chat_all(server, trials[1:]))
    finally:
        server.kill()
    made = recorded(list(arrived))
    return [moment - made[reply].timestamp() for reply, moment in arrived.items()]


def measure_bare(chats: int) -> list[float]:
    port = free_port()
    words = ["-m", "uvicorn", "--factory", "tests.bench.first_token:starlette_app", "--port", str(port)]
    process = subprocess.Popen(
        [sys.executable, *words, "--log-level", "error"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port)
        return asyncio.run(read_bare_all(f"http://127.0.0.1:{port}/", chats))
    finally:
        process.kill()
        process.wait()


def wait_for(port: int) -> None:
    import socket

    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the Starlette server does not answer")


def line(name: str, delays: Sequence[float]) -> str:
    cuts = statistics.quantiles([delay * 1000 for delay in delays], n=100)
    return f"{name:<16} median {cuts[49]:6.1f} ms   p95 {cuts[94]:6.1f} ms   most {max(delays) * 1000:6.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.first_token", description=__doc__)
    parser.add_argument("--chats", type=int, default=100)
    chats = parser.parse_args().chats
    with tempfile.TemporaryDirectory() as folder:
        through = measure_chats(chats, Path(folder))
    bare = measure_bare(chats)
    print(f"{chats} chats at once, from the provider's first token to the browser's (goal: p95 under {GOAL_MS} ms)")
    print(line("this platform", through))
    print(line("bare Starlette", bare))


if __name__ == "__main__":
    main()
