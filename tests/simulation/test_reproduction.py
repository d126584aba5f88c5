"""The same seed is the same study, byte for byte, in another database too."""

import io
from datetime import UTC, datetime

import pytest
from django.core.management import call_command

from studies.exports.package import write_package
from studies.models import Study
from studies.simulation.driver import simulate
from tests.factories import launched_study

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def exported(seed: int) -> bytes:
    call_command("flush", verbosity=0, interactive=False)  # also begins the numbering of rows anew
    study = launched_study()
    simulate(study=study, participants=5, seed=seed, start=START)
    return package(study)


def package(study: Study) -> bytes:
    out = io.BytesIO()
    write_package(study=study, out=out, include_simulated=True)
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_the_same_seed_gives_the_same_package_in_an_empty_database() -> None:
    first, again, other = (exported(seed) for seed in (5, 5, 6))
    assert first == again
    assert first != other
