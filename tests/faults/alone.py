"""A study in a database of its own, and run_baseline as a process that can be killed."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.api_server import KEY
from tests.server import ROOT

STUDY = """
[study]
slug = "alone"
title = "Alone"
seed = 7
expected_minutes = 3
pay = "nothing"
contact_name = "Somebody"
contact_email = "somebody@example.org"
[design]
participants = 20
[[tasks]]
name = "mmlu"
dataset = "alone"
items_per_arm = 2
time_limit_seconds = 60
[[arms]]
name = "unaided"
label = "Unaided"
[[arms]]
name = "assisted"
label = "Assisted"
assistant = "guide"
[assistants.guide]
provider = "{provider}"
strategy = "honest"
sees = ["question"]
settings = {settings}
[consent]
[[consent.items]]
key = "study"
text = "I agree."
[texts]
instructions = "Answer."
"""


class Alone:
    """Commands on an SQLite file of this folder, with the model service at `url`; `more` stands in the environment."""

    def __init__(self, folder: Path, url: str = "", **more: str) -> None:
        self.folder, self.file = folder, folder / "alone.sqlite3"
        self.env = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{self.file}",
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": url,
            **more,
        }

    def command(self, *arguments: str) -> subprocess.Popen[bytes]:
        call = [sys.executable, "manage.py", *arguments]
        return subprocess.Popen(call, cwd=ROOT, env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def do(self, *arguments: str) -> None:
        process = self.command(*arguments)
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said.decode()

    def prepare(self, *, questions: int, provider: str, settings: str, ending: str = "") -> None:
        items = self.folder / "x_test.csv"
        items.write_text(
            "".join(f"Question {n}?{ending},w{n},x{n},y{n},z{n},{'ABCD'[n % 4]}\n" for n in range(questions))
        )
        study = self.folder / "alone.toml"
        study.write_text(STUDY.format(provider=provider, settings=settings))
        self.do("migrate", "-v0")
        self.do("load_items", "mmlu", str(items), "--dataset", "alone")
        self.do("study", "load", str(study))
        self.do("study", "launch", "alone")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.file, timeout=30)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()
