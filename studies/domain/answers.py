"""Letters and confidence: what is shown, what is stored, and the way between them."""

from dataclasses import dataclass

from studies.domain.errors import Refused
from studies.domain.protocol import Confidence

LETTERS = "ABCDEFGHIJ"

# Bowman et al. 2022: bins centred at 25, 42, 60, 80 and 100 %; the top label reads "Certain (100%)".
FIVE_BINS = (
    ("25", "A guess (25%)"),
    ("42", "Leaning (42%)"),
    ("60", "Fairly confident (60%)"),
    ("80", "Confident (80%)"),
    ("100", "Certain (100%)"),
)


@dataclass(frozen=True)
class ConfidenceOption:
    raw: str
    label: str
    probability: float


def letters(count: int) -> str:
    return LETTERS[:count]


def to_shown(order: str, original: str) -> str:
    """The letter under which original option `original` stands on the screen; '' stays ''."""
    return LETTERS[_place(order, original)] if original else ""


def to_original(order: str, shown: str) -> str:
    """The stored letter of what the person sees as `shown`; '' stays ''."""
    if not shown:
        return ""
    place = LETTERS.find(shown)
    if len(shown) != 1 or not 0 <= place < len(order):
        raise Refused("bad_answer", "That is not one of the answers to this question. Please choose one.")
    return order[place]


def _place(order: str, letter: str) -> int:
    place = order.find(letter)
    if place < 0:
        raise Refused("bad_answer", "That is not one of the answers to this question. Please choose one.")
    return place


def confidence_options(confidence: Confidence) -> list[ConfidenceOption]:
    """What a person can choose from; empty for the slider, which takes every whole percentage."""
    if confidence.scale == "five_bins":
        return [ConfidenceOption(raw, label, int(raw) / 100) for raw, label in FIVE_BINS]
    return [ConfidenceOption(f"{value:g}", f"{value:g}%", value / 100) for value in confidence.values]


def confidence_probability(raw: str, confidence: Confidence) -> float | None:
    """The probability (0-1) that the person gives to their answer; None where they gave none."""
    if not raw:
        return None
    if confidence.scale == "slider":
        return _slider_probability(raw)
    for option in confidence_options(confidence):
        if option.raw == raw:
            return option.probability
    raise _bad_confidence()


def _slider_probability(raw: str) -> float:
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 3 and int(raw) <= 100):
        raise _bad_confidence()
    return int(raw) / 100


def _bad_confidence() -> Refused:
    return Refused("bad_confidence", "That is not one of the confidence levels. Please choose one.")
