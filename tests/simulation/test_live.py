"""Simulated people over real HTTP and websockets, against a real server process."""

import sqlite3
from pathlib import Path

import pytest

from tests.api_server import KEY, ApiServer
from tests.server import ROOT, Server
from tests.study_file import study_file

pytestmark = pytest.mark.faults
ITEMS = ROOT / "studies" / "datasets" / "bundled" / "mmlu"
SCRIPTED = """
provider = "scripted"
strategy = "assigned"
settings = { words_per_second = 0, first_word_seconds = 0, pauses = [] }
"""
MODEL = """
provider = "anthropic"
strategy = "honest"
settings = { model = "claude-haiku-4-5" }
"""


def launch(server: Server, folder: Path, assistant: str) -> None:
    """Serve a study that is open."""
    study = folder / "live.toml"
    study.write_text(study_file("live", assistant=assistant, dataset="oversight-mmlu"))
    server.manage_all(
        ("migrate", "-v0"),
        ("load_items", "mmlu", str(ITEMS), "--dataset", "oversight-mmlu", "-v0"),
        ("study", "load", str(study)),
        ("study", "launch", "live"),
    )
    server.start()


@pytest.fixture
def server(tmp_path: Path):  # type: ignore[no-untyped-def]
    server = Server(tmp_path)
    launch(server, tmp_path, SCRIPTED)
    yield server
    server.kill()


def test_live_people_finish_and_are_only_in_the_simulated_pool(server: Server, tmp_path: Path) -> None:
    told = server.manage_all(
        ("simulate", "live", "--participants", "4", "--seed", "4", "--live", server.url, "--haste", "100", "-v0"),
        ("check_allocation", "live"),
    )
    assert "simulated people" in told
    rows = sqlite3.connect(tmp_path / "db.sqlite3")
    assert {pool for (pool,) in rows.execute("select pool from studies_participant")} == {"simulated"}
    outcomes = [outcome for (outcome,) in rows.execute("select outcome from studies_session")]
    assert outcomes.count("completed") >= 3, outcomes
    replies = rows.execute("select status, recommended from studies_message where role = 'assistant'").fetchall()
    assert replies
    assert {status for status, _ in replies} == {"done"}
    assert any(recommended for _, recommended in replies)
    assert "come out again" in told


def test_live_people_talk_to_a_service_where_they_are_told_to(tmp_path: Path) -> None:
    with ApiServer() as api:
        server = Server(tmp_path, extra={"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": api.url})
        launch(server, tmp_path, MODEL)
        try:
            live = ("--live", server.url, "--haste", "100", "--ask-services", "-v0")
            told = server.manage_all(("simulate", "live", "--participants", "3", "--seed", "4", *live))
        finally:
            server.kill()
        assert "Asking anthropic: claude-haiku-4-5: at most" in told
        rows = sqlite3.connect(tmp_path / "db.sqlite3")
        replies = rows.execute("select status, text from studies_message where role = 'assistant'").fetchall()
        assert len(replies) == len(api.requests) > 0
        assert all(status == "done" and "fits best" in text for status, text in replies)
