"""Simulated studies whose truth is known, as the frames that a loaded package holds."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from tests.analysis.coverage.harness import ITEMS, PEOPLE

Array = np.ndarray[Any, np.dtype[Any]]
LETTERS = np.array(list("ABCD"), dtype=object)
FIVE = np.array([0.25, 0.42, 0.60, 0.80, 1.00])


def crossed(people: int = PEOPLE, items: int = ITEMS) -> tuple[Array, Array]:
    """Person and item of each row where everybody meets everything."""
    person, item = (grid.ravel() for grid in np.indices((people, items)))
    return person, item


def frame(person: Array, item: Array, arm: Any, **columns: Any) -> pd.DataFrame:
    """Responses with typed columns."""
    made = {
        "participant_id": [f"P{code:04d}" for code in person],
        "item_id": [f"I{code:04d}" for code in item],
        "arm": arm if isinstance(arm, str) else np.asarray(arm, dtype=object),
        **columns,
    }
    found = pd.DataFrame(made)
    for name in ("correct", "initial_correct", "brief_correct"):
        if name in found:
            found[name] = pd.array(np.asarray(found[name], dtype=bool), dtype="boolean")
    return found


def normal(rng: np.random.Generator, sd: float, codes: Array, size: int) -> Array:
    """One draw for each person or item, spread over the rows."""
    return np.asarray(rng.normal(0, sd, size)[codes])


def stated(rng: np.random.Generator, logit: Array, leaning: Array, surplus: float, scale: str) -> Array:
    """Confidence: the chance of being right plus ``surplus`` logits and everyone's own ``leaning``."""
    latent = expit(logit + surplus + leaning + rng.normal(0, 0.6 * (surplus != 0), len(logit)))
    if scale == "five":
        return np.asarray(FIVE[np.abs(latent[:, None] - FIVE).argmin(axis=1)])
    return np.asarray(np.round(np.clip(latent, 0.01, 1), 2))


def options(rng: np.random.Generator, right: Array, gold: Array) -> Array:
    """Option numbers: the key where right, else one of the three others evenly."""
    return np.asarray(np.where(right, gold, (gold + rng.integers(1, 4, len(gold))) % 4))
