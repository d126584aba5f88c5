"""What a participant's buttons do: each calls one service."""

import json
from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest

from studies.domain.answers import to_original
from studies.domain.errors import Refused
from studies.models import Session, Trial
from studies.services import sitting, trials
from studies.views.typed import field, prefixed

LONGEST_DEVICE = 2000
Action = Callable[[HttpRequest, Session, datetime], object]


def welcome(request: HttpRequest, session: Session, now: datetime) -> None:
    sitting.welcome(session=session, now=now)


def device(request: HttpRequest, session: Session, now: datetime) -> None:
    try:
        found = json.loads(field(request, "device", longest=LONGEST_DEVICE) or "{}")
    except (json.JSONDecodeError, RecursionError):
        found = {}
    kept = _plain_device(found) if isinstance(found, dict) else {}
    if not kept.get("javascript"):
        raise Refused("no_javascript", "Please wait until the check is over, then press the button again.")
    sitting.check_device(session=session, device=kept, now=now)


def _plain_device(found: dict[str, object]) -> dict[str, object]:
    """What was measured, and nothing else: truths, and whole numbers of a sane size."""
    numbers = {name: found.get(name) for name in ("width", "height", "socket_ms")}
    truths = {name: found.get(name) for name in ("javascript", "touch", "dark")}
    return {
        **{name: value for name, value in truths.items() if isinstance(value, bool)},
        **{name: value for name, value in numbers.items() if type(value) is int and 0 <= value < 1_000_000},
    }


def consent(request: HttpRequest, session: Session, now: datetime) -> None:
    protocol = session.participant.version.protocol
    if field(request, "protocol_version", longest=10) not in ("", str(session.participant.version.number)):
        raise Refused("consent_changed", "The study has changed a little meanwhile. Please read the statements again.")
    if protocol.study.minimum_age and not request.POST.get("age"):
        raise Refused("too_young", f"To take part you must be at least {protocol.study.minimum_age} years old.")
    ticked = {item.key: f"c-{item.key}" in request.POST for item in protocol.consent.items}
    sitting.consent(
        session=session,
        answers=ticked,
        screening=prefixed(request, "q-"),
        time_multiplier=_multiplier(field(request, "time_multiplier", longest=10)),
        now=now,
    )


def _multiplier(text: str) -> float:
    try:
        return float(text or 1)
    except ValueError:
        raise Refused("bad_time_multiplier", "Please choose one of the extra times offered.") from None


def decline(request: HttpRequest, session: Session, now: datetime) -> None:
    sitting.decline(session=session, now=now)


def instructions(request: HttpRequest, session: Session, now: datetime) -> None:
    sitting.read_instructions(session=session, now=now)


def comprehension(request: HttpRequest, session: Session, now: datetime) -> None:
    sitting.answer_comprehension(session=session, answers=prefixed(request, "q-"), now=now)


def start(request: HttpRequest, session: Session, now: datetime) -> None:
    trials.open_next(session=session, public_id=field(request, "trial", longest=40), now=now)


def submit(request: HttpRequest, session: Session, now: datetime) -> None:
    trial = own_trial(session, field(request, "trial", longest=40))
    trials.submit(trial=trial, answer=_answer(request, trial), confidence_raw=_confidence(request), now=now)


def initial(request: HttpRequest, session: Session, now: datetime) -> None:
    trial = own_trial(session, field(request, "trial", longest=40))
    if request.POST.get("expired"):
        trials.submit(trial=trial, answer="", confidence_raw="", now=now)
    else:
        trials.give_initial(trial=trial, answer=_answer(request, trial), confidence_raw=_confidence(request), now=now)


def _answer(request: HttpRequest, trial: Trial) -> str:
    return to_original(trial.allocation.choice_order, field(request, "answer", longest=10))


def _confidence(request: HttpRequest) -> str:
    return field(request, "confidence", longest=10)


def leave_feedback(request: HttpRequest, session: Session, now: datetime) -> None:
    trials.leave_feedback(trial=own_trial(session, field(request, "trial", longest=40)), now=now)


def end_break(request: HttpRequest, session: Session, now: datetime) -> None:
    position = field(request, "position", longest=6)
    sitting.end_break(session=session, position=int(position) if position.isdecimal() else 0, now=now)


def answer_block(request: HttpRequest, session: Session, now: datetime) -> None:
    block = field(request, "block", longest=6)
    answers = prefixed(request, "q-")
    sitting.answer_block(session=session, block=int(block) if block.isdecimal() else 0, answers=answers, now=now)


def survey(request: HttpRequest, session: Session, now: datetime) -> None:
    sitting.answer_survey(session=session, answers=prefixed(request, "q-"), now=now)


def debrief(request: HttpRequest, session: Session, now: datetime) -> None:
    sitting.debrief(session=session, data_use=field(request, "data_use", longest=10), now=now)


def stop(request: HttpRequest, session: Session, now: datetime) -> None:
    sitting.stop(session=session, now=now)


def withdraw(request: HttpRequest, session: Session, now: datetime) -> None:
    sitting.withdraw(participant=session.participant, now=now)


def own_trial(session: Session, public_id: str) -> Trial:
    """A trial of this very person; another's is refused like one that does not exist."""
    mine = Trial.objects.filter(allocation__participant_id=session.participant_id)
    found = mine.select_related("allocation").filter(public_id=public_id).first()
    if found is None:
        raise Refused("unknown_trial", "That question is not one of yours. Please go on from the page shown now.")
    return found


ACTIONS: dict[str, Action] = {
    action.__name__: action
    for action in (
        welcome,
        device,
        consent,
        decline,
        instructions,
        comprehension,
        start,
        submit,
        initial,
        leave_feedback,
        end_break,
        answer_block,
        survey,
        debrief,
        stop,
        withdraw,
    )
}
