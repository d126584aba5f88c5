"""A model-only run that is killed again and again ends with the rows of one that was not."""

import time
from pathlib import Path

import pytest

from tests.api_server import ApiServer
from tests.faults.alone import Alone

pytestmark = pytest.mark.faults
QUESTIONS, IN_FLIGHT, KILLS = 60, 4, 5
RUN = ("run_baseline", "alone", "--comparator", "as_deployed", "--yes", "--concurrency", str(IN_FLIGHT), "-v0")
CONTENT = """select item_id, repeat, choice_order, outcome, answer, text, model_returned, stop_reason, input_tokens,
    output_tokens, prompt_sha256 from studies_baselineanswer order by item_id, repeat, choice_order"""
ANSWERED = "select count(*) from studies_baselineanswer where outcome <> ''"


def prepared(folder: Path, url: str) -> Alone:
    folder.mkdir()
    alone = Alone(folder, url)
    alone.prepare(questions=QUESTIONS, provider="anthropic", settings='{ model = "claude-haiku-4-5", max_retries = 0 }')
    return alone


def answered(alone: Alone) -> int:
    return int(alone.rows(ANSWERED)[0][0])


def kill_after(alone: Alone, more: int) -> None:
    """Start the run and kill it once so many more answers are there."""
    wanted, until = answered(alone) + more, time.monotonic() + 60
    process = alone.command(*RUN)
    while answered(alone) < wanted:
        assert process.poll() is None, "the run ended before it was killed"
        assert time.monotonic() < until
        time.sleep(0.01)
    process.kill()
    process.communicate()


def test_five_kills_change_no_row_and_ask_again_only_what_was_in_flight(tmp_path: Path) -> None:
    with ApiServer(pace=0.003) as server:
        whole, killed = prepared(tmp_path / "whole", server.url), prepared(tmp_path / "killed", server.url)
        whole.do(*RUN)
        asked_once = len(server.requests)
        for _ in range(KILLS):
            kill_after(killed, 6)
        killed.do(*RUN)
        asked_again = len(server.requests) - asked_once
    assert asked_once == QUESTIONS
    assert killed.rows(CONTENT) == whole.rows(CONTENT)
    assert len(killed.rows(CONTENT)) == QUESTIONS
    attempts = int(killed.rows("select sum(attempts) from studies_baselineanswer")[0][0])
    assert asked_again <= attempts <= QUESTIONS + KILLS * IN_FLIGHT
