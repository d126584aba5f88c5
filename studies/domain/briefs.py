"""Drawing what an assistant argues for (a target) or holds true (a belief). Gold decides the odds, never the words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isclose

from studies.domain.randomisation import derive_seed, rng

LARGEST_BLOCK = 20
NOT_MISSED = "not_missed"  # the stratum of items on which `wrong_on` lets no target be wrong


@dataclass(frozen=True)
class BriefDraw:
    """`probability` is that of this very target, given the earlier draws of its stratum."""

    target: str
    correct: bool
    probability: float
    seed: str


def natural_block(p_correct: float) -> int:
    """The smallest block, from 5 on, in which a share of `p_correct` is a whole number of right targets."""
    whole = (size for size in range(5, LARGEST_BLOCK + 1) if isclose(p_correct * size, round(p_correct * size)))
    return next(whole, LARGEST_BLOCK)


def draw_target(
    *,
    seed_parts: Sequence[object],
    slot: int,
    gold: str,
    letters: str,
    p_correct: float,
    block: int | None,
    wrong: str = "",
) -> BriefDraw:
    """The `slot`-th target (from 0) of a stratum; wrong ones are uniform over the letters `wrong` (all distractors).

    In permuted blocks the share of right targets is exact in each block (rounded up or down where the share is no
    whole number, drawn so that it is right on average); a block of 1 is a simple draw.
    """
    size = block or natural_block(p_correct)
    number, place = divmod(slot, size)
    seed = derive_seed(*seed_parts, "block", number)
    deck = _deck(size, p_correct, seed)
    left = deck[place:]
    right = deck[place]
    chance_right = p_correct if size == 1 else left.count(True) / len(left)
    wrong = wrong or letters.replace(gold, "")
    target_seed = derive_seed(seed, place)
    if right:
        return BriefDraw(gold, True, chance_right, target_seed)
    return BriefDraw(rng(target_seed).choice(wrong), False, (1 - chance_right) / len(wrong), target_seed)


def best_distractors(*, gold: str, letters: str, votes: Mapping[str, int]) -> str:
    """The distractor that most annotators called the best one, or all that share the most votes; '' without votes."""
    counted = {letter: votes.get(letter, 0) for letter in letters.replace(gold, "")}
    most = max(counted.values(), default=0)
    return "".join(letter for letter, count in counted.items() if count == most) if most else ""


def commonest_errors(*, gold: str, letters: str, answers: Mapping[str, int]) -> str:
    """The wrong answer that was given most often, or all that share the most; '' where none was."""
    return best_distractors(gold=gold, letters=letters, votes=answers)


def is_missed(*, gold: str, answers: Mapping[str, int]) -> bool:
    """Whether some wrong answer was given more often than the key: what a majority of the answers would get wrong."""
    return max((count for letter, count in answers.items() if letter != gold), default=0) > answers.get(gold, 0)


def _deck(size: int, p_correct: float, seed: str) -> list[bool]:
    source = rng(seed)
    exact = p_correct * size
    right = round(exact) if isclose(exact, round(exact)) else int(exact) + (source.random() < exact % 1)
    deck = [True] * right + [False] * (size - right)
    source.shuffle(deck)
    return deck


def practice_seed(study_seed: int, item_sha256: str) -> str:
    """The same for everybody, as the practice schedule is."""
    return derive_seed(study_seed, "practice", item_sha256)


def practice_target(*, seed: str, gold: str, letters: str, right: bool) -> str:
    """The target that a practice schedule fixes; a wrong one is any distractor alike."""
    return gold if right else rng(seed).choice(letters.replace(gold, ""))


def draw_belief(*, seed_parts: Sequence[object], gold: str, letters: str, knowledge: float) -> str:
    """What an assistant holds true of an item: right with probability `knowledge`, else any distractor alike."""
    source = rng(derive_seed(*seed_parts))
    if source.random() < knowledge:
        return gold
    return source.choice(letters.replace(gold, ""))
