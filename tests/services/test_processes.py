"""Joins from several processes at the same moment: one database, one slot each, items level."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import ROOT

pytestmark = [pytest.mark.faults, pytest.mark.services]
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432")
NAME = f"oversight_joins_{os.getpid()}"
PROCESSES, EACH = 4, 5

# One process prepares and forks the others: each opens a connection of its own, and all begin at the same moment.
RUN = """
import django
django.setup()
import multiprocessing
from django.core.management import call_command
from django.db import connections
from studies.models import Allocation, Participant, Study
from tests.factories import launched_study
from tests.walk import briefed

def join(process, gate):
    study = Study.objects.get(slug="s")
    gate.wait(60)
    for number in range({each}):
        briefed(study, f"p{{process}}-{{number}}")

call_command("migrate", verbosity=0)
launched_study()
connections.close_all()
forked = multiprocessing.get_context("fork")
gate = forked.Barrier({processes})
people = [forked.Process(target=join, args=(process, gate)) for process in range({processes})]
for person in people:
    person.start()
for person in people:
    person.join()
    assert person.exitcode == 0
for number in Participant.objects.values_list("arm_sequence_number", flat=True):
    print("slot", number)
for arm, item in Allocation.objects.filter(kind="main").values_list("arm", "item_id"):
    print(arm, item)
"""


def ran(url: str) -> list[list[str]]:
    """What the database holds after everybody has joined, as words."""
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "oversight.settings"}
    command = [sys.executable, "-c", RUN.format(processes=PROCESSES, each=EACH)]
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return [line.split() for line in done.stdout.splitlines()]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'joins.sqlite3'}"
        return
    import psycopg

    try:
        server = psycopg.connect(f"{POSTGRES.replace('postgres://', 'postgresql://')}/postgres", autocommit=True)
    except psycopg.OperationalError:
        pytest.skip(f"no PostgreSQL at {POSTGRES}")
    server.execute(f"CREATE DATABASE {NAME}")
    yield f"{POSTGRES}/{NAME}"
    server.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
    server.close()


def test_people_who_join_through_several_processes_at_once_have_a_slot_each_and_level_items(database: str) -> None:
    rows = ran(database)
    people = PROCESSES * EACH
    assert sorted(int(number) for kind, number in rows if kind == "slot") == list(range(people))
    for arm in ("unaided", "assisted"):
        counts = Counter(item for kind, item in rows if kind == arm)
        assert sum(counts.values()) == 3 * people
        assert max(counts.values()) - min(counts.values()) <= 2  # see test_levels
