"""Every draw of a study: seeded, local, and derivable again from what is stored with it."""

import hashlib
import heapq
import itertools
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from studies.domain.protocol import Design


def derive_seed(*parts: object) -> str:
    """A seed (sha256, hex) for the draw that these parts name."""
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()


def rng(seed: str) -> random.Random:
    return random.Random(seed)


def sequence_seed_parts(study_seed: int, pool: str, stratum: str) -> tuple[object, ...]:
    """One deck for a stratum over all versions of a study, so that an amendment does not cut a block in two."""
    return (study_seed, "arm", pool, stratum)


def items_seed(study_seed: int, code: str, task: str, arm: str) -> str:
    return derive_seed(study_seed, "items", code, task, arm)


def choice_order_seed(study_seed: int, code: str, content_sha256: str) -> str:
    """Of a person and an item's content: the same in another database."""
    return derive_seed(study_seed, "choices", code, content_sha256)


# -- the first draw: arm or sequence -------------------------------------------------------------------------


def sequences(arms: Sequence[str], design: Design) -> list[list[str]]:
    """The sequences of arms that people are dealt.

    Between subjects each has one arm. Within, a fixed or interleaved order has one sequence; else every order of
    up to three arms, and every rotation of more.
    """
    if design.unit == "between":
        return [[arm] for arm in arms]
    if design.arm_order == "fixed" or design.order == "interleaved":
        return [list(arms)]
    if len(arms) <= 3:
        return [list(order) for order in itertools.permutations(arms)]
    return [list(arms[start:]) + list(arms[:start]) for start in range(len(arms))]


@dataclass(frozen=True)
class SequenceDraw:
    sequence: list[str]
    probability: float
    seed: str
    block: int
    slot: int


def draw_sequence(
    choices: list[list[str]], *, design: Design, seed_parts: Sequence[object], number: int
) -> SequenceDraw:
    """The sequence of the `number`-th person (from 0) of a stratum, from permuted blocks.

    `probability` is that of this sequence given the earlier draws of its block.
    """
    if design.unit == "within" and design.arm_order == "drawn":
        seed = derive_seed(*seed_parts, "simple", number)
        return SequenceDraw(rng(seed).choice(choices), 1 / len(choices), seed, number, 0)
    size = _block_size(len(choices), design.block_size)
    block, slot = divmod(number, size)
    seed = derive_seed(*seed_parts, "block", block)
    deck = [index for index in range(len(choices)) for _ in range(size // len(choices))]
    rng(seed).shuffle(deck)
    left = deck[slot:]
    return SequenceDraw(choices[deck[slot]], left.count(deck[slot]) / len(left), seed, block, slot)


def _block_size(choices: int, wanted: int | None) -> int:
    """A multiple of the number of sequences, so that every block is balanced."""
    size = wanted or 2 * choices
    return max(choices, size - size % choices)


SAME = 1e-9  # means that differ by less are equal: they are sums of fractions

# -- the second draw: items ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class PoolEntry:
    """An item as the draw sees it. `index` is its place in the frozen pool, `fill` its responses in this arm.

    `others` are its responses in each arm that this person is still to be dealt items for, from the same items.
    """

    index: int
    passage: str
    fill: int
    others: tuple[int, ...] = ()


@dataclass(frozen=True)
class ItemDraw:
    """One drawn item. `candidates` are ranges of pool indexes among which a uniform seeded draw fell."""

    index: int
    candidates: dict[str, str]
    probability: float
    seed: str
    unit: str


def draw_items(pool: Sequence[PoolEntry], *, count: int, per_passage: int, seed: str) -> list[ItemDraw]:
    """Draw `count` items, least filled first, ties by seed; fewer where the pool has fewer.

    Items with a passage come by passage (least filled on average first), up to `per_passage` of each. Nobody meets
    an item in two arms, so that taking one costs the arms that are dealt after this one: `_scores` counts that in.
    """
    drawn: list[ItemDraw] = []
    left = list(pool)
    while left and len(drawn) < count:
        wanted = min(per_passage, count - len(drawn))
        units = _units(left)
        scores = _scores(units, count=count, per_passage=per_passage)
        draws = _draw_unit(units, scores, wanted=wanted, seed=derive_seed(seed, len(drawn)))
        drawn += draws
        gone = _gone(left, draws)
        left = [entry for entry in left if entry.index not in gone]
    return drawn


def _units(left: Sequence[PoolEntry]) -> dict[int, list[PoolEntry]]:
    """The passages with their questions, and the items without one, by the index of their first item."""
    grouped: dict[object, list[PoolEntry]] = {}
    for entry in left:
        grouped.setdefault(entry.passage or entry.index, []).append(entry)
    return {unit[0].index: unit for unit in grouped.values()}


def _scores(units: dict[int, list[PoolEntry]], *, count: int, per_passage: int) -> dict[int, float]:
    """How filled each unit is, and how much worse off each arm still to come would be without it.

    An arm that needs n units takes its n least filled ones. Without one of them it has to take the next, which
    costs the difference of their fills. (Least filled first, arm by arm, lets a later arm drift under drop-out.)
    """
    needed = -(-count // per_passage) if any(unit[0].passage for unit in units.values()) else count
    scores = {index: _mean(entry.fill for entry in unit) for index, unit in units.items()}
    arms_to_come = len(next(iter(units.values()))[0].others)
    for arm in range(arms_to_come):
        fills = {index: _mean(entry.others[arm] for entry in unit) for index, unit in units.items()}
        instead = heapq.nsmallest(needed + 1, fills.values())[-1]
        for index, fill in fills.items():
            scores[index] += max(0.0, instead - fill)
    return scores


def _mean(fills: Iterable[int]) -> float:
    counted = list(fills)
    return sum(counted) / len(counted)


def _gone(left: Sequence[PoolEntry], draws: Sequence[ItemDraw]) -> set[int]:
    """What can't be drawn any more: the items themselves and the rest of their passage."""
    indexes = {draw.index for draw in draws}
    passages = {entry.passage for entry in left if entry.index in indexes and entry.passage}
    return indexes | {entry.index for entry in left if entry.passage in passages}


def _draw_unit(
    units: dict[int, list[PoolEntry]], scores: dict[int, float], *, wanted: int, seed: str
) -> list[ItemDraw]:
    least = min(scores.values()) + SAME
    candidates = sorted(index for index, score in scores.items() if score <= least)
    first = rng(seed).choice(candidates)
    unit, chance = units[first], 1 / len(candidates)
    if not unit[0].passage:
        return [ItemDraw(first, {"items": ranges(candidates)}, chance, seed, "item")]
    return _draw_questions(unit, wanted=wanted, seed=seed, passages=ranges(candidates), chance=chance)


def _draw_questions(
    unit: Sequence[PoolEntry], *, wanted: int, seed: str, passages: str, chance: float
) -> list[ItemDraw]:
    drawn: list[ItemDraw] = []
    left = list(unit)
    while left and len(drawn) < wanted:
        least = min(entry.fill for entry in left)
        candidates = sorted(entry.index for entry in left if entry.fill == least)
        own = derive_seed(seed, "question", len(drawn))
        index = rng(own).choice(candidates)
        stored = {"passages": passages, "items": ranges(candidates)}
        drawn.append(ItemDraw(index, stored, chance / len(candidates), own, "passage"))
        left = [entry for entry in left if entry.index != index]
    return drawn


def redraw(seed: str, candidates: dict[str, str]) -> int:
    """The pool index that a stored draw chose: what the allocation check compares with."""
    return rng(seed).choice(indexes(candidates["items"]))


def ranges(numbers: Iterable[int]) -> str:
    """'0-3,7' for 0, 1, 2, 3, 7: a pool of thousands stays a short text."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)


def indexes(text: str) -> list[int]:
    """The inverse of `ranges`."""
    found: list[int] = []
    for run in filter(None, text.split(",")):
        low, _, high = run.partition("-")
        found.extend(range(int(low), int(high or low) + 1))
    return found


# -- the order of a person's trials --------------------------------------------------------------------------


def draw_choice_order(letters: str, seed: str) -> str:
    """The original letters in the order in which they are shown. Gold plays no part in it."""
    shuffled = list(letters)
    rng(seed).shuffle(shuffled)
    return "".join(shuffled)


def interleave(groups: Sequence[Sequence[list[int]]], seed: str) -> list[int]:
    """Mix the arms: each round has one unit (an item, or the questions of a passage) of every arm, in a drawn order."""
    source = rng(seed)
    mixed: list[int] = []
    queues = [list(group) for group in groups]
    while any(queues):
        ready = [queue for queue in queues if queue]
        source.shuffle(ready)
        for queue in ready:
            mixed += queue.pop(0)
    return mixed


def into_sittings(units: Sequence[int], sittings: int) -> list[int]:
    """The sitting (from 1) of each planned trial: as even as can be, in order."""
    total = len(units)
    return [index * sittings // total + 1 for index in range(total)]
