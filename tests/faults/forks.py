"""Management commands as processes of their own, forked from one that has imported everything: starting costs nothing.

A fork can be killed like any process, and nothing of the database is known before it.
"""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.server import ROOT

LAUNCHER = """
import importlib, json, os, sys
import django
django.setup()
for name in sys.argv[1:]:
    importlib.import_module(name)
from django.core.management import call_command, load_command_class
from django.core.management.base import CommandError
load_command_class("studies", "run_baseline")
for line in sys.stdin:
    words = json.loads(line)
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(words["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        os.dup2(1, 2)
        try:
            call_command(*words["arguments"])
        except CommandError as error:
            print(f"CommandError: {error}", flush=True)
            os._exit(1)
        sys.stdout.flush()
        os._exit(0)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


class Running:
    """A command that was started; one at a time."""

    def __init__(self, forks: "Forks", pid: int) -> None:
        self._forks, self.pid = forks, pid
        self._status: int | None = None

    def poll(self) -> int | None:
        """Its exit status once it has ended, minus the signal where one ended it."""
        if self._status is None and select.select([self._forks.told], [], [], 0)[0]:
            self._status = int(self._forks.told.readline())
        return self._status

    def wait(self) -> int:
        if self._status is None:
            self._status = int(self._forks.told.readline())
        return self._status

    def kill(self) -> None:
        """SIGKILL: it has no chance to put anything in order."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait()


class Forks:
    """`with Forks(env, folder) as forks: forks.do("migrate")`. `loaded` are packages that are slow to come."""

    def __init__(self, env: dict[str, str], folder: Path, *loaded: str) -> None:
        self._output = folder / "output.txt"
        self._process: subprocess.Popen[str] = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER, *loaded],
            env={**env, "DJANGO_SETTINGS_MODULE": "oversight.settings"},
            cwd=ROOT, text=True, bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def __enter__(self) -> "Forks":
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def told(self) -> Any:
        assert self._process.stdout is not None
        return self._process.stdout

    def start(self, *arguments: str) -> Running:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"output": str(self._output), "arguments": arguments}) + "\n")
        return Running(self, int(self.told.readline()))

    def do(self, *arguments: str) -> None:
        """To its end, which is a good one."""
        assert self.start(*arguments).wait() == 0, self.said

    @property
    def said(self) -> str:
        """The output of the last command."""
        return self._output.read_text(errors="replace")
