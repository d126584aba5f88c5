"""The debrief: the one page that names arms, briefs and right answers, after the last trial."""

from typing import Any

from studies.assistants.registry import may_mislead
from studies.domain.answers import LETTERS
from studies.domain.bonus import is_misled
from studies.domain.markdown import render
from studies.domain.protocol import Protocol
from studies.domain.states import TrialState
from studies.models import Allocation, Message, Session, Trial


def debrief(*, session: Session, protocol: Protocol) -> dict[str, Any]:
    """What was done and why, the questions on which the assistant was set to mislead, and the right answers."""
    met = _met(session)
    misled = [trial for trial in met if _argued_wrongly(trial)]
    reveals = protocol.answer.reveal == "debrief"
    return {
        "debrief_html": render(protocol.texts.debrief),
        "arms": [arm.label for arm in protocol.arms if arm.name in (session.participant.sequence or [])],
        "misled": [_misled(trial) for trial in misled],
        "asks_data_use": any(_was_set(trial) for trial in met) and session.participant.withdrew_at is None,
        "answers": [_answer(trial) for trial in met if trial.allocation.kind == "main"] if reveals else [],
    }


def _met(session: Session) -> list[Trial]:
    closed = Trial.objects.filter(allocation__participant_id=session.participant_id, state=TrialState.CLOSED)
    closed = closed.exclude(allocation__kind=Allocation.Kind.ATTENTION)
    rows = closed.select_related("allocation__item", "allocation__brief", "response")
    return list(rows.order_by("allocation__sitting", "allocation__position"))


def _was_set(trial: Trial) -> bool:
    """Whether the assistant was set to argue for something other than what it holds true, right or wrong."""
    brief = getattr(trial.allocation, "brief", None)
    return brief is not None and (bool(brief.target) or may_mislead(brief.strategy))


def _argued_wrongly(trial: Trial) -> bool:
    """By what was drawn, else (it agrees with the person) by what it recommended last."""
    brief = getattr(trial.allocation, "brief", None)
    return brief is not None and is_misled(
        target=brief.target,
        brief_correct=brief.correct,
        by_design=may_mislead(brief.strategy),
        advice=_advice(trial),
        gold=trial.allocation.item.gold,
    )


def _advice(trial: Trial) -> str:
    """What the assistant was set to argue for, else what it recommended last; '' where nothing is known."""
    said = Message.objects.filter(trial=trial, role=Message.Role.ASSISTANT).exclude(recommended="")
    last = said.order_by("-turn", "-attempt").values_list("recommended", flat=True).first()
    return trial.allocation.brief.target or last or ""


def _text(trial: Trial, letter: str) -> str:
    return str(trial.allocation.item.options[LETTERS.index(letter)]) if letter else ""


def _misled(trial: Trial) -> dict[str, str]:
    return {
        "question": trial.allocation.item.question,
        "advice": _text(trial, _advice(trial)),
        "right": _text(trial, trial.allocation.item.gold),
    }


def _answer(trial: Trial) -> dict[str, Any]:
    response = getattr(trial, "response", None)
    return {
        "question": trial.allocation.item.question,
        "right": _text(trial, trial.allocation.item.gold),
        "yours": _text(trial, response.answer) if response else "",
        "correct": bool(response and response.correct),
    }
