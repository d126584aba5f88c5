"""Answers whose truth is known: crossed people and items, an unaided arm, and assistants that may be wrong.

logit P(right) of a person's own answer = base + person + item (+ their slopes in the assisted arms). In an
assisted arm a brief is drawn, right with the arm's ``reliability``. A share ``ask`` of people's trials hears of it,
and a share ``follow`` of those takes it over; otherwise the person's own answer stands. The same seed gives the
same data. What surrounds the answers (confidence, times, talk, leavers, files) is made by ``analysis.synthetic``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from analysis.inference import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    import pandas as pd

Array = npt.NDArray[Any]
UNAIDED, ASSISTED = "unaided", "assisted"
OPTIONS = 4
LETTERS = np.array(list("ABCD"))


@dataclass(frozen=True, slots=True)
class Truth:
    """Parameters of the simulated study; spreads are standard deviations in logits, the rest shares and seconds.

    ``reliability`` has the share of right briefs of each assisted arm. ``overconfidence`` is stated confidence minus
    the chance of being right, at every level of confidence. ``timeouts`` run out without an answer.
    """

    participants: int = 40
    items: int = 24
    design: Literal["within", "between"] = "within"
    base: float = 0.2
    effect: float = 0.7
    person_sd: float = 0.8
    item_sd: float = 1.2
    person_slope_sd: float = 0.4
    item_slope_sd: float = 0.8
    reliability: tuple[float, ...] = (0.5,)
    ask: float = 1.0
    follow: float = 0.0
    initial: bool = False
    overconfidence: float = 0.0
    timeouts: float = 0.0
    median_seconds: float = 40.0
    limit_seconds: float = 120.0
    leave: float = 0.0
    expert: float = 0.9

    @property
    def assisted(self) -> tuple[str, ...]:
        """Names of the assisted arms: with several assistants each tells its reliability."""
        if len(self.reliability) == 1:
            return (ASSISTED,)
        return tuple(f"{ASSISTED}-{100 * share:g}".replace(".", "_") for share in self.reliability)

    @property
    def arms(self) -> tuple[str, ...]:
        return (UNAIDED, *self.assisted)

    @property
    def heeded(self) -> float:
        """Share of assisted trials in which the brief decides the answer: ask × follow."""
        return self.ask * self.follow

    def reliability_of(self, arm: str) -> float:
        """Share of right briefs of an assisted arm."""
        return self.reliability[self.assisted.index(arm)]

    def own(self, arm: str) -> float:
        """Expected accuracy of people's own answers in an arm, over people and items: E[expit(η + sZ)], 0-1."""
        slopes = (self.person_slope_sd**2 + self.item_slope_sd**2) / 4
        spread = math.sqrt(self.person_sd**2 + self.item_sd**2 + slopes)
        nodes, weights = np.polynomial.hermite_e.hermegauss(61)
        logits = self.base + self.effect * (-0.5 if arm == UNAIDED else 0.5) + spread * nodes
        return float(weights @ (1 / (1 + np.exp(-logits))) / weights.sum())

    def answered(self, arm: str) -> float:
        """Expected accuracy among counted answers, 0-1: heeded × reliability + (1 − heeded) × own."""
        own = self.own(arm)
        return own if arm == UNAIDED else self.heeded * self.reliability_of(arm) + (1 - self.heeded) * own

    def accuracy(self, arm: str) -> float:
        """Expected composite accuracy of the arm, 0-1: a time-out without an answer is wrong."""
        return self.answered(arm) * (1 - self.timeouts)

    @property
    def difference(self) -> float:
        """Expected accuracy with the (first) assistant minus without, in shares."""
        return self.accuracy(self.assisted[0]) - self.accuracy(UNAIDED)

    @property
    def over_reliance(self) -> float:
        """P(answer = target | brief wrong), 0-1: followed, or an own error that happens to be the target."""
        followed = self.heeded + (1 - self.heeded) * (1 - self.own(ASSISTED)) / (OPTIONS - 1)
        return followed * (1 - self.timeouts)


@dataclass(frozen=True)
class Drawn:
    """One row per person and item. ``arm`` counts from 0, the unaided one; answers are places of options."""

    person: IntArray
    item: IntArray
    arm: IntArray
    gold: IntArray
    own: IntArray
    target: IntArray
    asked: BoolArray
    answer: IntArray
    lost: BoolArray

    @property
    def assisted(self) -> BoolArray:
        return np.asarray(self.arm > 0)


def draw(truth: Truth, seed: int) -> Drawn:
    """Everybody meets every item once."""
    rng = np.random.default_rng(seed)
    person, item = (grid.ravel() for grid in np.indices((truth.participants, truth.items)))
    arm = _arms(truth, rng)[person, item]
    rows = len(person)
    gold = rng.integers(OPTIONS, size=truth.items)[item]
    own_right = rng.random(rows) < _probability(truth, rng, person, item, arm > 0)
    own = np.where(own_right, gold, _distractor(rng, gold))
    brief_right = rng.random(rows) < np.array([1.0, *truth.reliability])[arm]
    target = np.where(brief_right, gold, _distractor(rng, gold))
    follows = (arm > 0) & (rng.random(rows) < truth.follow)
    lost = rng.random(rows) < truth.timeouts
    asked = (arm > 0) & (rng.random(rows) < truth.ask)
    return Drawn(person, item, arm, gold, own, target, asked, np.where(follows & asked, target, own), lost)


def simulate(truth: Truth, seed: int) -> pd.DataFrame:
    """One row per person and item with the columns of responses.csv that the answers concern."""
    import pandas as pd

    drawn = draw(truth, seed)
    assisted = drawn.assisted
    return pd.DataFrame(
        {
            "participant_id": names("P", drawn.person),
            "item_id": names("I", drawn.item),
            "arm": np.array(truth.arms)[drawn.arm],
            "assistant": np.where(assisted, "simulated", ""),
            "trial_kind": "main",
            "answer": np.where(drawn.lost, "", LETTERS[drawn.answer]),
            "gold": LETTERS[drawn.gold],
            "correct": np.where(drawn.lost, "", _written(drawn.answer == drawn.gold)),
            "timed_out": _written(drawn.lost),
            "brief_target": np.where(assisted, LETTERS[drawn.target], ""),
            "brief_correct": np.where(assisted, _written(drawn.target == drawn.gold), ""),
            "is_simulated": "true",
        }
    )


def names(prefix: str, codes: Array) -> list[str]:
    """Ids of people or items."""
    return [f"{prefix}{code + 1:04d}" for code in codes]


def _arms(truth: Truth, rng: np.random.Generator) -> Array:
    """The arm in which each person (row) meets each item (column): equal shares, at random."""
    arms = len(truth.arms)
    if truth.design == "between":
        own = rng.permutation(np.arange(truth.participants) % arms)
        return np.repeat(own[:, None], truth.items, axis=1)
    shares = np.tile(np.arange(truth.items) % arms, (truth.participants, 1))
    return rng.permuted(shares, axis=1)


def _distractor(rng: np.random.Generator, gold: IntArray) -> IntArray:
    return np.asarray((gold + rng.integers(1, OPTIONS, size=len(gold))) % OPTIONS)


def _probability(truth: Truth, rng: np.random.Generator, person: Array, item: Array, assisted: Array) -> FloatArray:
    side = assisted - 0.5
    people = rng.normal(0, [[truth.person_sd], [truth.person_slope_sd]], (2, truth.participants))
    things = rng.normal(0, [[truth.item_sd], [truth.item_slope_sd]], (2, truth.items))
    logits = truth.base + truth.effect * side + people[0, person] + people[1, person] * side
    logits += things[0, item] + things[1, item] * side
    return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float64)


def _written(mask: Array) -> Array:
    return np.where(mask, "true", "false")
