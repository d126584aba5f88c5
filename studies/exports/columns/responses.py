"""responses.csv: one row per opened trial."""

from typing import Any

from studies.assistants.registry import may_mislead
from studies.domain import derived
from studies.domain.answers import confidence_probability, to_original
from studies.domain.bonus import is_misled, trial_bonus_minor
from studies.domain.briefs import NOT_MISSED
from studies.domain.stated import stated_answer
from studies.domain.states import ClosedBy
from studies.domain.transcript import shown_options
from studies.exports import ids
from studies.exports.columns import Columns
from studies.exports.trials import OpenedTrial
from studies.models import Allocation, Pool

WITHHELD = frozenset(
    {
        "late_answer", "late_confidence",
        "answer", "gold", "correct", "confidence", "confidence_raw", "probabilities",
        "initial_answer", "initial_correct", "initial_confidence", "initial_probabilities",
        "brief_correct", "assistant_correct", "participant_stated_answer", "bonus_minor",
    }
)  # fmt: skip
"""Left empty in the rows of real people until the study is closed or unblinded."""


def sequence(arms: list[str] | None) -> str:
    return ">".join(arms or [])


def _first_advice(row: OpenedTrial) -> str:
    return derived.recommendations(row.talk)[0]


def _last_advice(row: OpenedTrial) -> str:
    return derived.recommendations(row.talk)[1]


def _assistant_correct(row: OpenedTrial) -> bool | None:
    advice = _last_advice(row)
    return advice == row.item.gold if advice and row.item.gold else None


def _stated(row: OpenedTrial) -> str:
    texts = derived.texts_before_advice(row.talk)
    order = row.planned.choice_order
    return to_original(order, stated_answer(texts, shown_options(row.item.options, order))) if texts else ""


def _assisted(row: OpenedTrial, value: Any) -> Any:
    """Empty where there was no assistant to say it of."""
    return None if row.brief is None else value


def _brief_drawn(row: OpenedTrial) -> bool | None:
    if row.brief is None or not row.brief.target:
        return None
    by_rule = row.brief.stratum == NOT_MISSED or row.planned.kind == Allocation.Kind.PRACTICE
    return not by_rule and 0 < row.protocol.assistants[row.brief.assistant].p_correct < 1


def _lateness(row: OpenedTrial) -> int | None:
    if row.response is not None and row.response.lateness_ms is not None:
        return row.response.lateness_ms
    if row.late is None or row.trial.deadline_at is None:
        return None
    return max(0, round(derived.seconds_between(row.trial.deadline_at, row.late.received_at) * 1000))


def _timed_out(row: OpenedTrial) -> bool | None:
    return row.trial.closed_by == ClosedBy.DEADLINE if row.trial.closed_at else None


def _confidence(row: OpenedTrial, raw: str) -> float | None:
    return confidence_probability(raw, row.protocol.confidence)


def _initial_correct(row: OpenedTrial) -> bool | None:
    given, gold = row.trial.initial_answer, row.item.gold
    return given == gold if given and gold else None


def _reveal(row: OpenedTrial) -> str:
    if row.planned.kind == Allocation.Kind.PRACTICE:
        return "after_trial" if row.protocol.practice.feedback else "never"
    return row.protocol.answer.reveal if row.planned.kind == Allocation.Kind.MAIN else "never"


def _bonus(row: OpenedTrial) -> int | None:
    if row.trial.closed_at is None:
        return None
    return trial_bonus_minor(
        row.protocol.bonus,
        kind=row.planned.kind,
        correct=row.response.correct if row.response else None,
        misled=_misled(row),
    )


def _misled(row: OpenedTrial) -> bool:
    brief = row.brief
    return brief is not None and is_misled(
        target=brief.target,
        brief_correct=brief.correct,
        by_design=may_mislead(brief.strategy),
        advice=_last_advice(row),
        gold=row.item.gold,
    )


_WHO: Columns = {
    "study": lambda row: row.scope.study.slug,
    "protocol_sha256": lambda row: row.scope.versions[row.person.version_id].sha256,
    "protocol_version": lambda row: row.scope.versions[row.person.version_id].number,
    "participant_id": lambda row: row.person.code,
    "session_id": lambda row: ids.session_id(row.person.code, row.trial.session.sitting),
    "sitting": lambda row: row.trial.session.sitting,
    "trial_id": lambda row: row.trial.public_id,
    "arm": lambda row: row.planned.arm,
    "task": lambda row: row.item.dataset.family,
    "dataset": lambda row: row.item.dataset.name,
    "item_id": lambda row: ids.item_id(row.item.dataset.name, row.item.key),
    "category": lambda row: row.item.category,
    "passage_id": lambda row: ids.passage_id(row.item.dataset.name, getattr(row.item.passage, "key", None)),
    "n_options": lambda row: len(row.item.options),
    "trial_kind": lambda row: row.planned.kind,
}
_PLACE: Columns = {
    "position": lambda row: row.planned.position,
    "block": lambda row: row.planned.block,
    "sequence": lambda row: sequence(row.person.sequence),
    "allocation_id": lambda row: ids.allocation_id(row.person.code, row.planned.sitting, row.planned.position),
    "assisted_trials_before": lambda row: row.before.assisted,
    "wrong_briefs_before": lambda row: row.before.wrong_briefs,
    "wrong_revealed_before": lambda row: row.before.wrong_revealed,
}
_TIME: Columns = {
    "opened_at": lambda row: row.trial.opened_at,
    "deadline_at": lambda row: row.trial.deadline_at,
    "closed_at": lambda row: row.trial.closed_at,
    "seconds": lambda row: row.seconds,
    "time_limit_seconds": lambda row: row.trial.time_limit_seconds,
    "time_multiplier": lambda row: row.person.time_multiplier,
    "clock_paused_seconds": lambda row: row.trial.paused_seconds,
    "reply_wait_seconds": lambda row: _assisted(row, derived.reply_wait_seconds(row.talk)),
    "first_token_wait_seconds": lambda row: _assisted(row, derived.first_token_wait_seconds(row.talk)),
    "lateness_ms": _lateness,
    "timed_out": _timed_out,
}
_ENDING: Columns = {
    "closed_by": lambda row: row.trial.closed_by,
    "answer_source": lambda row: row.response and row.response.source,
    "late_answer": lambda row: row.late and row.late.answer,
    "late_confidence": lambda row: row.late and _confidence(row, row.late.confidence_raw),
    "late_at": lambda row: row.late and row.late.received_at,
}
_ANSWER: Columns = {
    "choice_order": lambda row: row.planned.choice_order,
    "answer": lambda row: row.response and row.response.answer,
    "gold": lambda row: row.item.gold,
    "correct": lambda row: row.response and row.response.correct,
    "confidence": lambda row: row.response and row.response.confidence,
    "confidence_raw": lambda row: row.response and row.response.confidence_raw,
    "confidence_scale": lambda row: row.protocol.confidence.scale,
    "probabilities": lambda row: None,  # no scale that asks for all options is built yet
    "initial_answer": lambda row: row.trial.initial_answer,
    "initial_correct": _initial_correct,
    "initial_confidence": lambda row: _confidence(row, row.trial.initial_confidence_raw),
    "initial_probabilities": lambda row: None,
}
_ASSISTANT: Columns = {
    "assistant": lambda row: row.brief and row.brief.assistant,
    "brief_target": lambda row: row.brief and row.brief.target,
    "brief_correct": lambda row: row.brief and row.brief.correct,
    "brief_probability": lambda row: row.brief and row.brief.probability,
    "brief_stratum": lambda row: row.brief and row.brief.stratum,
    "brief_drawn": _brief_drawn,
    "assistant_belief": lambda row: row.brief and row.brief.belief,
    "assistant_first_answer": _first_advice,
    "assistant_answer": _last_advice,
    "assistant_correct": _assistant_correct,
    "participant_stated_answer": _stated,
    "messages_sent": lambda row: _assisted(row, row.facts.messages),
    "resets": lambda row: _assisted(row, row.trial.context_epoch),
    "assistant_faults": lambda row: _assisted(row, derived.faults(row.talk)),
    "brief_argued": lambda row: derived.argued(row.talk, row.brief.target) if row.brief else None,
    "assistant_gave_away": lambda row: " ".join(row.gave_away),
}
_REST: Columns = {
    "reveal": _reveal,
    "key_status": lambda row: row.item.key_status,
    "bonus_minor": _bonus,
    "currency": lambda row: None if row.protocol.bonus.rule == "none" else row.protocol.bonus.currency,
    "is_simulated": lambda row: row.person.pool == Pool.SIMULATED,
    "is_preview": lambda row: row.person.pool == Pool.PREVIEW,
    "excluded": lambda row: bool(row.excluded_by),
    "excluded_by": lambda row: " ".join(row.excluded_by),
    "app_version": lambda row: row.trial.app_version,
}

RESPONSES: Columns = {**_WHO, **_PLACE, **_TIME, **_ENDING, **_ANSWER, **_ASSISTANT, **_REST}
