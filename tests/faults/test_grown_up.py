"""Several web processes, PostgreSQL, Redis, a worker and beat: what one process does reaches the others."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.grown import Site, Uvicorn, grown_site
from tests.person import Person, messages

pytestmark = [pytest.mark.services, pytest.mark.faults]
ENDED = "SELECT state, closed_by FROM studies_trial"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with grown_site(tmp_path) as site:
        yield site


def eventually(true: Callable[[], Any], seconds: float, why: Callable[[], str] = str) -> Any:
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, f"not within {seconds} s: {why()}"
        time.sleep(0.1)
    return found


def reply_of(frame: dict[str, Any], *status: str) -> dict[str, Any] | None:
    return next((m for m in messages(frame) if m["role"] == "assistant" and m["status"] in status), None)


def test_a_reply_is_read_in_another_process_and_marked_interrupted_when_its_own_is_killed(site: Site) -> None:
    site.study()
    daphne, uvicorn = site.web(), site.web(Uvicorn)
    daphne.start()
    uvicorn.start()
    person = Person(daphne.url)
    person.arrive("grown")
    trial = person.start_question()
    with person.socket(trial) as here:
        here.until(lambda frame: "chat" in frame)
        person.move(uvicorn.url)
        with person.socket(trial) as there:
            there.until(lambda frame: "chat" in frame)
            here.say("Which one would you choose, and why?", number="m1")
            there.until(lambda frame: reply_of(frame, "queued", "streaming"))  # the word came through Redis
            there.until(lambda frame: frame["type"] == "delta")  # and the text through the checkpoints
            daphne.kill()
            seen = there.until(lambda frame: reply_of(frame, "interrupted"))
            cut = reply_of(seen, "interrupted")
            assert cut is not None
            assert cut["text"]
            there.send(type="retry", trial=trial, message=cut["id"])
            there.until(lambda frame: reply_of(frame, "done"))
    person.read()
    person.press(answer="A", confidence="60")
    kept = site.rows("SELECT status, attempt, text FROM studies_message WHERE role = 'assistant' ORDER BY attempt")
    assert [(row["status"], row["attempt"]) for row in kept] == [("interrupted", 1), ("done", 2)]
    assert kept[0]["text"] == cut["text"]
    assert [row["closed_by"] for row in site.rows(ENDED) if row["state"] == "closed"] == ["participant"]


def test_worker_and_beat_close_what_is_overdue_while_no_web_process_runs(site: Site) -> None:
    site.study()
    web = site.web()
    web.start()
    person = Person(web.url)
    person.arrive("grown")
    person.start_question()
    web.kill()
    site.run_out()
    site.celery("worker", "--pool", "solo", "--concurrency", "1")
    site.celery("beat", "--schedule", str(site.folder / "beat"))
    eventually(
        lambda: site.rows(ENDED + " WHERE closed_by = 'deadline'"), 120, lambda: site.log("worker") + site.log("beat")
    )
