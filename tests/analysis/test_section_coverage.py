"""How often intervals hold a known truth: gap recovered (Fieller) and plurality votes, 40 people × 24 items.

A run of the suite takes a hundred studies; ``OVERSIGHT_COVERAGE=1000`` gives the table of analysis/README.md.
"""

import os
from functools import cache

import numpy as np
import pytest

from analysis import ballots
from analysis.derived import gap_recovered
from analysis.inference import Clusters, Spec
from analysis.simulate import Truth, simulate
from analysis.votes import Item, vote

STUDIES = int(os.environ.get("OVERSIGHT_COVERAGE", "100"))
LEAST = 0.95 - 3 * (0.95 * 0.05 / STUDIES) ** 0.5
PEOPLE, ITEMS = 40, 24


def test_the_gap_recovered_covers_the_truth() -> None:
    truth = Truth(participants=PEOPLE, items=ITEMS)
    expert = 0.9
    wanted = truth.difference / (expert - truth.accuracy("unaided"))
    hits = 0
    for seed in range(STUDIES):
        frame = simulate(truth, seed)
        right = (frame["correct"] == "true").to_numpy(dtype=float)
        aided = (frame["arm"] == "assisted").to_numpy(dtype=float)
        clusters = Clusters.of(frame["participant_id"], frame["item_id"])
        found = gap_recovered((right * aided, aided), (right * (1 - aided), 1 - aided), expert, clusters, Spec())
        hits += found.low is None or found.low <= wanted <= (found.high or 0)
    print(f"gap recovered: {hits / STUDIES:.3f} of {STUDIES}")
    assert hits / STUDIES >= LEAST


@cache
def infinite_vote(k: int) -> float:
    """Share of items whose vote of k people is right, for unlimited people and items."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    weights = weights / weights.sum()
    share = (1 / (1 + np.exp(-(0.2 + 0.8 * nodes[None, :] + 1.2 * nodes[:, None])))) @ weights
    crowd = 30_000
    votes = [ballots.plurality((round(crowd * p), *[round(crowd * (1 - p) / 3)] * 3), 0, k) for p in share]
    return float(weights @ np.array(votes))


@pytest.mark.parametrize("k", [1, 3, 9])
def test_plurality_votes_cover_the_truth(k: int) -> None:
    hits = 0
    person, item = (grid.ravel() for grid in np.indices((PEOPLE, ITEMS)))
    groups = Clusters.of(person, item)
    for seed in range(STUDIES):
        rng = np.random.default_rng(seed)
        logits = 0.2 + rng.normal(0, 0.8, PEOPLE)[:, None] + rng.normal(0, 1.2, ITEMS)[None, :]
        right = rng.random((PEOPLE, ITEMS)) < 1 / (1 + np.exp(-logits))
        answers = np.where(right, 0, rng.integers(1, 4, (PEOPLE, ITEMS)))
        items = [Item(np.flatnonzero(item == i), answers[:, i], 0, 4, None) for i in range(ITEMS)]
        found = vote(items, k, groups, Spec())
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= infinite_vote(k) <= found.high
    print(f"votes of {k}: {hits / STUDIES:.3f} of {STUDIES}")
    assert hits / STUDIES >= LEAST
