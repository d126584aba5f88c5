"""When a trial's time is over. The server's clock decides; a browser only shows it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from studies.domain.protocol import Clock


class Arrival(StrEnum):
    ON_TIME = "on_time"
    IN_GRACE = "in_grace"
    LATE = "late"


@dataclass(frozen=True)
class Running:
    """The clock of one open trial. `waiting_since`: when the message was committed whose reply is still coming."""

    deadline_at: datetime | None
    paused_seconds: float = 0
    waiting_since: datetime | None = None


def pause_allowed(running: Running, rules: Clock, waited_seconds: float) -> float:
    """How many of the seconds waited for a reply are given back, within the cap per reply and per trial."""
    if rules.during_reply == "runs" or running.deadline_at is None:
        return 0.0
    left = rules.pause_cap_per_trial_seconds - running.paused_seconds
    return max(0.0, min(waited_seconds, rules.pause_cap_per_reply_seconds, left))


def deadline(running: Running, rules: Clock, now: datetime) -> datetime | None:
    """The deadline as it stands now, the present wait included; None where there is no limit."""
    if running.deadline_at is None or running.waiting_since is None:
        return running.deadline_at
    waited = (now - running.waiting_since).total_seconds()
    return running.deadline_at + timedelta(seconds=pause_allowed(running, rules, waited))


def is_paused(running: Running, rules: Clock, now: datetime) -> bool:
    """Whether the clock stands still at this moment (question and passage are covered meanwhile)."""
    if running.waiting_since is None:
        return False
    waited = (now - running.waiting_since).total_seconds()
    return pause_allowed(running, rules, waited + 0.001) > pause_allowed(running, rules, waited)


def remaining_seconds(running: Running, rules: Clock, now: datetime) -> float | None:
    """Seconds left, never below 0; None where there is no limit."""
    due = deadline(running, rules, now)
    return None if due is None else max(0.0, (due - now).total_seconds())


def arrival(running: Running, rules: Clock, received_at: datetime) -> Arrival:
    """Where an answer received at `received_at` falls: an answer within the grace still counts."""
    due = deadline(running, rules, received_at)
    if due is None or received_at < due:
        return Arrival.ON_TIME
    grace = timedelta(seconds=rules.grace_seconds)
    return Arrival.IN_GRACE if received_at <= due + grace else Arrival.LATE
