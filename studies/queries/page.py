"""What a participant's page may know: an allow-list per step. Gold, briefs and arm names appear only where due."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from studies.domain import clock
from studies.domain.answers import LETTERS, confidence_options, to_shown
from studies.domain.markdown import render
from studies.domain.naming import Face, assistant_faces
from studies.domain.passages import paragraphs
from studies.domain.protocol import ConsentItem, Protocol, Question
from studies.domain.sitting import Step
from studies.models import Allocation, FormAnswer, Session, Trial
from studies.queries import chat, debrief, trials
from studies.queries.progress import Progress, finished_block, next_sitting_at, progress

DEFAULT_OUTSIDE_HELP = {
    "forbidden": "Please answer without outside help: no web search, no other AI, nobody else.",
    "allowed": "You may use other sources, such as a web search.",
}
PROVIDERS = {
    "scripted": "a program on the computer of this study, from which nothing is sent on",
    "anthropic": "Anthropic",
}


@dataclass(frozen=True)
class Page:
    step: Step
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class View:
    """What every builder of a page is given."""

    session: Session
    protocol: Protocol
    now: datetime
    where: Progress


def page(*, session: Session, now: datetime, where: Progress | None = None) -> Page:
    """The page to show this person now, with everything it may show; `where` they are if that is known already."""
    where = where or progress(session=session, now=now)
    view = View(session, session.participant.version.protocol, now, where)
    return Page(where.step, {**common(view), **BUILDERS[where.step](view)})


def common(view: View) -> dict[str, Any]:
    study, participant = view.protocol.study, view.session.participant
    under_way = view.session.consented_at is not None and not view.session.finished_at
    return {
        "study": {
            "title": study.title, "slug": study.slug, "institution": study.institution,
            "contact_name": study.contact_name, "contact_email": study.contact_email,
        },
        "step": view.where.step.value,
        "token": participant.token,
        "code": participant.code,
        "preview": participant.pool == "preview",
        "can_stop": under_way,
        "can_withdraw": view.session.consented_at is not None and participant.withdrew_at is None,
        "instructions_html": render(view.protocol.texts.instructions) if under_way else "",
        "outside_help": DEFAULT_OUTSIDE_HELP[view.protocol.texts.outside_help],
        "telemetry": participant.telemetry,
        "several_assistants": len(view.protocol.assistants) > 1,
        "withdrew": participant.withdrew_at is not None,
    }  # fmt: skip


def welcome(view: View) -> dict[str, Any]:
    return {
        **invitation(view.protocol),
        "sitting": view.session.sitting,
        "keep_link": not view.protocol.entry.rejoins_by_id,
    }


def invitation(protocol: Protocol) -> dict[str, Any]:
    """What may be read before anybody has joined."""
    study = protocol.study
    return {
        "study": {
            "title": study.title, "slug": study.slug, "institution": study.institution,
            "contact_name": study.contact_name, "contact_email": study.contact_email,
        },
        "summary_html": render(protocol.texts.welcome or study.summary),
        "expected_minutes": study.expected_minutes,
        "pay": study.pay,
        "sittings": protocol.design.sittings,
    }  # fmt: skip


def device(view: View) -> dict[str, Any]:
    return {}


def consent(view: View) -> dict[str, Any]:
    protocol = view.protocol
    return {
        "version": protocol.consent.version,
        "protocol_version": view.session.participant.version.number,
        "intro_html": render(protocol.consent.intro),
        "items": [_consent_item(item, protocol) for item in protocol.consent.items],
        "minimum_age": protocol.study.minimum_age,
        "ethics_approval": protocol.study.ethics_approval,
        "telemetry_required_because": protocol.telemetry.required_because,
        "providers": sorted({PROVIDERS.get(one.provider, one.provider) for one in protocol.assistants.values()}),
        "screening": questions(protocol.screening),
        "time_multipliers": protocol.clock.time_multipliers if _any_clock(protocol) else [],
    }


def _consent_item(item: ConsentItem, protocol: Protocol) -> dict[str, Any]:
    costs_the_place = item.key == "telemetry" and bool(protocol.telemetry.required_because)
    return {"key": item.key, "text": item.text, "needed": item.required or costs_the_place}


def questions(asked: list[Question]) -> list[dict[str, Any]]:
    return [question.model_dump() for question in asked]


def _any_clock(protocol: Protocol) -> bool:
    return any(
        protocol.time_limit(arm=arm.name, task=task.name) is not None
        for arm in protocol.arms
        for task in protocol.tasks
    )


def instructions(view: View) -> dict[str, Any]:
    return {"instructions_html": render(view.protocol.texts.instructions)}


def comprehension(view: View) -> dict[str, Any]:
    rules = view.protocol.comprehension
    tried = FormAnswer.objects.filter(session=view.session, form="comprehension")
    used = max((answer.attempt for answer in tried), default=0)
    wrong = {answer.key for answer in tried if answer.attempt == used and answer.correct is False}
    return {
        "questions": [
            {
                "key": question.key,
                "text": question.text,
                "options": question.options,
                "wrong": question.key in wrong,
                "hint": question.hint if question.key in wrong else "",
            }
            for question in rules.questions
        ],
        "tries_left": rules.tries - used,
        "tried": used > 0,
    }


def ready(view: View) -> dict[str, Any]:
    """The page between trials: what comes next, and the button that starts its clock."""
    trial = view.where.trial
    if trial is None:
        return {"kind": "main", "trial_id": "", "number": 1, "of": None}
    planned = trial.allocation
    return {
        "kind": planned.kind,
        "trial_id": trial.public_id,
        **counted(view),
        "time_limit_seconds": trials.time_limit(planned, view.session),
        "has_passage": planned.item.passage_id is not None and view.protocol.passage.visible != "never",
        "passage_seconds": _passage_seconds(view),
        "timed_out": _timed_out(view),
        "assistant": _face(view.protocol, planned),
        "has_assistants": bool(view.protocol.assistants),
        "first": view.where.done == 0,
    }


def _passage_seconds(view: View) -> float | None:
    visible = view.protocol.passage.visible
    return visible * view.session.participant.time_multiplier if isinstance(visible, int) else None


def _timed_out(view: View) -> str:
    """Whether the clock ended the question before this page, and what became of its answer: counted or nothing; ''
    also where a page since then has told so."""
    closed = Trial.objects.filter(session=view.session, state="closed").select_related("allocation")
    last = closed.order_by("allocation__position").last()
    if last is None or last.closed_by != "deadline" or _had_a_page_since(view.session, last.allocation):
        return ""
    return "counted" if hasattr(last, "response") else "nothing"


def _had_a_page_since(session: Session, planned: Allocation) -> bool:
    """Questions after its block (practice has none), or a break."""
    asked = planned.block is not None and session.block_asked >= planned.block
    return asked or session.break_until_position > planned.position


def counted(view: View) -> dict[str, Any]:
    trial = view.where.trial
    if trial is not None and trial.allocation.kind == Allocation.Kind.PRACTICE:
        return {"number": trial.allocation.position, "of": len(view.protocol.practice.trials), "done": 0}
    return {"number": view.where.done + 1, "of": view.where.planned or None, "done": view.where.done}


def _face(protocol: Protocol, planned: Allocation) -> dict[str, str] | None:
    brief = getattr(planned, "brief", None)
    if brief is None:
        return None
    face: Face = assistant_faces(study_seed=protocol.study.seed, assistants=list(protocol.assistants))[brief.assistant]
    return {"name": face.name, "colour": face.colour}


def trial(view: View) -> dict[str, Any]:
    """An open trial. The options come in the drawn order under the letters that are shown."""
    current = view.where.trial
    assert current is not None, "the step says that a trial is open"
    planned, draft = current.allocation, current.draft
    order = planned.choice_order
    return {
        "trial": {
            "id": current.public_id,
            "kind": planned.kind,
            **counted(view),
            "question": planned.item.question,
            "options": [
                {"letter": LETTERS[place], "text": planned.item.options[LETTERS.index(letter)]}
                for place, letter in enumerate(order)
            ],
            "passage": passage(view, current),
            "answer": to_shown(order, draft.answer),
            "confidence": draft.confidence_raw,
            "chat_text": draft.chat_text,
            "limit_seconds": current.time_limit_seconds,
            "initial": _initial(view, current),
            **timing(current, view.now),
        },
        "scale": view.protocol.confidence.scale,
        "confidence_options": [
            {"raw": option.raw, "label": option.label} for option in confidence_options(view.protocol.confidence)
        ],
        "confidence_required": view.protocol.confidence.required,
        "chat": chat.chat_snapshot(trial=current) if _face(view.protocol, planned) else None,
    }


def timing(current: Trial, now: datetime) -> dict[str, Any]:
    """The clock as a browser may know it: milliseconds left, and whether it stands still (the page is covered)."""
    rules, running = trials.protocol_of(current).clock, trials.running(current)
    left = clock.remaining_seconds(running, rules, now)
    return {
        "remaining_ms": None if left is None else round(left * 1000),
        "covered": clock.is_paused(running, rules, now),
    }


def passage(view: View, current: Trial) -> dict[str, Any] | None:
    """The passage while the study shows it, with the milliseconds that it stays (None: to the end)."""
    text, visible = current.allocation.item.passage, view.protocol.passage.visible
    if text is None or visible == "never":
        return None
    left = None
    if isinstance(visible, int) and current.opened_at is not None:
        seconds = visible * view.session.participant.time_multiplier
        left = round((seconds - (view.now - current.opened_at).total_seconds()) * 1000)
        if left <= 0:
            return {"title": text.title, "paragraphs": [], "hidden": True, "left_ms": 0}
    return {"title": text.title, "paragraphs": paragraphs(text.text), "hidden": False, "left_ms": left}


def _initial(view: View, current: Trial) -> dict[str, Any]:
    return {
        "required": trials.needs_initial(current.allocation, view.protocol),
        "given": current.initial_at is not None,
        "answer": to_shown(current.allocation.choice_order, current.initial_answer),
    }


def feedback(view: View) -> dict[str, Any]:
    """The right answer, once its own moment has come."""
    current = view.where.trial
    assert current is not None, "the step says that an answer is due"
    assert current.revealed_at is not None, "feedback is shown after the reveal only"
    planned, response = current.allocation, getattr(current, "response", None)
    given = response.answer if response else ""
    return {
        "kind": planned.kind,
        "trial_id": current.public_id,
        "question": planned.item.question,
        "options": [
            {
                "letter": LETTERS[place],
                "text": planned.item.options[LETTERS.index(letter)],
                "right": letter == planned.item.gold,
                "yours": letter == given,
            }
            for place, letter in enumerate(planned.choice_order)
        ],
        "answered": bool(given),
        "correct": bool(given) and given == planned.item.gold,
        "timed_out": current.closed_by == "deadline",
        "more_practice": _practice_left(view),
    }


def _practice_left(view: View) -> bool:
    own = Trial.objects.filter(allocation__participant_id=view.session.participant_id, state="pending")
    return own.filter(allocation__kind=Allocation.Kind.PRACTICE).exists()


def after_block(view: View) -> dict[str, Any]:
    return {
        "questions": questions(view.protocol.after_block),
        "block_number": finished_block(view.session, view.protocol),
        "timed_out": _timed_out(view),
    }


def break_page(view: View) -> dict[str, Any]:
    assert view.where.position is not None, "a break stands before a trial"
    return {
        "done": view.where.done,
        "of": view.where.planned,
        "position": view.where.position,
        "text_html": render(view.protocol.texts.break_),
        "timed_out": _timed_out(view),
    }


def survey(view: View) -> dict[str, Any]:
    last = view.session.sitting >= view.protocol.design.sittings
    return {"questions": questions(view.protocol.survey) if last else [], "timed_out": _timed_out(view)}


def wait(view: View) -> dict[str, Any]:
    return {
        "available_at": next_sitting_at(session=view.session),
        "sitting": view.session.sitting,
        "sittings": view.protocol.design.sittings,
        **_code(view),
    }


def done(view: View) -> dict[str, Any]:
    texts = {"declined": view.protocol.texts.declined, "withdrawn": view.protocol.texts.stopped}
    return {
        "outcome": view.session.outcome,
        "text_html": render(texts.get(view.session.outcome, "")),
        **_code(view),
    }


def _code(view: View) -> dict[str, Any]:
    """The completion code of this outcome, and where to go with it."""
    code = view.protocol.entry.codes.get(view.session.outcome, "")  # type: ignore[call-overload]
    redirect = view.protocol.entry.redirect
    return {"completion_code": code, "redirect_url": redirect.replace("{code}", code) if redirect and code else ""}


BUILDERS: dict[Step, Callable[[View], dict[str, Any]]] = {
    Step.WELCOME: welcome,
    Step.DEVICE: device,
    Step.CONSENT: consent,
    Step.INSTRUCTIONS: instructions,
    Step.COMPREHENSION: comprehension,
    Step.READY: ready,
    Step.TRIAL: trial,
    Step.FEEDBACK: feedback,
    Step.AFTER_BLOCK: after_block,
    Step.BREAK: break_page,
    Step.SURVEY: survey,
    Step.DEBRIEF: lambda view: debrief.debrief(session=view.session, protocol=view.protocol),
    Step.WAIT: wait,
    Step.DONE: done,
}
