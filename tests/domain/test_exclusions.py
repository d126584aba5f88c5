from dataclasses import replace
from typing import Any, get_args

import pytest

from studies.domain.analysis_plan import Exclusion
from studies.domain.exclusions import RULES, TrialFacts, cases

RIGHT = TrialFacts("t1", "main", False, "participant", True, True, 40.0, 0.0, 0)
WRONG = replace(RIGHT, trial_id="t2", correct=False)
EXPIRED = replace(RIGHT, trial_id="t3", closed_by="deadline", answered=False, correct=None)
CHECK = replace(RIGHT, trial_id="c1", kind="attention")
SILENT = replace(RIGHT, trial_id="a1", assisted=True)
TALKED = replace(SILENT, trial_id="a2", messages=2)


def rule(name: str, value: float | None = None, level: str = "participant") -> Exclusion:
    return Exclusion(name="r", rule=name, value=value, level=level)  # type: ignore[arg-type]


def applies(name: str, trials: list[TrialFacts], value: float | None = None, **more: Any) -> list[str]:
    return [case.trial_id for case in cases([rule(name, value, **more)], trials)]


def test_every_rule_that_a_protocol_can_name_is_built() -> None:
    assert set(RULES) == set(get_args(Exclusion.model_fields["rule"].annotation))


@pytest.mark.parametrize(
    ("name", "value", "hit", "miss"),
    [
        ("failed_attention", None, [replace(CHECK, correct=False)], [CHECK]),
        ("failed_attention", None, [replace(CHECK, closed_by="deadline", correct=None)], [WRONG]),
        ("failed_attention", 2, [replace(CHECK, correct=False)] * 2, [replace(CHECK, correct=False), CHECK]),
        ("min_answered_share", 0.6, [RIGHT, EXPIRED], [RIGHT, WRONG, EXPIRED]),
        ("max_timed_out_share", 0.5, [RIGHT, EXPIRED, EXPIRED], [RIGHT, EXPIRED]),
        ("max_blur_seconds", 60, [replace(RIGHT, away_seconds=61)], [replace(RIGHT, away_seconds=60)]),
        ("max_blur_seconds", 60, [replace(RIGHT, away_seconds=40)] * 2, [replace(RIGHT, away_seconds=None)]),
        ("unaided_accuracy_above", 0.6, [RIGHT, RIGHT, EXPIRED], [RIGHT, EXPIRED, replace(SILENT)]),
        ("min_seconds", 10, [replace(RIGHT, seconds=9.9)], [replace(RIGHT, seconds=10.0)]),
        ("zero_turns", None, [SILENT, SILENT], [SILENT, TALKED]),
    ],
)
def test_a_rule_applies_where_it_says(
    name: str, value: float | None, hit: list[TrialFacts], miss: list[TrialFacts]
) -> None:
    assert applies(name, hit, value) == [""]
    assert applies(name, miss, value) == []


def test_no_rule_applies_to_somebody_without_trials() -> None:
    assert [name for name in RULES if applies(name, [], 0.5)] == []


def test_a_trial_that_ended_with_its_sitting_breaks_no_rule() -> None:
    left = replace(SILENT, closed_by="withdrawal", answered=False, correct=None, seconds=1.0)
    assert [name for name in RULES if applies(name, [left], 0.5)] == []


def test_at_the_level_of_the_trial_each_is_judged_by_itself() -> None:
    assert applies("zero_turns", [SILENT, TALKED], level="trial") == ["a1"]


def test_rules_that_use_what_is_measured_are_for_sensitivity_only() -> None:
    excluding = {case.rule.rule for name in RULES for case in cases([rule(name)], [CHECK]) if case.excludes}
    assert excluding <= {"failed_attention", "max_blur_seconds"}
    assert {name for name, known in RULES.items() if not known.sensitivity} == {"failed_attention", "max_blur_seconds"}


def test_while_outcomes_are_withheld_no_rule_tells_them() -> None:
    declared = [rule("unaided_accuracy_above", 0.5), rule("min_seconds", 100)]
    assert [case.rule.rule for case in cases(declared, [RIGHT], withheld=True)] == ["min_seconds"]
