"""How long 2,000 requests of 200 ms take at 50 in flight, next to the ideal 8 s.

    .venv/bin/python -m tests.bench.baseline            the coroutine with a provider that only waits
    .venv/bin/python -m tests.bench.baseline --sdk      the official SDK against a service on loopback

The database is an SQLite file of the benchmark's own.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.alone import ROOT, Alone

SECONDS, IN_FLIGHT = 0.2, 50
SCRIPTED = "{ first_word_seconds = 0.2, verbosity = 'short' }"
REAL = '{ model = "claude-haiku-4-5", max_retries = 0 }'
INSIDE = """
import time
import django
django.setup()
from asgiref.sync import async_to_sync
from studies.models import BaselineRun
from studies.runner.baselines import run_all
run = BaselineRun.objects.get()
wall, cpu = time.perf_counter(), time.process_time()
async_to_sync(run_all)(run, concurrency={in_flight})
print(time.perf_counter() - wall, time.process_time() - cpu, run.answers.exclude(outcome__in=["", "failed"]).count())
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sdk", action="store_true")
    parser.add_argument("--requests", type=int, default=2000)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), said.requests, sdk=said.sdk)


def measure(folder: Path, requests: int, *, sdk: bool) -> None:
    port = _free_port()
    alone = Alone(folder, f"http://127.0.0.1:{port}")
    # One word of the service takes its whole pace.
    provider, settings = ("anthropic", REAL) if sdk else ("scripted", SCRIPTED)
    alone.prepare(questions=requests, provider=provider, settings=settings)
    planned = alone.command(
        "run_baseline",
        "alone",
        "--comparator",
        "as_deployed",
        "-v0",
        *(
            ()
            if sdk
            else (
                "--cap-usd",
                "0",
            )
        ),
    )
    planned.communicate()
    server = _serve(port) if sdk else None
    try:
        wall, cpu, kept = _run(alone)
    finally:
        if server:
            server.kill()
            server.wait()
    ideal = requests * SECONDS / IN_FLIGHT
    print(
        f"{requests} requests of {SECONDS:g} s, {IN_FLIGHT} in flight, {'anthropic SDK' if sdk else 'scripted'}: ",
        end="",
    )
    print(f"{wall:.2f} s, {wall / ideal:.2f} x the ideal {ideal:.1f} s; CPU {cpu:.2f} s; {kept} answers kept")


def _run(alone: Alone) -> tuple[float, float, int]:
    alone.do(
        "shell", "-v0", "-c", "from studies.models import *; BaselineRun.objects.update(state='running', cap_usd=None)"
    )
    env = {**alone.env, "DJANGO_SETTINGS_MODULE": "oversight.settings"}
    call = [sys.executable, "-c", INSIDE.format(in_flight=IN_FLIGHT)]
    said = subprocess.run(call, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout.split()
    return float(said[0]), float(said[1]), int(said[2])


def _serve(port: int) -> "subprocess.Popen[bytes]":
    """It says one word, after the wait."""
    code = (
        "import uvicorn; from tests.api_server import ApiServer; from tests.api_server import talk;"
        "talk.WORDS = '{letter}';"
        f"server = ApiServer(port={port}, pace={SECONDS});"
        f"uvicorn.run(server.app, host='127.0.0.1', port={port}, log_level='critical', lifespan='off')"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=dict(os.environ))
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.05)
    raise SystemExit("the service did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
