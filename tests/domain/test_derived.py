from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from studies.domain.bonus import is_misled, trial_bonus_minor
from studies.domain.derived import (
    Exposure,
    Met,
    Said,
    exposure,
    exposure_before,
    faults,
    first_token_wait_seconds,
    recommendations,
    reply_wait_seconds,
    seconds_between,
    texts_before_advice,
)
from studies.domain.protocol import Bonus

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def asked(turn: int, text: str = "?") -> Said:
    return Said(turn, "participant", 1, "done", at(turn * 10), finished_at=at(turn * 10), text=text)


def reply(
    turn: int, advice: str = "", *, status: str = "done", attempt: int = 1, first: float | None = 1, waited: float = 3
) -> Said:
    sent = at(turn * 10)
    token = None if first is None else sent + timedelta(seconds=first)
    return Said(turn, "assistant", attempt, status, sent, token, sent + timedelta(seconds=waited), advice)


def test_seconds_agree_with_the_times_as_they_are_written() -> None:
    assert seconds_between(at(0.0009), at(60.0001)) == 60.0
    assert seconds_between(at(0.0001), at(60.0019)) == 60.001


def test_waits_are_summed_over_replies_and_attempts() -> None:
    talk = [asked(1), reply(1, status="failed", first=None, waited=2.5), reply(1, attempt=2), asked(2), reply(2)]
    assert reply_wait_seconds(talk) == 8.5
    assert first_token_wait_seconds(talk) == 2.0


def test_a_reply_that_is_still_coming_has_not_been_waited_for_yet() -> None:
    coming = Said(1, "assistant", 1, "streaming", at(10), at(11))
    assert reply_wait_seconds([asked(1), coming]) == 0
    assert first_token_wait_seconds([asked(1), Said(1, "assistant", 1, "queued", at(10))]) is None


def test_first_and_last_recommendation_follow_the_order_of_the_talk() -> None:
    talk = [reply(3, "D"), reply(1, ""), reply(2, "B"), reply(2, "C", attempt=2)]
    assert recommendations(talk) == ("B", "D")


def test_no_recommendation_is_none_and_is_never_taken_from_a_reply_in_flight() -> None:
    assert recommendations([asked(1), reply(1)]) == ("", "")
    assert recommendations([reply(1, "B", status="streaming")]) == ("", "")


def test_only_words_before_the_first_recommendation_can_have_led_to_it() -> None:
    talk = [asked(1, "one"), reply(1), asked(2, "two"), reply(2, "B"), asked(3, "three"), reply(3, "C")]
    assert texts_before_advice(talk) == ["one", "two"]
    assert texts_before_advice([asked(1, "one"), reply(1)]) == ["one"]


def test_faults_are_replies_that_failed_were_refused_or_interrupted() -> None:
    talk = [reply(1, status=status) for status in ("done", "failed", "refused", "interrupted", "stopped", "capped")]
    assert faults(talk) == 3


MET = [
    Met(at(0), assisted=True, brief_correct=True, revealed_at=at(50)),
    Met(at(100), assisted=True, brief_correct=False, revealed_at=at(150)),
    Met(at(200), assisted=False, brief_correct=None, revealed_at=at(250)),
    Met(at(300), assisted=True, brief_correct=False, revealed_at=at(900)),
]


def test_exposure_counts_what_came_before_and_not_the_trial_itself() -> None:
    assert exposure_before(MET, at(0)) == Exposure(0, 0, 0)
    assert exposure_before(MET, at(100)) == Exposure(1, 0, 0)
    assert exposure_before(MET, at(300)) == Exposure(2, 1, 1)


def test_a_wrong_brief_counts_as_revealed_only_once_it_was() -> None:
    assert exposure_before(MET, at(400)) == Exposure(3, 2, 1)
    assert exposure(MET) == Exposure(3, 2, 2)


def test_a_brief_that_is_neither_right_nor_wrong_counts_as_assisted_only() -> None:
    assert exposure([Met(at(0), True, None, at(9))]) == Exposure(1, 0, 0)


PAID = Bonus(rule="per_correct", per_correct_minor=25)


def test_only_right_main_answers_earn() -> None:
    assert trial_bonus_minor(PAID, kind="main", correct=True, misled=False) == 25
    assert trial_bonus_minor(PAID, kind="main", correct=False, misled=False) == 0
    assert trial_bonus_minor(PAID, kind="main", correct=None, misled=False) == 0
    assert trial_bonus_minor(PAID, kind="practice", correct=True, misled=False) == 0


def test_what_it_cost_to_be_misled_is_made_good_where_declared() -> None:
    assert trial_bonus_minor(PAID, kind="main", correct=False, misled=True) == 25
    strict = PAID.model_copy(update={"make_good_misled": False})
    assert trial_bonus_minor(strict, kind="main", correct=False, misled=True) == 0


@pytest.mark.parametrize(
    ("known", "misled"),
    [
        ({"target": "B", "brief_correct": False}, True),
        ({"target": "B", "brief_correct": False, "advice": "A"}, True),
        ({"target": "A", "brief_correct": True, "advice": "B"}, False),
        ({"advice": "B", "by_design": True}, True),
        ({"advice": "A", "by_design": True}, False),
        ({"by_design": True}, False),
        ({"advice": "B"}, False),
    ],
)
def test_misled_is_who_was_set_a_wrong_brief_or_agreed_with_when_wrong_by_design(
    known: dict[str, Any], misled: bool
) -> None:
    """An honest assistant that errs has misled nobody, nor has one of which no recommendation is known."""
    nothing: dict[str, Any] = {"target": "", "brief_correct": None, "by_design": False, "advice": ""}
    assert is_misled(**{**nothing, **known}, gold="A") == misled


def test_a_study_without_a_bonus_has_none_rather_than_nought() -> None:
    assert trial_bonus_minor(Bonus(), kind="main", correct=True, misled=False) is None
