"""A study in a database of its own, and commands on it as processes that can be killed."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.api_server import KEY
from tests.faults.forks import Forks, Running
from tests.study_file import study_file

ASSISTANT = """
provider = "{provider}"
strategy = "honest"
sees = ["question"]
settings = {settings}
"""


class Alone:
    """Commands on an SQLite file of this folder, with the model service at `url`; `more` stands in the environment."""

    def __init__(self, folder: Path, url: str = "", *loaded: str, **more: str) -> None:
        self.folder, self.file = folder, folder / "alone.sqlite3"
        self.env = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{self.file}",
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": url,
            **more,
        }
        self._kept = folder / "kept.sqlite3"
        self._forks = Forks(self.env, folder, *loaded)

    def __enter__(self) -> "Alone":
        return self

    def __exit__(self, *error: object) -> None:
        self._forks.__exit__(*error)

    def start(self, *arguments: str) -> Running:
        return self._forks.start(*arguments)

    def do(self, *arguments: str) -> None:
        self._forks.do(*arguments)

    @property
    def said(self) -> str:
        """The output of the last command."""
        return self._forks.said

    def prepare(self, *, questions: int, provider: str, settings: str, ending: str = "") -> None:
        items = self.folder / "x_test.csv"
        items.write_text(
            "".join(f"Question {n}?{ending},w{n},x{n},y{n},z{n},{'ABCD'[n % 4]}\n" for n in range(questions))
        )
        study = self.folder / "alone.toml"
        study.write_text(study_file("alone", assistant=ASSISTANT.format(provider=provider, settings=settings)))
        self.do("migrate", "-v0")
        self.do("load_items", "mmlu", str(items), "--dataset", "alone")
        self.do("study", "load", str(study))
        self.do("study", "launch", "alone")

    def keep(self) -> None:
        """Remember the database as it is."""
        with closing(sqlite3.connect(self.file)) as now, closing(sqlite3.connect(self._kept)) as kept:
            now.backup(kept)

    def go_back(self) -> None:
        """The database is again as it was kept."""
        with closing(sqlite3.connect(self.file)) as now, closing(sqlite3.connect(self._kept)) as kept:
            kept.backup(now)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.file, timeout=30)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()
