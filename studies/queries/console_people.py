"""Who is where in a study: public codes only, never a panel's id."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q, QuerySet

from studies.domain.protocol import Protocol
from studies.domain.states import Outcome, SessionState, TrialState
from studies.models import Allocation, Session, Study, Trial
from studies.queries.console import AWAY, BETWEEN, HERE, last_sittings

BEFORE_THE_TRIALS = (
    ("welcomed_at", "welcome"),
    ("device_checked_at", "device check"),
    ("consented_at", "consent"),
    ("instructed_at", "instructions"),
    ("briefed_at", "comprehension"),
)
OUTCOME_WORDS: dict[str, str] = {
    Outcome.COMPLETED: "completed",
    Outcome.DECLINED: "declined",
    Outcome.SCREENED_OUT: "screened out",
    Outcome.FAILED_ATTENTION: "failed attention",
    Outcome.WITHDRAWN: "stopped",
    Outcome.EXPIRED: "expired",
    Outcome.TECHNICAL: "technical",
}
GROUP_WORDS: dict[str, str] = {BETWEEN: "between sittings", HERE: "here now", AWAY: "away", **OUTCOME_WORDS}


@dataclass(frozen=True)
class Person:
    """One line of the list: a person in their last sitting. `done` and `planned` count main and attention trials."""

    code: str
    group: str
    sitting: int
    step: str
    done: int
    planned: int
    last_seen_at: datetime
    withdrew: bool

    @property
    def group_words(self) -> str:
        return GROUP_WORDS[self.group]


def sittings_of(*, study: Study, pool: str, protocol: Protocol, now: datetime, group: str = "") -> QuerySet[Session]:
    """The last sittings of a group of people (empty: everybody), those seen last first."""
    rows = last_sittings().filter(participant__study=study, participant__pool=pool)
    since = now - timedelta(minutes=protocol.design.idle_minutes)
    more_to_come = Q(outcome=Outcome.COMPLETED, sitting__lt=protocol.design.sittings)
    wanted = {
        "": Q(),
        HERE: Q(outcome="", last_seen_at__gte=since),
        AWAY: Q(outcome="", last_seen_at__lt=since),
        BETWEEN: more_to_come,
        Outcome.COMPLETED.value: Q(outcome=Outcome.COMPLETED) & ~more_to_come,
    }
    condition = wanted.get(group, Q(outcome=group))
    return rows.filter(condition).select_related("participant").order_by("-last_seen_at", "-pk")


def people(sessions: Iterable[Session], *, protocol: Protocol, now: datetime) -> list[Person]:
    """These sittings as lines of the list; two queries, however many they are."""
    shown = list(sessions)
    counts = _trial_counts(shown)
    return [_person(session, counts.get((session.participant_id, session.sitting)), protocol, now) for session in shown]


@dataclass(frozen=True)
class _Trials:
    done: int
    planned: int
    opened: int | None  # position of the open trial


def _trial_counts(sessions: list[Session]) -> dict[tuple[int, int], _Trials]:
    counted = ~Q(allocation__kind=Allocation.Kind.PRACTICE)
    is_open = Q(state=TrialState.OPEN)
    rows = Trial.objects.filter(allocation__participant__in={session.participant_id for session in sessions})
    grouped = rows.values_list("allocation__participant_id", "allocation__sitting").annotate(
        done=Count("pk", filter=counted & Q(state=TrialState.CLOSED)),
        planned=Count("pk", filter=counted),
        opened=Max("allocation__position", filter=is_open),
    )
    return {(person, sitting): _Trials(*values) for person, sitting, *values in grouped.order_by()}


def _person(session: Session, trials: _Trials | None, protocol: Protocol, now: datetime) -> Person:
    trials = trials or _Trials(0, 0, None)
    return Person(
        code=session.participant.code,
        group=group_of(session, protocol, now),
        sitting=session.sitting,
        step=step_words(session, trials.opened, all_done=trials.planned > 0 and trials.done >= trials.planned),
        done=trials.done,
        planned=trials.planned,
        last_seen_at=session.last_seen_at,
        withdrew=session.participant.withdrew_at is not None,
    )


def group_of(session: Session, protocol: Protocol, now: datetime) -> str:
    if session.outcome == Outcome.COMPLETED and session.sitting < protocol.design.sittings:
        return BETWEEN
    if session.outcome:
        return session.outcome
    idle = timedelta(minutes=protocol.design.idle_minutes)
    return HERE if session.last_seen_at >= now - idle else AWAY


def step_words(session: Session, opened: int | None, *, all_done: bool) -> str:
    """Where this sitting stands, in words."""
    if session.state == SessionState.FINISHED:
        return "end" if session.debriefed_at else "end, debrief not read"
    ahead = next((words for field, words in BEFORE_THE_TRIALS if getattr(session, field) is None), None)
    if ahead:
        return ahead
    if opened is not None:
        return f"question {opened}, open"
    return "survey" if all_done else "between questions"
