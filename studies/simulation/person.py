"""A simulated person: who they are, and what they do at each turn. Pure: every decision is drawn from its own seed.

A person never reads the gold answer; it only decides whether they happen to know it. All letters are shown letters.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from studies.domain.answers import LETTERS, confidence_options
from studies.domain.protocol import Confidence
from studies.domain.randomisation import derive_seed, rng

Option = TypeVar("Option")


@dataclass(frozen=True)
class Population:
    """Where people and items are drawn from. Ability and difficulty are logits, times seconds, the rest chances."""

    ability: float = -0.3
    ability_sd: float = 0.7
    difficulty_sd: float = 0.8
    trust: float = 0.6
    trust_sd: float = 0.15
    overconfidence: float = 0.05
    overconfidence_sd: float = 0.08
    thinking_seconds: float = 16.0
    pace_sd: float = 0.3
    messages: float = 1.6
    messages_sd: float = 0.8
    most_messages: int = 6
    leaves: float = 0.012  # before or in each trial
    returns: float = 0.4
    watches_clock: float = 0.8
    declines: float = 0.03
    careless: float = 0.04
    drifts_off: float = 0.05  # to another window, per trial
    refuses_data_use: float = 0.02


CALM = Population(leaves=0, declines=0, careless=0, refuses_data_use=0, drifts_off=0)


@dataclass(frozen=True)
class Traits:
    """The truth about one person, as it is recorded with them."""

    ability: float
    trust: float
    overconfidence: float
    pace: float
    talkativeness: float
    leaves: float


@dataclass(frozen=True)
class Scene:
    """What a trial is to a person. `gold` is '' where there is no right answer; `key` names the item."""

    key: str
    kind: str
    options: int
    gold: str
    assisted: bool = False
    passage_words: int = 0
    limit_seconds: float | None = None


@dataclass(frozen=True)
class Approach:
    """How a person takes on a trial: their own belief, how sure of it, and where the time goes (seconds)."""

    belief: str
    sure: float
    reading_seconds: float
    thinking_seconds: float
    chooses_early: bool
    messages: int


def draw_traits(population: Population, seed: str) -> Traits:
    source = rng(derive_seed(seed, "traits"))
    return Traits(
        ability=round(source.gauss(population.ability, population.ability_sd), 3),
        trust=round(_within(source.gauss(population.trust, population.trust_sd)), 3),
        overconfidence=round(source.gauss(population.overconfidence, population.overconfidence_sd), 3),
        pace=round(math.exp(source.gauss(0, population.pace_sd)), 3),
        talkativeness=round(max(0.0, source.gauss(population.messages, population.messages_sd)), 3),
        leaves=population.leaves,
    )


class Person:
    """One simulated person. The same seed decides alike, in whatever order the decisions are asked for."""

    def __init__(self, seed: str, population: Population) -> None:
        self.seed = seed
        self.population = population
        self.traits = draw_traits(population, seed)

    def source(self, *decision: object) -> Random:
        return rng(derive_seed(self.seed, *decision))

    def happens(self, chance: float, *decision: object) -> bool:
        return self.source(*decision).random() < chance

    def seconds(self, mean: float, *decision: object) -> float:
        """About `mean` seconds at this person's pace."""
        return round(mean * self.traits.pace * math.exp(self.source("seconds", *decision).gauss(0, 0.35)), 3)

    def approach(self, scene: Scene) -> Approach:
        source = self.source("approach", scene.key)
        belief, sure = self._belief(scene, source)
        limit = scene.limit_seconds or math.inf
        reading = min(scene.passage_words / 4 * self.traits.pace, 0.55 * limit) + 6 * self.traits.pace
        return Approach(
            belief=belief,
            sure=sure,
            reading_seconds=round(reading, 3),
            thinking_seconds=self.seconds(self.population.thinking_seconds, "thinking", scene.key),
            chooses_early=source.random() < 0.6,
            messages=self._messages(scene, source),
        )

    def thinks(self, scene: Scene, approach: Approach, left: float) -> float:
        """Seconds before the answer is chosen: most watch the clock, some are caught by it."""
        watches = self.happens(self.population.watches_clock, "watches the clock", scene.key)
        return (
            round(min(approach.thinking_seconds, max(0.0, 0.7 * left - 2)), 3) if watches else approach.thinking_seconds
        )

    def knows(self, scene: Scene, source: Random) -> bool:
        """Rasch model: the chance to know the answer is logistic(ability - difficulty of the item)."""
        difficulty = rng(derive_seed("difficulty", scene.key)).gauss(0, self.population.difficulty_sd)
        return source.random() < 1 / (1 + math.exp(difficulty - self.traits.ability))

    def _belief(self, scene: Scene, source: Random) -> tuple[str, float]:
        """Who does not know guesses, the right answer not excluded."""
        guess = source.choice(LETTERS[: scene.options])
        if scene.kind == "attention":
            return (guess, 0.5) if source.random() < self.population.careless else (scene.gold, 1.0)
        known = self.knows(scene, source) and bool(scene.gold)
        feeling = source.gauss(0.85 if known else 0.35, 0.12) + self.traits.overconfidence
        return (scene.gold, _within(feeling)) if known else (guess, _within(feeling))

    def _messages(self, scene: Scene, source: Random) -> int:
        """How often they write to the assistant: a geometric number with this person's mean."""
        if not scene.assisted:
            return 0
        number, more = 0, self.traits.talkativeness / (1 + self.traits.talkativeness)
        while number < self.population.most_messages and source.random() < more:
            number += 1
        return number

    def conclude(self, scene: Scene, approach: Approach, recommended: str) -> tuple[str, float]:
        """The answer after the talk, with its probability: the advice where they trust it, else their own."""
        if not recommended or not self.follows(scene):
            return approach.belief, approach.sure
        agrees = recommended == approach.belief
        sure = max(approach.sure, 0.7) + 0.15 if agrees else 0.45 + 0.4 * self.traits.trust
        return recommended, _within(sure + self.traits.overconfidence)

    def follows(self, scene: Scene) -> bool:
        return self.happens(self.traits.trust, "follows", scene.key)


def on_scale(probability: float, confidence: Confidence, options: int) -> str:
    """The confidence as it is entered: the nearest of those offered, never below an even guess on a free scale."""
    offered = confidence_options(confidence)
    if not offered:
        return str(round(100 * max(probability, 1 / options)))
    return min(offered, key=lambda option: abs(option.probability - probability)).raw


def pick(source: Random, options: Sequence[Option]) -> Option:
    return source.choice(list(options))


def _within(probability: float) -> float:
    return min(0.99, max(0.02, probability))
