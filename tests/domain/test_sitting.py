from dataclasses import replace

import pytest

from studies.domain.sitting import Facts, Step, next_step

FRESH = Facts(
    finished=False,
    completed=False,
    welcomed=False,
    device_checked=False,
    consented=False,
    instructed=False,
    briefed=False,
    trial_open=False,
    feedback_due=False,
    block_questions_due=False,
    break_due=False,
    trials_left=True,
    survey_due=True,
    debrief_due=True,
    more_sittings=False,
)
UNDER_WAY = replace(FRESH, welcomed=True, device_checked=True, consented=True, instructed=True, briefed=True)


def test_the_pages_before_the_trials_come_in_order() -> None:
    facts = FRESH
    for field, step in (
        ("welcomed", Step.WELCOME),
        ("device_checked", Step.DEVICE),
        ("consented", Step.CONSENT),
        ("instructed", Step.INSTRUCTIONS),
        ("briefed", Step.COMPREHENSION),
    ):
        assert next_step(facts) is step
        facts = replace(facts, **{field: True})
    assert next_step(facts) is Step.READY


@pytest.mark.parametrize(
    ("change", "step"),
    [
        ({"trial_open": True, "break_due": True}, Step.TRIAL),
        ({"feedback_due": True, "break_due": True}, Step.FEEDBACK),
        ({"block_questions_due": True, "break_due": True}, Step.AFTER_BLOCK),
        ({"block_questions_due": True, "trials_left": False}, Step.AFTER_BLOCK),
        ({"break_due": True}, Step.BREAK),
        ({"trials_left": False}, Step.SURVEY),
    ],
)
def test_among_the_trials_the_open_one_comes_first(change: dict[str, bool], step: Step) -> None:
    assert next_step(replace(UNDER_WAY, **change)) is step


@pytest.mark.parametrize("completed", [True, False])
def test_every_end_leads_through_a_debrief_that_is_owed(completed: bool) -> None:
    over = replace(UNDER_WAY, finished=True, completed=completed)
    assert next_step(over) is Step.DEBRIEF
    assert next_step(replace(over, debrief_due=False)) is Step.DONE


def test_between_sittings_a_person_waits() -> None:
    between = replace(UNDER_WAY, finished=True, completed=True, debrief_due=False, more_sittings=True)
    assert next_step(between) is Step.WAIT
