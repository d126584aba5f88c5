"""How long 2,000 requests of 200 ms take at 50 in flight, next to the ideal 8 s.

    .venv/bin/python -m tests.bench.baseline                  all of these, one after another:
    .venv/bin/python -m tests.bench.baseline command          run_baseline, with recorded replies that only wait
    .venv/bin/python -m tests.bench.baseline celery           the same through a worker and Redis
    .venv/bin/python -m tests.bench.baseline sdk              run_baseline through the official SDK, to loopback
    .venv/bin/python -m tests.bench.baseline celery-sdk       the same through a worker and Redis
    .venv/bin/python -m tests.bench.baseline bare             the SDK and the service alone: no platform, no database

Time runs from the first request to the last answer that is kept, on an SQLite file of the benchmark's own. The CPU is
that of the process that asks; where others use the machine it says more than the time does.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from tests.faults.alone import Alone
from tests.faults.worker import broker, worker
from tests.server import ROOT

SECONDS, IN_FLIGHT = 0.2, 50
REAL = '{ model = "claude-haiku-4-5" }'
RUN = ("run_baseline", "alone", "--comparator", "as_deployed", "--yes", "--concurrency", str(IN_FLIGHT), "-v0")
ANSWERED = "select count(*) from studies_baselineanswer where outcome = 'answered'"
TIMES = "select min(a.asked_at), r.ended_at from studies_baselineanswer a join studies_baselinerun r on r.id = a.run_id"
SERVICE = """
import uvicorn
from tests.api_server import ApiServer, talk
talk.WORDS = "{{letter}}"  # one word, which takes its whole pace
app = ApiServer(port={port}, pace={seconds}).app
uvicorn.run(app, host="127.0.0.1", port={port}, log_level="critical", lifespan="off")
"""
BARE = """
import asyncio, time
import anthropic
async def main():
    client, left = anthropic.AsyncAnthropic(max_retries=0), iter(range({requests}))
    talk = [{{"role": "user", "content": "Which one?"}}]
    async def ask():
        for _ in left:
            stream = await client.messages.create(model="m", max_tokens=9, messages=talk, stream=True)
            async for _ in stream:
                pass
    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(ask() for _ in range({in_flight})))
    print(time.perf_counter() - wall, time.process_time() - cpu)
asyncio.run(main())
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", choices=[*WAYS, []], metavar="WHAT")
    parser.add_argument("--requests", type=int, default=2000)
    said = parser.parse_args()
    for name in said.what or WAYS:
        with tempfile.TemporaryDirectory() as folder:
            wall, cpu = WAYS[name](Path(folder), said.requests)
        ideal = said.requests * SECONDS / IN_FLIGHT
        print(f"{name:10} {said.requests} requests of {SECONDS:g} s, {IN_FLIGHT} in flight: {wall:.2f} s, ", end="")
        print(
            f"{wall / ideal:.2f} x the ideal {ideal:.1f} s; CPU {1000 * cpu / said.requests:.2f} ms a request",
            flush=True,
        )


def by_command(folder: Path, requests: int) -> tuple[float, float]:
    with Alone(folder) as alone:
        _prepare_replay(alone, requests)
        running = alone.start(*RUN)
        cpu = _cpu_while(alone, requests, running.pid)
        assert running.wait() == 0, alone.said
        return _wall(alone), cpu


def by_celery(folder: Path, requests: int) -> tuple[float, float]:
    with Alone(folder, **broker()) as alone:
        _prepare_replay(alone, requests)
        return _in_background(alone, requests)


def _in_background(alone: Alone, requests: int) -> tuple[float, float]:
    with worker(alone, alone.folder / "worker.log") as process:
        alone.do(*RUN, "--background")
        cpu = _cpu_while(alone, requests, process.pid)
    return _wall(alone), cpu


def _prepare_replay(alone: Alone, requests: int) -> None:
    """Recorded replies of one word, which takes its whole pace: nothing but the platform's own work is left."""
    record = alone.folder / "replies.jsonl"
    record.touch()
    settings = f"{{ file = '{record}', words_per_second = {1 / SECONDS:g} }}"
    alone.prepare(questions=requests, provider="replay", settings=settings)
    items = [key for (key,) in alone.rows("select key from studies_item")]
    record.write_text("".join(json.dumps({"item": f"alone/{key}", "text": "B"}) + "\n" for key in items))


def by_sdk(folder: Path, requests: int) -> tuple[float, float]:
    with _service() as url, Alone(folder, url, "anthropic") as alone:
        alone.prepare(questions=requests, provider="anthropic", settings=REAL)
        running = alone.start(*RUN)
        cpu = _cpu_while(alone, requests, running.pid)
        assert running.wait() == 0, alone.said
        return _wall(alone), cpu


def by_celery_and_sdk(folder: Path, requests: int) -> tuple[float, float]:
    with _service() as url, Alone(folder, url, **broker()) as alone:
        alone.prepare(questions=requests, provider="anthropic", settings=REAL)
        return _in_background(alone, requests)


def by_bare(folder: Path, requests: int) -> tuple[float, float]:
    with _service() as url:
        env = {**os.environ, "ANTHROPIC_API_KEY": "loopback-key", "ANTHROPIC_BASE_URL": url}
        code = BARE.format(requests=requests, in_flight=IN_FLIGHT)
        ran = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True
        )
    wall, cpu = map(float, ran.stdout.split())
    return wall, cpu


def _wall(alone: Alone) -> float:
    first, last = (datetime.fromisoformat(said) for said in alone.rows(TIMES)[0])
    return (last - first).total_seconds()


def _cpu_while(alone: Alone, requests: int, pid: int) -> float:
    """Seconds of CPU of a process and its children, by what they took between the first answers and the last ones."""
    until, seen = time.monotonic() + 600, []
    while not seen or seen[-1][0] < requests:
        assert time.monotonic() < until
        time.sleep(0.2)
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended
            spent = _cpu(pid)
        if done := alone.rows(ANSWERED)[0][0]:
            seen.append((done, spent))
    return (seen[-1][1] - seen[0][1]) * requests / max(1, seen[-1][0] - seen[0][0])


def _cpu(pid: int) -> float:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK") + sum(_cpu(int(child)) for child in children)


@contextmanager
def _service() -> Iterator[str]:
    """It says one word, after the wait."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    code = SERVICE.format(port=port, seconds=SECONDS)
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    try:
        until = time.monotonic() + 30
        while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
            assert time.monotonic() < until, "the service did not start"
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


WAYS = {"command": by_command, "celery": by_celery, "sdk": by_sdk, "celery-sdk": by_celery_and_sdk, "bare": by_bare}

if __name__ == "__main__":
    main()
