"""Server CPU per streamed token, against the SDK's own on the same stream in the same run.

    python -m tests.bench.token_cost [--replies 20] [--words 400] [--pace 0.01]

A daphne process serves real sockets, each with its own reply from the model service on loopback; its CPU time is read
from /proc and divided by the tokens, so that the message, its rows, checkpoints, frames and coalescing are all in it.
The sockets are open before, one for each person. The SDK's own is a process that reads as many such streams at once and
throws the text away.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from tests.api_server import KEY
from tests.server import ROOT, Server, free_port

GOAL = 3.0
MODEL = "claude-loopback-1"
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its threads so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def sdk_alone(replies: int, words: int) -> float:
    """CPU seconds that the SDK takes for these streams, its import and first client left out."""
    from anthropic import AsyncAnthropic

    client = AsyncAnthropic()

    async def read(words: int) -> None:
        said: Any = [{"role": "user", "content": f"#words={words}"}]
        stream = await client.messages.create(model=MODEL, max_tokens=words, messages=said, stream=True)
        async for _ in stream:
            pass

    await read(10)
    begun = time.process_time()
    await asyncio.gather(*(read(words) for _ in range(replies)))
    return time.process_time() - begun


async def through_the_server(server: Server, trials: list[tuple[str, str]], words: int) -> float:
    """CPU seconds that the whole server takes to bring these replies to their sockets."""
    assert server.process is not None
    async with AsyncExitStack() as opened:
        sockets = [await opened.enter_async_context(socket(server, *one)) for one in trials]
        await chat(sockets[0], trials[0][1], 10)  # what is imported and opened once
        before = cpu_seconds(server.process.pid)
        await asyncio.gather(
            *(chat(one, trial, words) for one, (_, trial) in zip(sockets[1:], trials[1:], strict=True))
        )
        return cpu_seconds(server.process.pid) - before


@asynccontextmanager
async def socket(server: Server, token: str, trial: str) -> AsyncIterator[Any]:
    """The socket of a page that shows this trial."""
    from websockets.asyncio.client import connect

    address = f"{server.url.replace('http', 'ws')}/ws/s/{token}/"
    async with connect(address, origin=server.url) as opened:  # type: ignore[arg-type]
        await opened.send(json.dumps({"type": "hello", "trial": trial}))
        assert json.loads(await opened.recv())["type"] == "snapshot"
        yield opened


async def chat(opened: Any, trial: str, words: int) -> None:
    await opened.send(json.dumps({"type": "message", "trial": trial, "id": "c1", "text": f"#words={words}"}))
    async for frame in opened:
        said = json.loads(frame)
        if said["type"] == "final":
            assert said["message"]["status"] == "done", said
            assert len(said["message"]["text"].split()) == words
            return


def open_trials(number: int, words: int) -> list[tuple[str, str]]:
    """Open trials with a real assistant, in the database that the environment names."""
    import django

    django.setup()
    from django.utils import timezone

    from tests.talk import assisted_trial, token_of

    guide = {"provider": "anthropic", "strategy": "honest", "settings": {"model": MODEL}}
    made = [
        assisted_trial(
            opened_at=timezone.now(), limit=None, assistants={"guide": guide}, chat={"max_reply_tokens": words}
        )
        for _ in range(number)
    ]
    return [(token_of(trial), trial.public_id) for trial in made]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.token_cost", description=__doc__)
    parser.add_argument("--replies", type=int, default=20)
    parser.add_argument("--words", type=int, default=400)
    parser.add_argument("--pace", type=float, default=0.01, help="seconds between the words of a reply")
    parser.add_argument("--sdk-alone", action="store_true", help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.sdk_alone:
        print(asyncio.run(sdk_alone(said.replies, said.words)))
        return
    run(said.replies, max(20, said.words), said.pace)


def run(replies: int, words: int, pace: float) -> None:
    port = free_port()
    own = {
        "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{port}", "ANTHROPIC_API_KEY": KEY, "ANTHROPIC_AUTH_TOKEN": "",
        "REDIS_URL": "", "DJANGO_SETTINGS_MODULE": "oversight.settings",
    }  # fmt: skip
    quiet: Any = {"cwd": ROOT, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    service = subprocess.Popen(
        [sys.executable, "-m", "tests.api_server", "--port", str(port), "--pace", str(pace)], **quiet
    )
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), extra=own)
        try:
            report(*measure(server, replies, words), replies * words, pace)
        finally:
            server.kill()
            service.kill()
            service.wait()


def measure(server: Server, replies: int, words: int) -> tuple[float, float]:
    os.environ.update(server.environment)
    server.manage("migrate", "-v", "0")
    trials = open_trials(replies + 1, words)
    server.start()
    whole = asyncio.run(through_the_server(server, trials, words))
    command = [sys.executable, "-m", "tests.bench.token_cost", "--sdk-alone"]
    alone = subprocess.run(
        [*command, "--replies", str(replies), "--words", str(words)], cwd=ROOT, env=server.environment,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return whole, float(alone.stdout)


def report(whole: float, alone: float, tokens: int, pace: float) -> None:
    from studies.runner.hub import COALESCE_SECONDS

    ratio, every = whole / alone, COALESCE_SECONDS * 1000
    print(f"{tokens:,} tokens, {pace * 1000:g} ms between the words of a reply, coalesced to {every:g} ms")
    print(f"the SDK alone  {alone / tokens * 1e6:6.0f} µs of CPU per token")
    print(f"the server     {whole / tokens * 1e6:6.0f} µs of CPU per token = {ratio:.2f} x (goal: at most {GOAL:g} x)")


if __name__ == "__main__":
    main()
