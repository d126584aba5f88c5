"""A model-only run that Celery's workers do, through a real broker."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.api_server import ApiServer
from tests.faults.alone import Alone
from tests.faults.worker import broker, worker

pytestmark = [pytest.mark.services, pytest.mark.faults]
QUESTIONS = 6
RUN = ("run_baseline", "alone", "--yes", "--background")
STATE = "select state, why_paused from studies_baselinerun"
ROWS = "select outcome, attempts from studies_baselineanswer"


def eventually(true: Callable[[], bool], log: Path) -> None:
    until = time.monotonic() + 60
    while not true():
        assert time.monotonic() < until, log.read_text()[-3000:]
        time.sleep(0.05)


def test_a_worker_finishes_a_run_and_goes_on_after_a_pause(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with ApiServer() as server, Alone(tmp_path, server.url, **broker()) as alone:
        alone.prepare(questions=QUESTIONS, provider="anthropic", settings='{ model = "claude-haiku-4-5" }')
        alone.do(*RUN, "--cap-tokens", "1", "--concurrency", "1")
        with worker(alone, log):
            eventually(lambda: alone.rows(STATE) == [("paused", "the cap of 1 tokens is reached")], log)
            assert len(server.requests) == 1
            alone.do(*RUN, "--cap-tokens", "1000000", "--concurrency", "3")
            eventually(lambda: alone.rows(STATE) == [("done", "")], log)
        assert alone.rows(ROWS) == [("answered", 1)] * QUESTIONS
        assert len(server.requests) == QUESTIONS
