"""A model asked alone: the orders of its options, the text of its questions, and the reading of its answers."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studies.domain.answers import LETTERS, to_original
from studies.domain.randomisation import derive_seed, draw_choice_order

COMPARATORS = ("benchmark", "as_deployed")
ORDERS = ("stored", "drawn", "cyclic")
FIRST_REPLY = "first_reply"  # the method of as_deployed


@dataclass(frozen=True)
class Method:
    """Prompt names: what is asked with the question, and what is asked after the reply ('' where nothing is).

    `usual`: about how many tokens the replies have, for an estimate. `letters`: the reply is the letter itself, so that
    a provider's probabilities of letters are those of the answers. `samples`: the name under which its repeats are
    exported, which are samples that vote; '' where they are answers.
    """

    ask: str
    then: str = ""
    usual: tuple[int, ...] = (6,)
    letters: bool = False
    samples: str = ""


METHODS = {
    "zero_shot": Method("baseline_letter.v1", letters=True),
    "few_shot": Method("baseline_letter.v1", letters=True),
    "chain_of_thought": Method("baseline_reasoning.v1", "baseline_conclude.v1", usual=(300, 6)),
    "self_consistency": Method(
        "baseline_reasoning.v1", "baseline_conclude.v1", usual=(300, 6), samples="chain_of_thought"
    ),
    "stated_probability": Method("baseline_stated.v1", usual=(40,)),
    "p_true": Method("baseline_letter.v1", "baseline_p_true.v1", usual=(6, 6)),
}
_ALONE = re.compile(r"\s*\**\(?([A-J])\)?\**(?:[.:)]\**(?:\s.*)?)?\s*", re.DOTALL)
_SAID = re.compile(r"(?i:\banswer(?: choice)?(?: is)?)\s*:?\s*\**\s*\(?([A-J])\b(?!['’])")
_PROBABILITY = re.compile(r"(?:^|[\s,;(*])([A-J])\)?\**\s*[:=]\s*\**(\d+(?:\.\d+)?)\s*(%?)", re.MULTILINE)
_PERCENT = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s*(%?)")


def orders(rule: str, *, letters: str, seed: int, item: str, repeat: int) -> list[str]:
    """The orders in which an item is asked: as stored, one drawn order, or every cyclic one (to be averaged)."""
    if rule == "stored":
        return [letters]
    if rule == "drawn":
        return [draw_choice_order(letters, derive_seed(seed, "baseline-order", item, repeat))]
    return [letters[at:] + letters[:at] for at in range(len(letters))]


def posed(question: str, options_shown: Sequence[str], passage: str = "") -> str:
    """A question as somebody pastes it."""
    lines = "\n".join(f"{letter}. {text}" for letter, text in zip(LETTERS, options_shown, strict=False))
    return f"{passage}\n\n{question}\n{lines}" if passage else f"{question}\n{lines}"


def with_examples(asked: str, examples: Sequence[tuple[str, str]]) -> str:
    """Worked examples (question, letter) before what is asked."""
    return "\n\n".join([*(f"{question}\nAnswer: {letter}" for question, letter in examples), asked])


def read_letter(text: str, options_shown: Sequence[str]) -> str:
    """The shown letter that a reply gives; '' where it gives none, or more than one. 'The' is no letter."""
    there = LETTERS[: len(options_shown)]
    plain = _plain(text)
    if same := [letter for letter, option in zip(there, options_shown, strict=True) if _plain(option) == plain]:
        return same[0] if len(same) == 1 else ""
    if alone := _ALONE.fullmatch(text):
        return alone[1] if alone[1] in there else ""
    said = {letter for letter in _SAID.findall(text) if letter in there}
    return said.pop() if len(said) == 1 else ""


def read_probabilities(text: str, order: str) -> dict[str, float] | None:
    """Probabilities by original letter, scaled to sum to 1; None unless every option has exactly one."""
    told = [(letter, float(number)) for letter, number in _numbers(text) if letter in LETTERS[: len(order)]]
    total = sum(number for _, number in told)
    if len(told) != len(order) or len(dict(told)) != len(order) or total <= 0:
        return None
    return {to_original(order, letter): number / total for letter, number in sorted(told)}


def read_percentage(text: str) -> float | None:
    """A probability (0-1) from '85%', '85' or '0.85'; None where there is none, or more than one."""
    found = _PERCENT.findall(text)
    if len(found) != 1:
        return None
    number = float(found[0][0])
    value = number if not found[0][1] and number <= 1 else number / 100
    return value if value <= 1 else None


def likeliest(probabilities: dict[str, float]) -> str:
    """The letter with the largest probability; '' where several share it."""
    most = max(probabilities.values())
    best = [letter for letter, value in probabilities.items() if value == most]
    return best[0] if len(best) == 1 else ""


def averaged(answers: Sequence[tuple[str, dict[str, float] | None]], letters: str) -> dict[str, float]:
    """The mean of several answers' distributions over the letters; an answer without one is wholly its letter.

    Of samples without probabilities that is the share of votes (self-consistency, Wang et al. 2022, arXiv:2203.11171).
    """
    told = [probabilities or {answer: 1.0} for answer, probabilities in answers]
    return {letter: sum(one.get(letter, 0.0) for one in told) / len(told) for letter in letters}


def _numbers(text: str) -> Iterator[tuple[str, str]]:
    return ((letter, number) for letter, number, _ in _PROBABILITY.findall(text))


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(".").casefold()
