"""The exclusion rules that a protocol can declare: each a question about some opened trials of one person.

At the level of the participant a rule is asked about all their trials, at the level of the trial about each by
itself. Rules that use outcome, confidence, speed or chat use would select on what the study measures: they are
sensitivity analyses only and never mark a row as excluded.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from studies.domain.analysis_plan import Exclusion

SUBMITTED_OR_EXPIRED = frozenset({"participant", "deadline"})


@dataclass(frozen=True)
class TrialFacts:
    """An opened trial as the rules see it; None is not known (or not yet)."""

    trial_id: str
    kind: str  # main, practice, attention
    assisted: bool
    closed_by: str
    answered: bool
    correct: bool | None
    seconds: float | None
    away_seconds: float | None  # None where telemetry was refused
    messages: int


@dataclass(frozen=True)
class Rule:
    """`sensitivity`: for a sensitivity analysis only. `needs_key`: can't be applied while outcomes are withheld."""

    applies: Callable[[Sequence[TrialFacts], float], bool]
    sensitivity: bool = False
    needs_key: bool = False


@dataclass(frozen=True)
class Case:
    """A rule that applies to a person (`trial_id` empty) or to a trial."""

    rule: Exclusion
    trial_id: str = ""

    @property
    def excludes(self) -> bool:
        return not RULES[self.rule.rule].sensitivity


def failed_attention(trials: Sequence[TrialFacts], value: float) -> bool:
    """At least `value` attention checks (one where nothing is said) were answered wrongly or not at all."""
    checks = [trial for trial in trials if trial.kind == "attention" and trial.closed_by in SUBMITTED_OR_EXPIRED]
    return sum(trial.correct is not True for trial in checks) >= max(1.0, value)


def min_answered_share(trials: Sequence[TrialFacts], value: float) -> bool:
    """Less than this share of the closed main trials has a counted answer."""
    closed = _closed_main(trials)
    return bool(closed) and sum(trial.answered for trial in closed) / len(closed) < value


def max_timed_out_share(trials: Sequence[TrialFacts], value: float) -> bool:
    """More than this share of the closed main trials ended by the clock."""
    closed = _closed_main(trials)
    return bool(closed) and sum(trial.closed_by == "deadline" for trial in closed) / len(closed) > value


def max_blur_seconds(trials: Sequence[TrialFacts], value: float) -> bool:
    """Away from the page for more than so many seconds during main trials; unknown without telemetry."""
    away = [trial.away_seconds for trial in _main(trials) if trial.away_seconds is not None]
    return sum(away) > value


def unaided_accuracy_above(trials: Sequence[TrialFacts], value: float) -> bool:
    """Right in more than this share of the closed unaided main trials, an unanswered one being wrong."""
    unaided = [trial for trial in _closed_main(trials) if not trial.assisted]
    return bool(unaided) and sum(trial.correct is True for trial in unaided) / len(unaided) > value


def min_seconds(trials: Sequence[TrialFacts], value: float) -> bool:
    """Main trials that the person ended took less than this on average."""
    spent = [trial.seconds for trial in _closed_main(trials) if trial.seconds is not None]
    return bool(spent) and sum(spent) / len(spent) < value


def zero_turns(trials: Sequence[TrialFacts], value: float) -> bool:
    """There was an assistant in closed main trials, and nothing was ever said to it."""
    assisted = [trial for trial in _closed_main(trials) if trial.assisted]
    return bool(assisted) and not any(trial.messages for trial in assisted)


RULES: dict[str, Rule] = {
    "failed_attention": Rule(failed_attention),
    "max_blur_seconds": Rule(max_blur_seconds),
    "min_answered_share": Rule(min_answered_share, sensitivity=True),
    "max_timed_out_share": Rule(max_timed_out_share, sensitivity=True),
    "unaided_accuracy_above": Rule(unaided_accuracy_above, sensitivity=True, needs_key=True),
    "min_seconds": Rule(min_seconds, sensitivity=True),
    "zero_turns": Rule(zero_turns, sensitivity=True),
}


def cases(declared: Sequence[Exclusion], trials: Sequence[TrialFacts], *, withheld: bool = False) -> Iterator[Case]:
    """Every declared rule that applies to this person or to one of their trials, in the order of the protocol.

    `withheld`: outcomes by arm are not to be seen yet, so rules that need the key are left for later.
    """
    for rule in declared:
        known = RULES[rule.rule]
        if withheld and known.needs_key:
            continue
        value = rule.value or 0.0
        if rule.level == "participant":
            yield from [Case(rule)] if known.applies(trials, value) else []
        else:
            yield from (Case(rule, trial.trial_id) for trial in trials if known.applies([trial], value))


def _main(trials: Sequence[TrialFacts]) -> list[TrialFacts]:
    return [trial for trial in trials if trial.kind == "main"]


def _closed_main(trials: Sequence[TrialFacts]) -> list[TrialFacts]:
    """Main trials that ran to an answer or to the end of their clock."""
    return [trial for trial in _main(trials) if trial.closed_by in SUBMITTED_OR_EXPIRED]
