from collections.abc import Iterator

import pytest

from tests.analysis.coverage.harness import TABLE

HEAD = [
    "| simulated | interval | covers | below / above | none | mean width | studies |",
    "|---|---|---|---|---|---|---|",
]


@pytest.fixture(scope="session", autouse=True)
def table() -> Iterator[None]:
    """Prints the whole table when the simulations are done."""
    yield
    print("\n" + "\n".join(HEAD + TABLE))
