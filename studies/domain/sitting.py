"""Which page a person is on: derived from what is recorded, so that a reload can't lose the place."""

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    WELCOME = "welcome"
    DEVICE = "device"
    CONSENT = "consent"
    INSTRUCTIONS = "instructions"
    COMPREHENSION = "comprehension"
    READY = "ready"
    TRIAL = "trial"
    FEEDBACK = "feedback"
    AFTER_BLOCK = "after_block"
    BREAK = "break"
    SURVEY = "survey"
    DEBRIEF = "debrief"
    WAIT = "wait"
    DONE = "done"


@dataclass(frozen=True)
class Facts:
    """What the records say about a sitting."""

    finished: bool
    completed: bool
    welcomed: bool
    device_checked: bool
    consented: bool
    instructed: bool
    briefed: bool
    trial_open: bool
    feedback_due: bool
    block_questions_due: bool
    break_due: bool
    trials_left: bool
    survey_due: bool
    debrief_due: bool
    more_sittings: bool


def next_step(facts: Facts) -> Step:
    """The page to show now."""
    if facts.finished:
        return _after_the_end(facts)
    before = _before_the_trials(facts)
    if before:
        return before
    return _among_the_trials(facts)


def _after_the_end(facts: Facts) -> Step:
    if facts.debrief_due:
        return Step.DEBRIEF
    return Step.WAIT if facts.completed and facts.more_sittings else Step.DONE


def _before_the_trials(facts: Facts) -> Step | None:
    for done, step in (
        (facts.welcomed, Step.WELCOME),
        (facts.device_checked, Step.DEVICE),
        (facts.consented, Step.CONSENT),
        (facts.instructed, Step.INSTRUCTIONS),
        (facts.briefed, Step.COMPREHENSION),
    ):
        if not done:
            return step
    return None


def _among_the_trials(facts: Facts) -> Step:
    if facts.trial_open:
        return Step.TRIAL
    if facts.feedback_due:
        return Step.FEEDBACK
    if facts.block_questions_due:
        return Step.AFTER_BLOCK
    if facts.trials_left:
        return Step.BREAK if facts.break_due else Step.READY
    return Step.SURVEY
