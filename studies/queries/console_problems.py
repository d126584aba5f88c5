"""What a researcher should look at: each problem a sentence, the graver first. Aggregates only, whatever the size."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q

from studies.domain.protocol import Protocol
from studies.domain.states import ClosedBy, MessageStatus, Outcome, TrialState
from studies.models import Allocation, Event, FormAnswer, LateAnswer, Message, Session, Study, Trial

RECENT = timedelta(hours=24)
HIGH_TIMED_OUT, FEWEST_TRIALS = 0.25, 20
HIGH_FAILED, FEWEST_PEOPLE = 0.2, 10


@dataclass(frozen=True)
class Problem:
    """`grave`: people or data suffer now. `group` names the people it is about, as the list of people knows it."""

    code: str
    sentence: str
    grave: bool = False
    group: str = ""


@dataclass(frozen=True)
class TimedOut:
    """Closed main trials of a task, all arms together: by arm this would tell of outcomes."""

    task: str
    closed: int
    timed_out: int
    unanswered: int

    @property
    def share(self) -> float | None:
        return self.timed_out / self.closed if self.closed else None


@dataclass(frozen=True)
class Health:
    problems: list[Problem] = field(default_factory=list)
    timed_out: list[TimedOut] = field(default_factory=list)


def health(*, study: Study, pool: str, protocol: Protocol, now: datetime) -> Health:
    """The problems of one pool of people, and how many questions ran out of time."""
    times = timed_out_shares(study=study, pool=pool)
    people = {"participant__study": study, "participant__pool": pool}
    found = [
        *_intake(study),
        *_replies(study, pool, now),
        *_away(people, protocol, now),
        *_slow(times),
        *_comprehension(people),
        *_outcomes(people),
        *_late(study, pool),
    ]
    return Health(sorted(found, key=lambda problem: not problem.grave), times)


def faulty_replies() -> Counter[tuple[int, str]]:
    """Replies that failed or were interrupted, by study and pool; one query for all studies."""
    faults = Event.objects.filter(kind="reply.fault").order_by()
    rows = faults.values_list("study_id", "participant__pool").annotate(number=Count("pk"))
    return Counter({(study, pool): number for study, pool, number in rows})


def timed_out_shares(*, study: Study, pool: str) -> list[TimedOut]:
    closed = _trials(study, pool).filter(state=TrialState.CLOSED, allocation__kind=Allocation.Kind.MAIN)
    late = Q(closed_by=ClosedBy.DEADLINE)
    rows = closed.order_by("allocation__task").values_list("allocation__task")
    counted = rows.annotate(
        closed=Count("pk"), late=Count("pk", filter=late), empty=Count("pk", filter=late & Q(response=None))
    )
    return [TimedOut(*row) for row in counted]


def _trials(study: Study, pool: str) -> Any:
    return Trial.objects.filter(allocation__participant__study=study, allocation__participant__pool=pool)


def _intake(study: Study) -> list[Problem]:
    """Why the platform itself lets nobody in, and what to do."""
    if not study.paused_because:
        return []
    todo = (
        "In the file, name the model that is to answer from now on (best one that does not change), load it and launch "
        "the new version. Whoever has started goes on meanwhile."
    )
    return [Problem("intake", f"{study.paused_because} {todo}", grave=True)]


def _replies(study: Study, pool: str, now: datetime) -> list[Problem]:
    faults = Event.objects.filter(study=study, participant__pool=pool, kind="reply.fault")
    rows = list(faults.values_list("detail__code").annotate(number=Count("pk"), last=Max("server_at")).order_by())
    codes = {code or "unknown": number for code, number, _ in rows}
    interrupted = codes.pop("process_died", 0)
    kept = Message.objects.filter(
        trial__allocation__participant__study=study,
        trial__allocation__participant__pool=pool,
        status=MessageStatus.INTERRUPTED,
    ).count()
    problems = []
    if codes:
        listed = ", ".join(f"{code} {number}" for code, number in sorted(codes.items()))
        last = max(at for code, _, at in rows if code != "process_died")
        failed = _count(sum(codes.values()), "assistant reply", "assistant replies")
        sentence = f"{failed} failed ({listed}); the last on {last:%d %b at %H:%M} UTC."
        problems.append(Problem("reply_faults", sentence, grave=last > now - RECENT))
    if interrupted or kept:
        number = max(interrupted, kept)
        sentence = f"{_count(number, 'reply was', 'replies were')} interrupted because a process ended in the middle."
        problems.append(Problem("interrupted", sentence))
    return problems


def _away(people: dict[str, Any], protocol: Protocol, now: datetime) -> list[Problem]:
    idle = protocol.design.idle_minutes
    stuck = Session.objects.filter(**people, outcome="", last_seen_at__lt=now - timedelta(minutes=idle)).count()
    sentence = (
        f"{_count(stuck, 'person has', 'people have')} not been seen for {idle} minutes in the middle of a sitting. "
        "Their places are open to others; whoever comes back goes on where they were."
    )
    return [Problem("away", sentence, group="away")] if stuck else []


def _slow(times: list[TimedOut]) -> list[Problem]:
    return [
        Problem(
            "timed_out",
            f"In {task.task}, {_percent(task.share)} of {task.closed} questions ran out of time, "
            f"{task.unanswered} without an answer: is the clock too short?",
        )
        for task in times
        if task.share is not None and task.closed >= FEWEST_TRIALS and task.share > HIGH_TIMED_OUT
    ]


def _comprehension(people: dict[str, Any]) -> list[Problem]:
    answers = FormAnswer.objects.filter(
        form="comprehension", **{f"session__{key}": value for key, value in people.items()}
    )
    screened = Q(session__outcome=Outcome.SCREENED_OUT)
    counts = answers.aggregate(
        asked=Count("session", distinct=True), failed=Count("session", distinct=True, filter=screened)
    )
    asked, failed = counts["asked"], counts["failed"]
    if asked < FEWEST_PEOPLE or failed / asked <= HIGH_FAILED:
        return []
    sentence = f"{failed} of {asked} people failed the comprehension check: are the instructions clear?"
    return [Problem("comprehension", sentence, group=Outcome.SCREENED_OUT)]


def _outcomes(people: dict[str, Any]) -> list[Problem]:
    counts = dict(
        Session.objects.filter(**people, outcome__in=[Outcome.EXPIRED, Outcome.TECHNICAL])
        .values_list("outcome")
        .annotate(number=Count("pk"))
        .order_by()
    )
    problems = []
    if technical := counts.get(Outcome.TECHNICAL, 0):
        sentence = f"{_count(technical, 'sitting')} ended for a technical reason."
        problems.append(Problem("technical", sentence, grave=True, group=Outcome.TECHNICAL))
    if expired := counts.get(Outcome.EXPIRED, 0):
        sentence = f"{_count(expired, 'sitting')} expired: nobody came back in time."
        problems.append(Problem("expired", sentence, group=Outcome.EXPIRED))
    return problems


def _late(study: Study, pool: str) -> list[Problem]:
    late = LateAnswer.objects.filter(
        trial__allocation__participant__study=study, trial__allocation__participant__pool=pool
    ).count()
    sentence = f"{_count(late, 'answer')} came after the clock and the grace; kept apart, not counted."
    return [Problem("late", sentence)] if late else []


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"
