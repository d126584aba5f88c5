"""A real server process on loopback, with a database of its own, for browser, fault and live tests."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120  # how long a loaded machine may take
IN_A_ROW = """
import json, sys, django
from django.core.management import call_command
django.setup()
for words in json.loads(sys.argv[1]):
    call_command(*words)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """`start` and `kill` as often as wanted: the database stays."""

    folder: Path
    extra: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        database = f"sqlite:///{self.folder / 'db.sqlite3'}"
        own = {
            "DATABASE_URL": database,
            "OVERSIGHT_VAR_DIR": str(self.folder / "var"),
            "OVERSIGHT_SECRET_KEY": "only-for-this-test",
            "OVERSIGHT_LOG_LEVEL": "INFO",
            "DJANGO_SETTINGS_MODULE": "oversight.settings",
        }
        return {**os.environ, **own, **self.extra}

    def manage(self, *words: str) -> str:
        """Run a management command on this server's database; its output."""
        return self._run("manage.py", *words)

    def manage_all(self, *commands: Sequence[str]) -> str:
        """Several commands in one process: each start of Django costs seconds."""
        return self._run("-c", IN_A_ROW, json.dumps(commands))

    def _run(self, *words: str) -> str:
        command = [sys.executable, *words]
        ran = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=240)
        assert ran.returncode == 0, f"{' '.join(words)}: {ran.stdout}\n{ran.stderr}"
        return ran.stdout

    def command(self) -> list[str]:
        listen = ["-b", "127.0.0.1", "-p", str(self.port)]
        return [sys.executable, "-m", "daphne", *listen, "oversight.asgi:application"]

    def start(self) -> None:
        log = (self.folder / "server.log").open("ab")
        self.process = subprocess.Popen(self.command(), cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        self._wait_until_it_answers()

    def _wait_until_it_answers(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=START_SECONDS)
            except urllib.error.HTTPError:
                return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                assert self.process is not None
                assert self.process.poll() is None, self.log()
                time.sleep(0.1)
            else:
                return
        raise AssertionError(f"the server does not answer:\n{self.log()}")

    def kill(self) -> None:
        """End it the hard way: SIGKILL, as a power cut would."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def log(self) -> str:
        path = self.folder / "server.log"
        return path.read_text(errors="replace")[-4000:] if path.exists() else ""
