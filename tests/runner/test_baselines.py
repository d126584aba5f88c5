"""Model-only runs through the command: what is asked, what is recorded, what is exported."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from analysis.load import load
from studies.domain.baselines import orders, read_letter, read_percentage, read_probabilities
from studies.exports import write_package
from studies.models import BaselineAnswer, BaselineRun, Brief
from studies.services.briefs import belief_of
from tests.api_server import ApiServer
from tests.exports.packing import rows
from tests.exports.test_package import check
from tests.factories import launched_study

OPTIONS = ["Paris", "London", "Rome", "Oslo"]
MODEL = {"model": "claude-haiku-4-5", "max_retries": 0}


READABLE = [" C", "C", "(C)", "C.", "Answer: C", "The answer is (C).", "**C**", "Rome", "C. Rome"]


@pytest.mark.parametrize("text", READABLE)
def test_a_letter_is_read_whatever_stands_around_it(text: str) -> None:
    assert read_letter(text, OPTIONS) == "C"


@pytest.mark.parametrize("text", ["The", "", "E", "A or B", "the answer is A, no, the answer is B", "I cannot say"])
def test_what_names_no_single_option_is_unparsed(text: str) -> None:
    assert read_letter(text, OPTIONS) == ""


def test_stated_probabilities_come_in_the_original_order_and_only_complete() -> None:
    assert read_probabilities("A: 10%\nB: 70%\nC: 10%\nD: 10%", "DCBA") == {"D": 0.1, "C": 0.7, "B": 0.1, "A": 0.1}
    assert read_probabilities("A: 10%\nB: 90%", "ABCD") is None
    assert (read_percentage("85%"), read_percentage("0.85"), read_percentage("no idea")) == (0.85, 0.85, None)


def test_cyclic_orders_put_every_option_in_every_place_once() -> None:
    found = orders("cyclic", letters="ABCD", seed=1, item="k", repeat=1)
    assert found == ["ABCD", "BCDA", "CDAB", "DABC"]


@pytest.mark.django_db(transaction=True)
def test_a_scripted_honest_assistant_reports_the_belief_of_its_trials() -> None:
    study = launched_study(assistants={"guide": {"provider": "scripted", "strategy": "honest", "knowledge": 0.5}})
    call_command("run_baseline", study.slug, "--comparator", "as_deployed", "--order", "drawn", verbosity=0)
    rules = study.versions.get().protocol.assistants["guide"]
    found = list(BaselineAnswer.objects.select_related("item"))
    assert found
    for row in found:
        seed = study.versions.get().protocol.study.seed
        assert row.answer == belief_of(study_seed=seed, assistant="guide", rules=rules, item=row.item)
    assert not Brief.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_second_start_asks_nothing_again() -> None:
    study = launched_study()
    for _ in range(2):
        call_command("run_baseline", study.slug, "--comparator", "as_deployed", verbosity=0)
    assert BaselineRun.objects.get().state == "done"
    assert set(BaselineAnswer.objects.values_list("attempts", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_every_answer_of_a_run_is_in_the_package(tmp_path: Path) -> None:
    study = launched_study()
    call_command("run_baseline", study.slug, "--order", "cyclic", "--at-once", verbosity=0)
    out = tmp_path / "p.zip"
    write_package(study=study, out=out)
    check(out)
    load(out)
    found = rows(out, "baselines")
    assert len(found) == BaselineAnswer.objects.count() + 20  # and the average of each item's orders
    assert {row["outcome"] for row in found} == {"answered"}


@pytest.mark.django_db(transaction=True)
def test_a_real_sdk_is_asked_and_its_faults_are_outcomes(api: ApiServer) -> None:
    study = launched_study(assistants={"guide": {"provider": "anthropic", "strategy": "honest", "settings": MODEL}})
    api.fail("refusal")
    call_command("run_baseline", study.slug, "--yes", "--concurrency", "1", verbosity=0)
    outcomes = list(BaselineAnswer.objects.order_by("pk").values_list("outcome", flat=True))
    assert outcomes[0] == "refused"
    assert set(outcomes[1:]) == {"answered"}


@pytest.mark.django_db(transaction=True)
def test_money_is_spent_only_after_a_yes(api: ApiServer) -> None:
    study = launched_study(assistants={"guide": {"provider": "anthropic", "strategy": "honest", "settings": MODEL}})
    with pytest.raises(CommandError, match="--yes"):
        call_command("run_baseline", study.slug, verbosity=0)
    assert not BaselineAnswer.objects.exclude(outcome="").exists()
