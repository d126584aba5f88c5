from collections.abc import Iterator

import pytest

from tests.analysis.coverage.harness import TABLE

HEAD = [
    "| simulated | interval | covers | below / above | none | mean width | studies |",
    "|---|---|---|---|---|---|---|",
]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The simulations take minutes: they run only when asked for by name, ``pytest -m coverage -s``."""
    if "coverage" in (config.getoption("-m") or ""):
        return
    simulations = [item for item in items if item.get_closest_marker("coverage")]
    items[:] = [item for item in items if not item.get_closest_marker("coverage")]
    config.hook.pytest_deselected(items=simulations)


@pytest.fixture(scope="session", autouse=True)
def table() -> Iterator[None]:
    """Prints the whole table when the simulations are done."""
    yield
    print("\n" + "\n".join(HEAD + TABLE))
