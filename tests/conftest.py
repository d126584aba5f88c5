"""The order of the tests, which of them wait to be asked for, and the end of their database."""

from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

# What waits for browsers and processes comes first, so that no core is idle at the end.
FIRST = ("browser", "faults", "simulation", "proof", "commands")
END_THE_OTHERS = """select pg_terminate_backend(pid) from pg_stat_activity
                    where datname = current_database() and pid <> pg_backend_pid()"""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    _without_coverage(config, items)
    items.sort(key=lambda item: not any(folder in item.path.parts for folder in FIRST))


def _without_coverage(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Coverage simulations take minutes: they run only when asked for by name, ``pytest -m coverage -s``."""
    if "coverage" in (config.getoption("-m") or ""):
        return
    simulations = [item for item in items if item.get_closest_marker("coverage")]
    items[:] = [item for item in items if not item.get_closest_marker("coverage")]
    config.hook.pytest_deselected(items=simulations)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """PostgreSQL drops no database that a thread of some earlier test is still connected to, and waits 5 s for it."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(END_THE_OTHERS)
