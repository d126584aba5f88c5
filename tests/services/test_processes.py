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

PREPARE = """
from tests.factories import launched_study
launched_study()
"""
JOIN = """
from studies.models import Study
from tests.walk import briefed
study = Study.objects.get(slug="s")
for number in range({each}):
    briefed(study, "p{process}-%d" % number)
"""
REPORT = """
from studies.models import Allocation, Participant
for number in Participant.objects.values_list("arm_sequence_number", flat=True):
    print("slot", number)
for arm, item in Allocation.objects.filter(kind="main").values_list("arm", "item_id"):
    print(arm, item)
"""


def start(url: str, code: str) -> subprocess.Popen[str]:
    set_up = "import django; django.setup()\n"
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "oversight.settings"}
    return subprocess.Popen(
        [sys.executable, "-c", set_up + code], cwd=ROOT, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> str:
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return out


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
    ended(start(database, "from django.core.management import call_command; call_command('migrate', verbosity=0)"))
    ended(start(database, PREPARE))
    joins = [start(database, JOIN.format(process=process, each=EACH)) for process in range(PROCESSES)]
    for join in joins:
        ended(join)
    rows = [line.split() for line in ended(start(database, REPORT)).splitlines()]
    people = PROCESSES * EACH
    assert sorted(int(number) for kind, number in rows if kind == "slot") == list(range(people))
    for arm in ("unaided", "assisted"):
        counts = Counter(item for kind, item in rows if kind == arm)
        assert sum(counts.values()) == 3 * people
        assert max(counts.values()) - min(counts.values()) <= 2  # see test_levels
