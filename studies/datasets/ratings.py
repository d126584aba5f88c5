"""The validators of QuALITY as ratings, and their votes on each question."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from studies.datasets.faults import Where
from studies.datasets.quality_layout import Question
from studies.datasets.records import LETTERS, RatingRecord, checked_text


def letter_of(label: int | None, name: str, count: int, first: int, where: Where) -> str:
    """The letter of a label, empty where there is none. Raises DatasetError."""
    if label is None:
        return ""
    if not first <= label < first + count:
        message = f"{name} must be from {first} to {first + count - 1} (options are counted from {first})"
        raise where.fault(message, label)
    return LETTERS[label - first]


def ratings_of(question: Question, count: int, gold: str, where: Where) -> tuple[RatingRecord, ...]:
    """Every answer of every validator; a code that stands for several people is numbered, not merged."""
    untimed = [("untimed", each.annotator, each.answer, "untimed_answer") for each in question.validation]
    speed = [("speed", each.annotator, each.answer, "speed_answer") for each in question.speed_validation]
    met: Counter[tuple[str, str]] = Counter()
    ratings = []
    for source, annotator, label, name in untimed + speed:
        rater = checked_text(annotator, f"{source}_annotator_id", where)
        met[source, rater] += 1
        answer = letter_of(label, name, count, 1, where)
        correct = answer == gold if answer and gold else None
        ratings.append(RatingRecord(source, _numbered(rater, met[source, rater]), answer, correct))
    return tuple(ratings)


def votes_of(question: Question, count: int) -> dict[str, Any]:
    """How often each thing was said by those who read the whole article."""
    said = question.validation
    return {
        "best_distractor_votes": _counted(_option(each.best_distractor, count) for each in said),
        "answerability_votes": _counted(_plain(each.answerability) for each in said),
        "context_votes": _counted(_plain(each.context) for each in said),
    }


def _numbered(rater: str, time: int) -> str:
    return rater if time == 1 else f"{rater}#{time}"


def _counted(votes: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(vote for vote in votes if vote).items()))


def _plain(vote: int | None) -> str:
    return "" if vote is None else str(vote)


def _option(vote: int | None, count: int) -> str:
    """The option's letter; a number that is no option stays a number."""
    return LETTERS[vote - 1] if vote is not None and 1 <= vote <= count else _plain(vote)
