"""A data set whose truth is known: crossed people and items, two arms, and an assistant that may be wrong.

logit P(right) of a person's own answer = base + person + item (+ their slopes in the assisted arm). In the
assisted arm a brief is drawn, right with probability ``brief_right``, and followed with probability
``follow``; otherwise the person's own answer stands. The same seed gives the same data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from analysis.inference import FloatArray

if TYPE_CHECKING:
    import pandas as pd

Array = npt.NDArray[Any]
UNAIDED, ASSISTED = "unaided", "assisted"
_LETTERS = np.array(list("ABCD"))


@dataclass(frozen=True, slots=True)
class Truth:
    """Parameters of the simulated study; spreads are standard deviations in logits."""

    participants: int = 40
    items: int = 24
    design: Literal["within", "between"] = "within"
    base: float = 0.2
    effect: float = 0.7
    person_sd: float = 0.8
    item_sd: float = 1.2
    person_slope_sd: float = 0.4
    item_slope_sd: float = 0.8
    brief_right: float = 0.5
    follow: float = 0.0
    timeouts: float = 0.0

    def own(self, arm: str) -> float:
        """Expected accuracy of people's own answers in an arm, over people and items."""
        assisted = arm == ASSISTED
        slopes = (self.person_slope_sd**2 + self.item_slope_sd**2) / 4
        spread = math.sqrt(self.person_sd**2 + self.item_sd**2 + slopes)
        nodes, weights = np.polynomial.hermite_e.hermegauss(61)
        logits = self.base + self.effect * (0.5 if assisted else -0.5) + spread * nodes
        return float(weights @ (1 / (1 + np.exp(-logits))) / weights.sum())

    def accuracy(self, arm: str) -> float:
        """Expected composite accuracy of the arm: a time-out without an answer is wrong."""
        own = self.own(arm)
        answered = own if arm == UNAIDED else self.follow * self.brief_right + (1 - self.follow) * own
        return answered * (1 - self.timeouts)

    @property
    def difference(self) -> float:
        """Expected accuracy with the assistant minus without."""
        return self.accuracy(ASSISTED) - self.accuracy(UNAIDED)

    @property
    def over_reliance(self) -> float:
        """P(answer = target | brief wrong): followed, or an own error that happens to be the target."""
        followed = self.follow + (1 - self.follow) * (1 - self.own(ASSISTED)) / 3
        return followed * (1 - self.timeouts)


def simulate(truth: Truth, seed: int) -> pd.DataFrame:
    """One row per person and item with the columns of responses.csv that the truth concerns."""
    import pandas as pd

    rng = np.random.default_rng(seed)
    person, item = (grid.ravel() for grid in np.indices((truth.participants, truth.items)))
    assisted = _arms(truth, rng)[person, item]
    gold = rng.integers(4, size=truth.items)[item]
    own_right = rng.random(len(person)) < _probability(truth, rng, person, item, assisted)
    own = np.where(own_right, gold, (gold + rng.integers(1, 4, size=len(person))) % 4)
    brief_right = rng.random(len(person)) < truth.brief_right
    target = np.where(brief_right, gold, (gold + rng.integers(1, 4, size=len(person))) % 4)
    follows = assisted & (rng.random(len(person)) < truth.follow)
    answer = np.where(follows, target, own)
    lost = rng.random(len(person)) < truth.timeouts
    return pd.DataFrame(
        {
            "participant_id": _names("P", person),
            "item_id": _names("I", item),
            "arm": np.where(assisted, ASSISTED, UNAIDED),
            "assistant": np.where(assisted, "simulated", ""),
            "trial_kind": "main",
            "answer": np.where(lost, "", _LETTERS[answer]),
            "gold": _LETTERS[gold],
            "correct": np.where(lost, "", _written(answer == gold)),
            "timed_out": _written(lost),
            "brief_target": np.where(assisted, _LETTERS[target], ""),
            "brief_correct": np.where(assisted, _written(brief_right), ""),
            "is_simulated": "true",
        }
    )


def _arms(truth: Truth, rng: np.random.Generator) -> Array:
    """Whether each person (row) meets each item (column) with the assistant; half of each, at random."""
    if truth.design == "between":
        aided = rng.permutation(np.arange(truth.participants) % 2 == 1)
        return np.repeat(aided[:, None], truth.items, axis=1)
    halves = np.tile(np.arange(truth.items) % 2 == 1, (truth.participants, 1))
    return rng.permuted(halves, axis=1)


def _probability(truth: Truth, rng: np.random.Generator, person: Array, item: Array, assisted: Array) -> FloatArray:
    side = assisted - 0.5
    people = rng.normal(0, [[truth.person_sd], [truth.person_slope_sd]], (2, truth.participants))
    things = rng.normal(0, [[truth.item_sd], [truth.item_slope_sd]], (2, truth.items))
    logits = truth.base + truth.effect * side + people[0, person] + people[1, person] * side
    logits += things[0, item] + things[1, item] * side
    return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float64)


def _names(prefix: str, codes: Array) -> list[str]:
    return [f"{prefix}{code + 1:04d}" for code in codes]


def _written(mask: Array) -> Array:
    return np.where(mask, "true", "false")
