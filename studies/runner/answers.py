"""What the calls of one question of a model-only run come to: the columns of its row."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from studies.domain.answers import to_original
from studies.domain.baselines import likeliest, read_letter, read_percentage, read_probabilities
from studies.runner.questions import Question
from studies.runner.source import Calling
from studies.services.replies import Call


def outcome_of(method: str, question: Question, calls: Sequence[Calling]) -> tuple[str, dict[str, Any]]:
    """The outcome, and the answer's columns (original order). A refusal is no answer, and what is not read is none."""
    if calls[-1].was_refused:
        return "refused", {}
    answer, probability, probabilities = _read(method, question, calls)
    if not answer:
        return "unparsed", {}
    return "answered", {"answer": answer, "probability": probability, "probabilities": probabilities}


def _read(
    method: str, question: Question, calls: Sequence[Calling]
) -> tuple[str, float | None, dict[str, float] | None]:
    texts, order = [call.text for call in calls], question.row.choice_order
    letter = to_original(order, _letter(method, question, calls))
    if method == "stated_probability":
        probabilities = read_probabilities(texts[0], order)
    else:
        probabilities = _told(calls[0], order) if letter else None
    if probabilities:
        answer = likeliest(probabilities)
        return answer, probabilities.get(answer), probabilities
    sure = read_percentage(texts[1]) if method == "p_true" and len(texts) == 2 else None
    return letter, sure, None


def _letter(method: str, question: Question, calls: Sequence[Calling]) -> str:
    """The shown letter: what the provider knows that it said, or what the reply says, which is the last one."""
    last = calls[0] if method == "p_true" else calls[-1]
    known = [call.finished for call in (calls[0], last) if call.finished and call.finished.recommended_by == "provider"]
    if known:
        return next((one.recommended_shown for one in known if one.recommended_shown), "")
    return "" if method == "stated_probability" else read_letter(last.text, question.options)


def _told(call: Calling, order: str) -> dict[str, float] | None:
    told = call.finished.letter_probabilities if call.finished else None
    return None if told is None else {to_original(order, shown): share for shown, share in told.items()}


def taken(calls: Sequence[Call], faults: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The columns of what a row took: tokens and money of every attempt, time of the calls that came to their end.

    What is not known of a call that ended leaves the sum unknown; a failed attempt of which nothing is known adds
    nothing.
    """
    lost = [fault["took"] for fault in faults]
    return {
        "input_tokens": _sum([call.input_tokens for call in calls], [one["input_tokens"] for one in lost]),
        "output_tokens": _sum([call.output_tokens for call in calls], [one["output_tokens"] for one in lost]),
        "cost_usd": _sum([call.cost_usd for call in calls], [_decimal(one["cost_usd"]) for one in lost]),
        "latency_ms": sum(call.latency_ms or 0 for call in calls) if calls else None,
    }


def _sum(known: list[Any], lost: list[Any]) -> Any:
    told = [one for one in lost if one is not None]
    if None in known or not (known or told):
        return None
    return sum(told, sum(known))


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def fault_as_kept(call: Call, retry_after: float | None) -> dict[str, Any]:
    """A failed attempt, as it stands in its row."""
    return {
        "at": call.started_at.isoformat(timespec="milliseconds"),
        "code": call.error,
        "latency_ms": call.latency_ms,
        "retry_after": retry_after,
        "request_id": call.request_id,
        "took": {
            "input_tokens": call.input_tokens,
            "output_tokens": call.output_tokens,
            "cost_usd": None if call.cost_usd is None else str(call.cost_usd),
        },
    }
