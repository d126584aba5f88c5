"""baselines.csv: every answer of a model-only run, and what several of them come to together."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import Q

from studies.domain.baselines import METHODS, averaged, likeliest
from studies.exports import ids
from studies.exports.columns import Columns
from studies.exports.columns.material import ITEMS_AT_ONCE, pool
from studies.exports.scope import Scope
from studies.models import BaselineAnswer, BaselineRun


@dataclass(frozen=True)
class Line:
    """A row of the file. `answer` is no stored row where several are put together: then nothing was asked for it."""

    method: str
    answer: BaselineAnswer
    together: bool = False


def baselines(scope: Scope) -> Iterator[Line]:
    """What the study's own runs asked, and what others' models said about its items."""
    own = Q(run__study=scope.study) | Q(run__study=None, item__in=pool(scope).values("item"))
    rows = BaselineAnswer.objects.filter(own).exclude(outcome="").defer("text", "item__question", "item__metadata")
    rows = rows.select_related("run__study", "item__dataset").order_by("run_id", "item_id", "pk")
    for _, group in groupby(rows.iterator(chunk_size=ITEMS_AT_ONCE), lambda row: (row.run_id, row.item_id)):
        answers = list(group)
        run = answers[0].run
        yield from (Line(_samples(run) or run.method, row) for row in answers)
        yield from _together(run, answers)


def _samples(run: BaselineRun) -> str:
    return METHODS[run.method].samples if run.method in METHODS else ""


def _together(run: BaselineRun, answers: Sequence[BaselineAnswer]) -> Iterator[Line]:
    """The vote of an item's samples, and the average over the cyclic orders of its options; whole ones only."""
    orders = len(answers[0].item.options) if run.order_rule == "cyclic" else 1
    if _samples(run):
        if len(answers) == run.repeats * orders:
            yield Line(run.method, _one(answers), together=True)
    elif orders > 1:
        for _, group in groupby(sorted(answers, key=lambda row: row.repeat), lambda row: row.repeat):
            if len(each := list(group)) == orders:
                yield Line(f"{run.method}_cyclic", _one(each), together=True)


def _one(answers: Sequence[BaselineAnswer]) -> BaselineAnswer:
    """Of the answers' distributions the mean, and its likeliest letter: two that are equally likely are no answer.

    What it took stands in the rows that it is made of.
    """
    first = answers[0]
    told = [(row.answer, row.probabilities) for row in answers if row.outcome == "answered"]
    shares = averaged(told, first.item.letters) if told else None
    letter = likeliest(shares) if shares else ""
    return BaselineAnswer(
        run=first.run, item=first.item, outcome=_outcome(letter, answers), answer=letter,
        probability=shares[letter] if shares and letter else None, probabilities=shares if letter else None,
        repeat=_same(answers, "repeat"), choice_order=_same(answers, "choice_order") or "",
        model_returned=_same(answers, "model_returned") or "", prompt_sha256=_same(answers, "prompt_sha256") or "",
        asked_at=max((row.asked_at for row in answers if row.asked_at), default=None),
    )  # fmt: skip


def _outcome(letter: str, answers: Sequence[BaselineAnswer]) -> str:
    shared = _same(answers, "outcome")
    return "answered" if letter else shared if shared in ("refused", "failed") else "unparsed"


def _same(answers: Sequence[BaselineAnswer], name: str) -> Any:
    """What all of them have in this column; None where they differ."""
    values = {getattr(row, name) for row in answers}
    return values.pop() if len(values) == 1 else None


def _of_run(name: str) -> Callable[[Line], Any]:
    return lambda line: getattr(line.answer.run, name)


def _of_answer(name: str) -> Callable[[Line], Any]:
    return lambda line: getattr(line.answer, name)


def _of_brief(name: str) -> Callable[[Line], Any]:
    return lambda line: line.answer.brief.get(name)


BASELINES: Columns = {
    "study": lambda line: line.answer.run.study.slug if line.answer.run.study else "",
    "run_id": _of_run("code"),
    **{name: _of_run(name) for name in ("assistant", "model", "shots", "comparator")},
    "method": lambda line: line.method,
    "dataset": lambda line: line.answer.item.dataset.name,
    "item_id": lambda line: ids.item_id(line.answer.item.dataset.name, line.answer.item.key),
    "task": lambda line: line.answer.item.dataset.family,
    "attempt": lambda line: None if line.together else line.answer.attempts,
    "faults": lambda line: line.answer.faults or None,
    **{f"brief_{name}": _of_brief(name) for name in ("target", "correct", "probability", "stratum", "slot", "seed")},
    "gold": lambda line: line.answer.item.gold,
    **{
        name: _of_answer(name)
        for name in (
            "repeat", "choice_order", "outcome", "answer", "correct", "probability", "probabilities", "model_returned",
            "asked_at", "stop_reason", "prompt_sha256", "input_tokens", "output_tokens", "cost_usd", "latency_ms",
        )
    },
}  # fmt: skip
