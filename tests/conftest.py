"""The order of the tests: what waits for browsers and processes first, so that no core is idle at the end."""

import pytest

FIRST = ("browser", "faults", "simulation", "proof", "commands")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not any(folder in item.path.parts for folder in FIRST))
