"""`make demo`: what a first start makes, what a second one keeps, and what it says where it cannot start."""

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api_server import ApiServer
from tests.person import Person
from tests.server import ROOT, Server, free_port


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Server, str]:
    """A folder in which the demo has been prepared once, and what that start said."""
    server = Server(tmp_path_factory.mktemp("demo"))
    return server, server.manage("demo", "--prepare-only", "--port", str(server.port))


def test_a_first_start_tells_its_steps_addresses_login_and_commands(prepared: tuple[Server, str]) -> None:
    server, said = prepared
    for step in ("database", "bundled questions", "demo study, launched", "16 simulated", "login"):
        assert re.search(rf"{step}.* \d+\.\d s\n", said), step
    assert f"{server.url}/join/demo/" in said
    assert f"{server.url}/research/" in said
    assert re.search(r"password: \S{16}\n", said)
    assert "manage.py export demo --out demo.zip" in said
    assert "-m analysis report demo.zip" in said


def test_a_second_start_makes_nothing_again_and_keeps_the_password(prepared: tuple[Server, str]) -> None:
    server, first = prepared
    second = server.manage("demo", "--prepare-only", "--port", str(server.port))
    assert "bundled" not in second
    assert "simulated participants" not in second
    assert re.findall(r"password: (\S+)", second) == re.findall(r"password: (\S+)", first)


def test_one_environment_variable_brings_a_study_of_real_models_that_ask_there(prepared: tuple[Server, str]) -> None:
    server, first = prepared
    assert "demo-models" not in first
    with ApiServer() as service:
        server.extra = {"ANTHROPIC_BASE_URL": service.url, "ANTHROPIC_API_KEY": "", "ANTHROPIC_AUTH_TOKEN": ""}
        said = server.manage("demo", "--prepare-only", "--port", str(server.port))
    server.extra = {}
    assert f"{server.url}/join/demo-models/    answered by {service.url}" in said
    answered = re.findall(r"^(\w+): anthropic: claude-haiku-4-5, first word .* 1 received", said, re.MULTILINE)
    assert answered == ["honest", "assigned", "sycophantic", "critique"]
    assert len(service.requests) == 4


def test_a_newcomer_joins_the_study_that_holds_simulated_people(prepared: tuple[Server, str]) -> None:
    server, _ = prepared
    server.start()
    try:
        person = Person(server.url)
        person.read("/join/demo/")
        person.press()
        assert person.hidden["action"] == "welcome"
    finally:
        server.kill()


def test_a_port_that_is_taken_gives_a_sentence_before_anything_is_made(tmp_path: Path) -> None:
    server = Server(tmp_path, port=free_port())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", server.port))
        taken.listen()
        command = [sys.executable, "manage.py", "demo", "--port", str(server.port)]
        ran = subprocess.run(
            command, cwd=ROOT, env=server.environment, capture_output=True, text=True, timeout=60, check=False
        )
    assert ran.returncode == 1
    assert f"Port {server.port} cannot be used" in ran.stderr
    assert f"make demo PORT={server.port + 1}" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not list(tmp_path.iterdir())
