"""The same code as several processes on PostgreSQL, Redis and Celery, on loopback."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from psycopg.rows import dict_row

from tests.server import ROOT, Server
from tests.study_file import study_file

POSTGRES = os.environ.get("OVERSIGHT_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432/oversight").rpartition("/")[0]
REDIS = os.environ.get("OVERSIGHT_TEST_REDIS", "redis://127.0.0.1:6379/15")

ASSISTANT = """
provider = "scripted"
strategy = "honest"
settings = { words_per_second = 300, verbosity = "long", fail_on = [
    { reply = 1, fault = "stalled", after_words = 20, seconds = 120 },
] }
"""


class Uvicorn(Server):
    """The same application under the other server."""

    def command(self) -> list[str]:
        limits = ["--ws-per-message-deflate", "false", "--ws-max-size", "65536", "--lifespan", "off"]
        listen = ["--host", "127.0.0.1", "--port", str(self.port)]
        return [sys.executable, "-m", "uvicorn", "oversight.asgi:application", *listen, *limits]


@dataclass
class Site:
    """One database and queue; web processes are made one by one."""

    folder: Path
    database: str
    workers: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    servers: list[Server] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database, "REDIS_URL": REDIS, "CELERY_BROKER_URL": REDIS}

    def web(self, kind: type[Server] = Server) -> Server:
        folder = self.folder / f"web{len(self.servers)}"
        folder.mkdir()
        server = kind(folder, extra=self.settings)
        self.servers.append(server)
        return server

    def celery(self, *words: str) -> None:
        log = (self.folder / f"celery-{words[0]}.log").open("ab")
        command = [sys.executable, "-m", "celery", "-A", "oversight", *words, "--loglevel", "INFO"]
        environment = self.web_environment()
        self.workers.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log))

    def web_environment(self) -> dict[str, str]:
        return Server(self.folder, extra=self.settings).environment

    def study(self) -> None:
        """Load three items and launch a study of two questions, both with the assistant, which stalls at first."""
        rows = [f"What is {n} plus {n}?,{2 * n},{2 * n + 1},{2 * n + 2},{2 * n + 3},A" for n in (3, 4, 5)]
        (self.folder / "sums_test.csv").write_text("\n".join(rows) + "\n")
        toml = study_file("grown", assistant=ASSISTANT, seconds=600, design='arm_order = "fixed"', unaided=False)
        (self.folder / "grown.toml").write_text(toml)
        Server(self.folder, extra=self.settings).manage_all(
            ["migrate", "-v0"],
            ["load_items", "mmlu", str(self.folder / "sums_test.csv"), "--dataset", "grown", "-v0"],
            ["study", "load", str(self.folder / "grown.toml")],
            ["study", "launch", "grown"],
        )

    def rows(self, sql: str) -> list[dict[str, Any]]:
        with psycopg.connect(self.database, row_factory=dict_row) as connection:
            return connection.execute(sql).fetchall()  # type: ignore[arg-type]

    def run_out(self) -> None:
        """The time of every open question is over."""
        with psycopg.connect(self.database) as connection:
            connection.execute("UPDATE studies_trial SET deadline_at = opened_at WHERE state = 'open'")

    def log(self, name: str) -> str:
        return (self.folder / f"celery-{name}.log").read_text(errors="replace")[-3000:]


@contextmanager
def grown_site(folder: Path) -> Iterator[Site]:
    """Skips with a sentence where a service does not answer; leaves nothing behind."""
    name = f"grown_{secrets.token_hex(4)}"
    try:
        psycopg.connect(f"{POSTGRES}/postgres", connect_timeout=3).close()
        redis.Redis.from_url(REDIS, socket_connect_timeout=3).ping()
    except (psycopg.Error, redis.RedisError) as error:
        pytest.skip(f"needs PostgreSQL and Redis on loopback: {str(error).splitlines()[0]}")
    _on_server(f"CREATE DATABASE {name}")
    site = Site(folder, f"{POSTGRES}/{name}")
    try:
        yield site
    finally:
        for server in site.servers:
            server.kill()
        for worker in site.workers:
            worker.kill()
            worker.wait()
        _on_server(f"DROP DATABASE {name} WITH (FORCE)")


def _on_server(sql: str) -> None:
    with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as connection:
        connection.execute(sql)  # type: ignore[arg-type]
