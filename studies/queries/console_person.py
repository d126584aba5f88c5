"""What happened to one person, in order: their sittings, forms, trials and talk. Never who they are to a panel."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from studies.models import FormAnswer, Message, Participant, Session, Trial
from studies.queries.console_people import OUTCOME_WORDS

STAMPS = (
    ("enrolled_at", "joined"),
    ("welcomed_at", "welcome read"),
    ("device_checked_at", "device checked"),
    ("consented_at", "consented"),
    ("instructed_at", "instructions read"),
    ("briefed_at", "ready for the questions"),
    ("started_at", "first question"),
    ("surveyed_at", "survey answered"),
    ("finished_at", "finished"),
    ("debriefed_at", "debrief read"),
)


@dataclass(frozen=True)
class TrialLine:
    """A planned trial and what became of it. `messages` holds its talk in order."""

    trial: Trial
    messages: list[Message]

    @property
    def seconds(self) -> float | None:
        opened, closed = self.trial.opened_at, self.trial.closed_at
        return (closed - opened).total_seconds() if opened and closed else None

    @property
    def answered(self) -> bool:
        return hasattr(self.trial, "response")


@dataclass(frozen=True)
class SittingLine:
    """One sitting: when each page was left, the forms, the trials."""

    session: Session
    stamps: list[tuple[str, datetime, timedelta]]
    forms: list[FormAnswer]
    trials: list[TrialLine]

    @property
    def outcome_words(self) -> str:
        return OUTCOME_WORDS.get(self.session.outcome, "")


def sittings(*, participant: Participant) -> list[SittingLine]:
    """All sittings of a person; four queries."""
    sessions = list(Session.objects.filter(participant=participant).order_by("sitting"))
    forms, trials = _forms(sessions), _trials(participant)
    return [
        SittingLine(session, _stamps(session), forms[session.pk], trials.get(session.sitting, []))
        for session in sessions
    ]


def _stamps(session: Session) -> list[tuple[str, datetime, timedelta]]:
    """What is known of the way, each with the time since the one before."""
    known = [(words, at) for field, words in STAMPS if (at := getattr(session, field)) is not None]
    known.sort(key=lambda pair: pair[1])
    before = [known[0][1], *(at for _, at in known)] if known else []
    return [(words, at, at - last) for (words, at), last in zip(known, before, strict=False)]


def _forms(sessions: Iterable[Session]) -> dict[int, list[FormAnswer]]:
    grouped: dict[int, list[FormAnswer]] = defaultdict(list)
    for answer in FormAnswer.objects.filter(session__in=sessions).order_by("answered_at", "pk"):
        grouped[answer.session_id].append(answer)
    return grouped


def _trials(participant: Participant) -> dict[int, list[TrialLine]]:
    rows = Trial.objects.filter(allocation__participant=participant).select_related(
        "allocation__item", "allocation__brief", "response"
    )
    talk: dict[int, list[Message]] = defaultdict(list)
    messages = Message.objects.filter(trial__allocation__participant=participant)
    for message in messages.order_by("trial", "turn", "-role", "attempt"):
        talk[message.trial_id].append(message)
    grouped: dict[int, list[TrialLine]] = defaultdict(list)
    for trial in rows.order_by("allocation__sitting", "allocation__position"):
        grouped[trial.allocation.sitting].append(TrialLine(trial, talk[trial.pk]))
    return grouped
