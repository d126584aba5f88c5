"""Power by simulation: how often a study of so many people and items would show a stated effect.

Each replicate draws people and items with intercepts and arm slopes, lets every person meet ``each`` of the
items, half of them assisted (or half of the people), and tests the difference of shares with the estimator of
the report: two-way cluster-robust, floored, t with min(people, items) - 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats
from scipy.special import expit

from analysis.inference import BoolArray, FloatArray, IntArray

SLOPES = (0.0, 0.4, 0.8)
_ROWS = 1_000_000
_NODES = 61


@dataclass(frozen=True, slots=True)
class Scenario:
    """A study to be planned. ``unaided`` and ``effect`` are shares of 1, spreads are in logits."""

    participants: int
    items: int
    each: int = 24
    unaided: float = 0.55
    effect: float = 0.08
    design: Literal["within", "between"] = "within"
    person_sd: float = 0.8
    item_sd: float = 1.2
    person_slope_sd: float = 0.4
    item_slope_sd: float = 0.8
    level: float = 0.95

    @property
    def met(self) -> int:
        """Items that each person meets."""
        return min(self.each, self.items)


@dataclass(frozen=True, slots=True)
class Share:
    """A simulated share with its Monte-Carlo interval (Wilson 1927, J. Am. Stat. Assoc. 22:209)."""

    estimate: float
    low: float
    high: float


def power(scenario: Scenario, replicates: int, seed: int) -> Share:
    """Share of replicates whose interval excludes 0.

    Parameters
    ----------
    scenario : the study; with ``effect`` 0 the result is the test's size.
    replicates : number of simulated studies.
    seed : the same seed gives the same result.

    Returns
    -------
    Share
        Of replicates, 0-1, with its Monte-Carlo interval.

    References
    ----------
    Westfall, Kenny & Judd (2014), J. Exp. Psychol. Gen. 143:2020 (crossed people and items).

    Notes
    -----
    The effect in shares becomes one in logits by solving E[expit(η + sZ)] = share for both arms, s² the sum
    of all variances at arm ±½; so a spread changes nothing about the effect asked for.
    """
    rng = np.random.default_rng([seed, scenario.participants, scenario.items])
    size = scenario.participants * scenario.met
    step = max(1, _ROWS // size)
    hits = sum(
        int(_significant(scenario, *_replicates(scenario, min(step, replicates - start), rng)).sum())
        for start in range(0, replicates, step)
    )
    return wilson(hits, replicates)


def grid(
    base: Scenario,
    participants: Sequence[int],
    items: Sequence[int],
    slopes: Sequence[float],
    replicates: int,
    seed: int,
) -> Iterator[dict[str, Any]]:
    """Rows per cell of the grid, as each is done: ``power``, and ``size``, the share that shows an effect without one.

    Returns
    -------
    Iterator of dict
        Shares of replicates, 0-1, with their Monte-Carlo bounds; ``item_slope_sd`` in logits.

    References
    ----------
    As ``power``.
    """
    for slope in slopes:
        for things in items:
            for people in participants:
                here = replace(base, participants=people, items=things, item_slope_sd=slope)
                yield {"participants": people, "items": things, "items_each": here.met, "item_slope_sd": slope,
                       **_named("power", power(here, replicates, seed)),
                       **_named("size", power(replace(here, effect=0.0), replicates, seed))}  # fmt: skip


def wilson(hits: int, n: int, level: float = 0.95) -> Share:
    """A share of independent trials with the interval (p̂ + z²/2n ± z√(p̂(1 − p̂)/n + z²/4n²))/(1 + z²/n).

    Returns
    -------
    Share
        0-1, with its bounds.

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22:209. Not for answers of crossed people and items.
    """
    z = float(stats.norm.ppf(0.5 + level / 2))
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Share(share, max(0.0, centre - reach), min(1.0, centre + reach))


def logits(scenario: Scenario) -> tuple[float, float]:
    """Logits of both arms, at the middle person and item, that give the shares asked for."""
    slopes = (scenario.person_slope_sd**2 + scenario.item_slope_sd**2) / 4
    spread = math.sqrt(scenario.person_sd**2 + scenario.item_sd**2 + slopes)
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    weights = weights / weights.sum()

    def gap(logit: float, share: float) -> float:
        return float(weights @ expit(logit + spread * nodes)) - share

    wanted = (scenario.unaided, scenario.unaided + scenario.effect)
    if not all(0.01 < share < 0.99 for share in wanted):
        raise ValueError("the accuracy of both arms must lie between .01 and .99")
    found = [float(optimize.brentq(gap, -40, 40, args=(share,))) for share in wanted]
    return found[0], found[1]


def _named(name: str, share: Share) -> dict[str, float]:
    return {name: share.estimate, f"{name}_low": share.low, f"{name}_high": share.high}


def _replicates(s: Scenario, count: int, rng: np.random.Generator) -> tuple[BoolArray, BoolArray, IntArray]:
    """Right, assisted and item of every answer, each (replicates, people, items met)."""
    shape = (count, s.participants, s.met)
    item = _met(s, shape, rng)
    assisted = _assisted(s, shape, rng)
    people = rng.normal(0, 1, (2, count, s.participants, 1))
    things = rng.normal(0, 1, (2, count, s.items))
    where = np.arange(count)[:, None, None]
    low, high = logits(s)
    side = assisted - 0.5
    eta = np.where(assisted, high, low) + s.person_sd * people[0] + s.item_sd * things[0][where, item]
    eta += side * (s.person_slope_sd * people[1] + s.item_slope_sd * things[1][where, item])
    return rng.random(shape) < expit(eta), assisted, item


def _met(s: Scenario, shape: tuple[int, int, int], rng: np.random.Generator) -> IntArray:
    """A random sample of the items for each person, without repeats; all of them where each meets all."""
    if s.met == s.items:
        return np.broadcast_to(np.arange(s.items), shape)
    draws = rng.random((*shape[:2], s.items), dtype=np.float32)
    return np.argpartition(draws, s.met, axis=2)[:, :, : s.met]


def _assisted(s: Scenario, shape: tuple[int, int, int], rng: np.random.Generator) -> BoolArray:
    if s.design == "between":
        halves = rng.permuted(np.tile(np.arange(s.participants) % 2 == 1, (shape[0], 1)), axis=1)
        return np.broadcast_to(halves[:, :, None], shape)
    return rng.permuted(np.broadcast_to(np.arange(s.met) % 2 == 1, shape), axis=2)


def _significant(s: Scenario, right: BoolArray, assisted: BoolArray, item: IntArray) -> BoolArray:
    """The two-way test of every replicate at once."""
    count = len(right)
    effect, variance = two_way(right, assisted, item, s.items)
    df = min(s.participants, s.items) - 1
    reach = float(stats.t.ppf(0.5 + s.level / 2, df)) * np.sqrt(variance)
    assert effect.shape == (count,)
    return np.asarray(np.abs(effect) > reach)


def two_way(right: BoolArray, assisted: BoolArray, item: IntArray, items: int) -> tuple[FloatArray, FloatArray]:
    """Difference of shares and its floored two-way variance, per replicate; each person meets an item once.

    Returns
    -------
    Shares of 1, and their square, per replicate.

    References
    ----------
    As ``inference.difference``, for all replicates at once.
    """
    count = len(right)
    influence = np.zeros(right.shape)
    effect = np.zeros(count)
    for mask, sign in ((assisted, 1), (~assisted, -1)):
        n = mask.sum(axis=(1, 2))
        share = (right & mask).sum(axis=(1, 2)) / n
        influence += sign * mask * (right - share[:, None, None]) / n[:, None, None]
        effect += sign * share
    by_person = _variance(influence.sum(axis=2), np.full(count, right.shape[1]))
    place = np.arange(count)[:, None, None] * items + item
    counted = np.bincount(place.ravel(), influence.ravel(), minlength=count * items)
    sums = np.asarray(counted.reshape(count, items), dtype=np.float64)
    seen = np.bincount(place.ravel(), minlength=count * items).reshape(count, items) > 0
    by_item = _variance(sums, seen.sum(axis=1))
    by_cell = _variance(influence.reshape(count, -1), np.full(count, right[0].size))
    return effect, np.maximum(by_person + by_item - by_cell, np.maximum(by_person, by_item))


def _variance(sums: FloatArray, groups: npt.NDArray[Any]) -> FloatArray:
    return np.asarray(groups / (groups - 1) * (sums**2).sum(axis=1))
