from datetime import UTC, datetime, timedelta

import pytest

from studies.domain.clock import Arrival, Running, arrival, deadline, is_paused, pause_allowed, remaining_seconds
from studies.domain.protocol import Clock

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
RUNS = Clock(grace_seconds=2)
PAUSES = Clock(grace_seconds=2, during_reply="pauses", pause_cap_per_reply_seconds=10, pause_cap_per_trial_seconds=15)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (59.999, Arrival.ON_TIME),
        (60, Arrival.IN_GRACE),
        (62, Arrival.IN_GRACE),
        (62.001, Arrival.LATE),
    ],
)
def test_an_answer_counts_up_to_the_end_of_the_grace(seconds: float, expected: Arrival) -> None:
    assert arrival(Running(after(60)), RUNS, after(seconds)) is expected


def test_without_a_limit_no_answer_is_late() -> None:
    assert arrival(Running(None), RUNS, after(10_000)) is Arrival.ON_TIME
    assert remaining_seconds(Running(None), RUNS, after(10_000)) is None


def test_time_left_is_never_negative() -> None:
    assert remaining_seconds(Running(after(60)), RUNS, after(90)) == 0


def test_a_clock_that_runs_gives_no_wait_back() -> None:
    waiting = Running(after(60), waiting_since=after(10))
    assert deadline(waiting, RUNS, after(20)) == after(60)
    assert not is_paused(waiting, RUNS, after(20))


def test_a_pausing_clock_stands_still_up_to_the_cap_per_reply() -> None:
    waiting = Running(after(60), waiting_since=after(10))
    assert deadline(waiting, PAUSES, after(14)) == after(64)
    assert is_paused(waiting, PAUSES, after(14))
    assert deadline(waiting, PAUSES, after(40)) == after(70)
    assert not is_paused(waiting, PAUSES, after(40))


def test_the_cap_per_trial_counts_earlier_waits() -> None:
    assert pause_allowed(Running(after(60), paused_seconds=12), PAUSES, 8) == 3
    assert pause_allowed(Running(after(60), paused_seconds=15), PAUSES, 8) == 0


def test_while_the_clock_stands_the_deadline_does_not_pass() -> None:
    waiting = Running(after(60), waiting_since=after(58))
    assert arrival(waiting, PAUSES, after(66)) is Arrival.ON_TIME
    assert arrival(waiting, PAUSES, after(73)) is Arrival.LATE
