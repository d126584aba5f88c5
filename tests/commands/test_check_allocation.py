"""Deriving again the targets that were drawn by a model's errors: the model is asked alone, people come, then check."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from studies.models import BaselineAnswer, BaselineRun, Brief, Study
from studies.services import studies
from tests.factories import LONG_AGO, launched_study
from tests.walk import completed

pytestmark = pytest.mark.django_db
PEOPLE = 6
BY_ERRORS: list[dict[str, Any]] = [
    {"wrong": "commonest_error"},
    {"wrong_on": "model_misses"},
    {"wrong": "commonest_error", "wrong_on": "model_misses", "balance": "study"},
    {"wrong": "commonest_error", "brief_per": "item", "p_correct": 0},
    {"wrong_on": "model_misses", "balance": "none"},
]


def command(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out, verbosity=0)
    return out.getvalue()


def asked_alone(*, knowledge: float, slug: str = "pilot", again: bool = False) -> str:
    """The code of a run of a scripted model that knows so large a share of the twenty questions."""
    if not again:
        launched_study(slug=slug, assistants={"guide": {"strategy": "honest", "knowledge": knowledge}})
    command("run_baseline", slug, "--at-once", *(["--again"] if again else []))
    return BaselineRun.objects.filter(study__slug=slug).latest("pk").code


def taken_part(**rules: Any) -> Study:
    """A study whose briefs go by a model that is asked before, and six people who have finished it."""
    wanders = rules.get("wrong_on") == "model_misses"
    guide = {"strategy": "assigned", "errors_of": asked_alone(knowledge=0.5 if wanders else 0), **rules}
    study = launched_study(assistants={"guide": guide})
    for number in range(PEOPLE):
        completed(study, f"p{number}")
    return study


def drawn() -> Brief:
    found = Brief.objects.filter(probability__gt=0).exclude(stratum="not_missed").first()
    assert found is not None, "somebody met a question that the model misses"
    return found


@pytest.mark.parametrize("rules", BY_ERRORS)
def test_targets_drawn_by_a_models_errors_all_come_out_again(rules: dict[str, Any]) -> None:
    taken_part(**rules)
    if "wrong_on" in rules:
        assert set(Brief.objects.values_list("stratum", flat=True)) > {"not_missed"}
    assert "come out again" in command("check_allocation", "s")


@pytest.mark.parametrize("rules", BY_ERRORS[:3])
@pytest.mark.parametrize("spoilt", ["target", "probability", "seed", "stratum", "slot"])
def test_a_brief_that_was_tampered_with_is_named(rules: dict[str, Any], spoilt: str) -> None:
    taken_part(**rules)
    brief = drawn()
    item = brief.allocation.item
    other = next(letter for letter in "ABCD" if letter != brief.target)
    values: dict[str, dict[str, Any]] = {
        "target": {"target": other, "correct": other == item.gold},
        "probability": {"probability": 0.123},
        "seed": {"seed": "0" * 64},
        "stratum": {"stratum": "not_missed"},
        "slot": {"slot": (brief.slot or 0) + 40},
    }
    Brief.objects.filter(pk=brief.pk).update(**values[spoilt])
    code = brief.allocation.participant.code
    with pytest.raises(CommandError, match=f"{code}: the brief on {item.key}"):
        command("check_allocation", "s")


def test_a_fixed_right_target_with_another_chance_is_named() -> None:
    taken_part(wrong_on="model_misses")
    fixed = Brief.objects.filter(stratum="not_missed").first()
    assert fixed is not None
    Brief.objects.filter(pk=fixed.pk).update(probability=0.6)
    with pytest.raises(CommandError, match=rf"{fixed.allocation.item.key} \(its chance\) is recorded as 0.6, derived"):
        command("check_allocation", "s")


@pytest.mark.parametrize("rules", BY_ERRORS[:3])
def test_answers_of_a_model_that_come_after_a_draw_change_nothing_of_it(rules: dict[str, Any]) -> None:
    """`errors_of` names a model here, whose answers are counted over all its runs: later ones join the earlier."""
    knowledge = 0.5 if "wrong_on" in rules else 0
    asked_alone(knowledge=knowledge)
    guide = {"strategy": "assigned", "errors_of": "scripted-honest", **rules}
    study = launched_study(assistants={"guide": guide})
    completed(study, "before")
    before = list(Brief.objects.order_by("pk").values("target", "probability", "seed"))
    for n in range(3):
        asked_alone(knowledge=1, slug=f"later-{n}")
    assert "come out again" in command("check_allocation", "s")
    completed(study, "after")
    assert list(Brief.objects.order_by("pk").values("target", "probability", "seed"))[: len(before)] == before
    assert "come out again" in command("check_allocation", "s")


def test_people_of_two_versions_are_each_checked_by_the_answers_of_their_own() -> None:
    asked_alone(knowledge=0.5)
    guide = {"strategy": "assigned", "errors_of": "scripted-honest", "wrong_on": "model_misses"}
    study = launched_study(assistants={"guide": guide})
    completed(study, "first")
    for n in range(3):
        asked_alone(knowledge=1, slug=f"later-{n}")
    studies.freeze_draft(study=study, now=LONG_AGO)
    assert study.versions.count() == 2
    completed(study, "second")
    second = Brief.objects.filter(allocation__participant__version__number=2)
    assert set(second.values_list("stratum", flat=True)) == {"not_missed"}
    assert "come out again" in command("check_allocation", "s")


def test_practice_briefs_are_held_against_the_schedule() -> None:
    practice = {"trials": [{"dataset": "d", "item": "k19", "assistant": "guide", "brief": "wrong"}]}
    study = launched_study(practice=practice)
    completed(study, "p1")
    assert "come out again" in command("check_allocation", "s")
    brief = Brief.objects.get(allocation__kind="practice")
    Brief.objects.filter(pk=brief.pk).update(target=brief.allocation.item.gold, correct=True)
    with pytest.raises(CommandError, match="the brief on k19 is recorded as"):
        command("check_allocation", "s")


def checked(slug: str = "s") -> int:
    """How many recorded values came out again."""
    return int(command("check_allocation", slug).split("all ")[1].split()[0])


@pytest.mark.parametrize("rules", [{}, {"balance": "item"}, {"brief_per": "item", "p_correct": 0.5}, *BY_ERRORS])
@pytest.mark.parametrize("order", ["drawn", "cyclic"])
def test_the_briefs_and_orders_of_a_model_asked_alone_come_out_again(rules: dict[str, Any], order: str) -> None:
    errors = {"errors_of": asked_alone(knowledge=0.5 if "wrong_on" in rules else 0)} if rules in BY_ERRORS else {}
    launched_study(assistants={"guide": {"strategy": "assigned", **errors, **rules}})
    command("run_baseline", "s", "--comparator", "as_deployed", "--at-once", "--order", order, "--repeats", "3")
    assert checked() == 20 * 3 * 2, "an order and a brief of every item and repeat"


@pytest.mark.parametrize("spoilt", ["target", "probability", "seed", "stratum", "slot"])
def test_a_brief_of_a_model_asked_alone_that_was_tampered_with_is_named(spoilt: str) -> None:
    launched_study(assistants={"guide": {"strategy": "assigned"}})
    command("run_baseline", "s", "--comparator", "as_deployed", "--at-once")
    row = BaselineAnswer.objects.select_related("item", "run").order_by("pk")[7]
    other = {"target": "D" if row.brief["target"] != "D" else "A", "probability": 0.5, "slot": 40}
    BaselineAnswer.objects.filter(pk=row.pk).update(brief={**row.brief, spoilt: other.get(spoilt, "")})
    with pytest.raises(CommandError, match=f"{row.run.code}: the brief on {row.item.key}, repeat 1 is recorded"):
        command("check_allocation", "s")


def test_an_order_of_a_model_asked_alone_that_was_tampered_with_is_named() -> None:
    launched_study()
    command("run_baseline", "s", "--at-once", "--order", "drawn")
    row = BaselineAnswer.objects.select_related("item", "run").order_by("pk")[3]
    BaselineAnswer.objects.filter(pk=row.pk).update(choice_order=row.choice_order[::-1])
    with pytest.raises(CommandError, match=f"{row.run.code}: the orders of {row.item.key}, repeat 1 is recorded"):
        command("check_allocation", "s")


def test_a_run_that_was_planned_before_briefs_were_recorded_is_no_mismatch() -> None:
    launched_study(assistants={"guide": {"strategy": "assigned"}})
    command("run_baseline", "s", "--comparator", "as_deployed", "--at-once")
    BaselineAnswer.objects.update(brief={})
    assert checked() == 20


def test_an_amendment_after_a_run_was_planned_changes_nothing_of_its_briefs() -> None:
    asked_alone(knowledge=0.5)
    guide = {"strategy": "assigned", "errors_of": "scripted-honest", "wrong_on": "model_misses"}
    study = launched_study(assistants={"guide": guide})
    command("run_baseline", "s", "--comparator", "as_deployed", "--at-once")
    strata = set(BaselineAnswer.objects.filter(run__study=study).values_list("brief__stratum", flat=True))
    assert strata > {"not_missed"}
    for n in range(3):
        asked_alone(knowledge=1, slug=f"later-{n}")
    studies.freeze_draft(study=study, now=timezone.now())
    assert study.versions.count() == 2
    assert checked() == 20 * 2
