"""Votes of k people drawn, and of everybody: 40 voters, 24 items of four options, confidence on a scale of five."""

from functools import cache

import numpy as np
import pytest
from scipy.special import expit

from analysis import ballots
from analysis.votes import votes
from tests.analysis.coverage.harness import ITEMS, PEOPLE, STUDIES, least, package, rows, run
from tests.analysis.coverage.people import LETTERS, Array, crossed, frame, normal, options, stated

pytestmark = pytest.mark.coverage
SIZES = (1, 3, 5, 9, 15)
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(31)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
ESTABLISHED = tuple(f"{rule} of {k}" for rule in ("plurality", "product") for k in (*SIZES, "everybody"))


def ballots_of(rng: np.random.Generator, shape: tuple[int, int], w: float, u: Array, v: Array) -> tuple[Array, Array]:
    """Options (the key is 0) and log-probabilities of voters with abilities u and leanings v on an item."""
    logit = np.broadcast_to(0.2 + u + w, shape).ravel()
    right = rng.random(len(logit)) < expit(logit)
    c = stated(rng, logit, np.broadcast_to(v, shape).ravel(), 0.8, "five")
    chosen = options(rng, right, np.zeros(len(right), dtype=np.intp))
    return chosen.reshape(shape), ballots.product_votes(chosen, c, 4).reshape(*shape, 4)


def won(chosen: Array, logs: Array) -> tuple[Array, Array]:
    """Per draw, the share of the vote that the key gets: by plurality, by product."""
    counts = np.stack([(chosen == option).sum(axis=1) for option in range(4)], axis=1).astype(float)
    return tuple(  # type: ignore[return-value]
        (score[:, 0] >= score.max(axis=1) - 1e-9) / (score >= score.max(axis=1, keepdims=True) - 1e-9).sum(axis=1)
        for score in (counts, logs.sum(axis=1))
    )


@cache
def drawn(k: int) -> tuple[float, float]:
    """Share of votes of k that are right, unlimited people and items: by plurality, by product."""
    rng, found = np.random.default_rng(k), []
    for node in NODES:
        shape = (40_000, k)
        found.append([part.mean() for part in won(*ballots_of(rng, shape, 1.2 * node, rng.normal(0, 0.8, shape),
                                                              rng.normal(0, 0.5, shape)))])  # fmt: skip
    plain, product = WEIGHTS @ np.array(found)
    return float(plain), float(product)


def everybody(u: Array, v: Array) -> tuple[float, float]:
    """The same for the vote of these very people, over unlimited items."""
    rng = np.random.default_rng(9)
    found = [[part.mean() for part in won(*ballots_of(rng, (150, len(u)), 1.2 * node, u, v))] for node in NODES]
    plain, product = WEIGHTS @ np.array(found)
    return float(plain), float(product)


def test_votes() -> None:
    person, item = crossed()

    def study(seed: int) -> dict[str, tuple[float | None, float | None, float]]:
        rng = np.random.default_rng(seed)
        u, v = rng.normal(0, 0.8, PEOPLE), rng.normal(0, 0.5, PEOPLE)
        logit = 0.2 + u[person] + normal(rng, 1.2, item, ITEMS)
        right, gold = rng.random(len(logit)) < expit(logit), rng.integers(0, 4, ITEMS)[item]
        made = frame(person, item, "unaided", correct=right, gold=LETTERS[gold], n_options=4.0,
                     answer=LETTERS[options(rng, right, gold)],
                     confidence=stated(rng, logit, v[person], 0.8, "five"))  # fmt: skip
        found, all_vote = rows(votes, package(made)), everybody(u, v)
        return {_name(row): (row["low"], row["high"], _truth(row, all_vote))
                for row in found if row["k"] in (None, *SIZES)}  # fmt: skip

    studies = min(STUDIES, 500)
    found = run("votes", study, studies)
    assert all(found[name] >= least(studies) for name in ESTABLISHED)


def _name(row: dict[str, object]) -> str:
    return f"{row['rule']} of {row['k'] or 'everybody'}"


def _truth(row: dict[str, object], all_vote: tuple[float, float]) -> float:
    k, place = row["k"], row["rule"] == "product"
    return all_vote[place] if k is None else drawn(int(str(k)))[place]
