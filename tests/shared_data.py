"""Real data from outside the project, for tests on real formats. Nothing of it is copied here."""

import os
from pathlib import Path

import pytest


def shared(path: str) -> Path:
    """A file of the shared real data; the test is skipped where it is not at hand."""
    root = Path(__file__).resolve().parents[1]
    home = Path(os.environ.get("OVERSIGHT_SHARED_DATA", root.parent / "shared" / "data"))
    if not (home / path).exists():
        pytest.skip(f"shared data not found: {home / path} (set OVERSIGHT_SHARED_DATA)")
    return home / path
