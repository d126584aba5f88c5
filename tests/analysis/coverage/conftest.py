from collections.abc import Iterator

import pytest

from tests.analysis.coverage.harness import TABLE


@pytest.fixture(scope="session", autouse=True)
def table() -> Iterator[None]:
    """Prints the whole table when the simulations are done."""
    yield
    head = [
        "| simulated | interval | covers | below / above | none | mean width | studies |",
        "|---|---|---|---|---|---|---|",
    ]
    print("\n" + "\n".join(head + TABLE))
