"""A model-only run that is killed again and again ends with the rows of one that was not."""

import signal
import time
from pathlib import Path

import pytest

from tests.api_server import ApiServer
from tests.faults.alone import Alone

pytestmark = pytest.mark.faults
QUESTIONS, IN_FLIGHT, KILLS = 45, 4, 5
RUN = ("run_baseline", "alone", "--comparator", "as_deployed", "--yes", "--concurrency", str(IN_FLIGHT), "-v0")
CONTENT = """select item_id, repeat, choice_order, outcome, answer, text, model_returned, stop_reason, input_tokens,
    output_tokens, prompt_sha256 from studies_baselineanswer order by item_id, repeat, choice_order"""
ANSWERED = "select count(*) from studies_baselineanswer where outcome <> ''"


def answered(alone: Alone) -> int:
    return int(alone.rows(ANSWERED)[0][0])


def kill_after(alone: Alone, more: int) -> None:
    """Start the run and kill it once so many more answers are there."""
    wanted, until = answered(alone) + more, time.monotonic() + 60
    process = alone.start(*RUN)
    while answered(alone) < wanted:
        assert process.poll() is None, alone.said
        assert time.monotonic() < until
        time.sleep(0.01)
    process.kill()
    assert process.poll() == -signal.SIGKILL


def test_five_kills_change_no_row_and_ask_again_only_what_was_in_flight(tmp_path: Path) -> None:
    with ApiServer(pace=0.002) as server, Alone(tmp_path, server.url, "anthropic") as alone:
        alone.prepare(questions=QUESTIONS, provider="anthropic", settings='{ model = "claude-haiku-4-5" }')
        alone.keep()
        alone.do(*RUN)
        whole, asked_once = alone.rows(CONTENT), len(server.requests)
        alone.go_back()
        assert answered(alone) == 0
        for _ in range(KILLS):
            kill_after(alone, 6)
        alone.do(*RUN)
        asked_again = len(server.requests) - asked_once
        assert asked_once == QUESTIONS
        assert alone.rows(CONTENT) == whole
        assert len(whole) == QUESTIONS
        attempts = int(alone.rows("select sum(attempts) from studies_baselineanswer")[0][0])
    assert asked_again <= attempts <= QUESTIONS + KILLS * IN_FLIGHT
