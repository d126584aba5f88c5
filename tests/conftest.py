import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Coverage simulations take minutes: they run only when asked for by name, ``pytest -m coverage -s``."""
    if "coverage" in (config.getoption("-m") or ""):
        return
    simulations = [item for item in items if item.get_closest_marker("coverage")]
    if simulations:
        config.hook.pytest_deselected(items=simulations)
        items[:] = [item for item in items if item not in set(simulations)]
