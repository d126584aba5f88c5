"""The same seed is the same study, byte for byte, in another database too."""

import io
from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.core.management.color import no_style
from django.db import connection

from studies.exports.package import write_package
from studies.models import Study
from studies.simulation.driver import simulate
from tests.factories import launched_study

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def empty() -> None:
    """As in a new database: no rows of ours, and their numbering begins anew."""
    tables = [model._meta.db_table for model in apps.get_app_config("studies").get_models()]
    statements = connection.ops.sql_flush(no_style(), tables, reset_sequences=True, allow_cascade=True)
    connection.ops.execute_sql_flush(statements)


def exported(seed: int) -> bytes:
    empty()
    study = launched_study()
    simulate(study=study, participants=4, seed=seed, start=START)
    return package(study)


def package(study: Study) -> bytes:
    out = io.BytesIO()
    write_package(study=study, out=out, include_simulated=True)
    return out.getvalue()


@pytest.mark.django_db
def test_the_same_seed_gives_the_same_package_in_an_empty_database() -> None:
    first, again, other = (exported(seed) for seed in (5, 5, 6))
    assert first == again
    assert first != other
