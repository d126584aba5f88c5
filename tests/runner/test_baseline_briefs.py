"""As deployed, an assistant that argues for a drawn target is drawn one by the rule of its trials."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError
from django.test import Client
from django.urls import reverse

from studies.models import BaselineAnswer, BaselineRun, Brief, Dataset, Item, Study
from tests.api_server import ApiServer
from tests.factories import dataset, launched_study
from tests.runner.model_only import ANTHROPIC, asked, exported
from tests.walk import completed

pytestmark = pytest.mark.django_db(transaction=True)
DEPLOYED = ("--comparator", "as_deployed", "--at-once")


def assigned(**rules: Any) -> Study:
    """Twenty questions; keys go round A, B, C, D."""
    return launched_study(assistants={"guide": {"strategy": "assigned", **rules}})


def pilot(knowledge: float) -> None:
    """A scripted model of whose answers `errors_of` can speak."""
    study = launched_study(slug="pilot", assistants={"guide": {"strategy": "honest", "knowledge": knowledge}})
    asked(study, "--at-once")


def test_its_commonest_error_is_the_wrong_target_there_too(tmp_path: Path) -> None:
    pilot(knowledge=0)
    study = assigned(wrong="commonest_error", errors_of="pilot-guide-zero_shot-stored-1", p_correct=0)
    asked(study, *DEPLOYED)
    errors = {row.item.key: row.answer for row in BaselineAnswer.objects.filter(run__study__slug="pilot")}
    found = exported(study, tmp_path)
    assert {row["item_id"].split("/")[1]: row["brief_target"] for row in found} == errors
    assert {(row["brief_correct"], row["brief_probability"]) for row in found} == {("false", "1")}
    assert [row["answer"] for row in found] == [row["brief_target"] for row in found]


def test_it_is_wrong_only_where_the_model_misses(tmp_path: Path) -> None:
    pilot(knowledge=0.5)
    study = assigned(wrong_on="model_misses", errors_of="scripted-honest", p_correct=0)
    asked(study, *DEPLOYED)
    knew = {row.item.key: bool(row.correct) for row in BaselineAnswer.objects.filter(run__study__slug="pilot")}
    found = exported(study, tmp_path)
    assert set(knew.values()) == {True, False}
    assert {row["item_id"].split("/")[1]: row["brief_correct"] == "true" for row in found} == knew
    assert {row["brief_stratum"] for row in found if row["brief_correct"] == "true"} == {"not_missed"}


def test_votes_choose_its_wrong_targets(tmp_path: Path) -> None:
    dataset()
    for item in Item.objects.filter(dataset__name="d"):
        item.metadata = {"best_distractor_votes": {item.letters.replace(item.gold, "")[-1]: 3}}
        item.save()
    study = assigned(wrong="best_distractor", p_correct=0)
    asked(study, *DEPLOYED)
    assert all(row["brief_target"] == "ABCD".replace(row["gold"], "")[-1] for row in exported(study, tmp_path))


@pytest.mark.parametrize(("balance", "repeats"), [("item", 5), ("study", 1)])
def test_the_share_of_right_targets_is_as_level_as_in_the_trials(balance: str, repeats: int, tmp_path: Path) -> None:
    study = assigned(balance=balance, p_correct=0.6)
    asked(study, *DEPLOYED, "--repeats", str(repeats))
    right = [row["brief_correct"] == "true" for row in exported(study, tmp_path)]
    assert sum(right) == 0.6 * len(right)
    by_block = [right[at : at + 5] for at in range(0, len(right), 5)]
    assert {sum(block) for block in by_block} == {3}


def test_a_brief_that_is_fixed_per_item_is_the_one_that_people_meet(tmp_path: Path) -> None:
    study = assigned(brief_per="item", p_correct=0.5)
    for n in range(4):
        completed(study, f"p{n}")
    asked(study, *DEPLOYED, "--repeats", "2")
    met = set(Brief.objects.values_list("allocation__item__key", "target", "probability", "seed"))
    alone = {
        (row["item_id"].split("/")[1], row["brief_target"], float(row["brief_probability"]), row["brief_seed"])
        for row in exported(study, tmp_path)
    }
    assert met <= alone
    assert len(alone) == 20


def test_every_order_of_a_repeat_argues_for_the_same_target_and_another_seed_for_others(tmp_path: Path) -> None:
    study = assigned(p_correct=0.5)
    asked(study, *DEPLOYED, "--order", "cyclic")
    asked(study, *DEPLOYED, "--seed", "2")
    rows = BaselineAnswer.objects.order_by("pk")
    first = {(row.item_id, row.brief["target"]) for row in rows.filter(run__seed=1)}
    second = {(row.item_id, row.brief["target"]) for row in rows.filter(run__seed=2)}
    assert len(first) == len(second) == 20
    assert first != second


def test_a_question_without_an_undisputed_key_has_no_brief(tmp_path: Path) -> None:
    dataset()
    Item.objects.filter(key="k3").update(key_status="disputed")
    study = assigned()
    asked(study, *DEPLOYED)
    without = [row["item_id"] for row in exported(study, tmp_path) if not row["brief_target"]]
    assert without == ["d/k3"]


def test_the_model_behind_the_sdk_is_told_the_target_of_the_row(api: ApiServer) -> None:
    pilot(knowledge=0)
    study = assigned(**ANTHROPIC, wrong="commonest_error", errors_of="scripted-honest", p_correct=0)
    asked(study, "--comparator", "as_deployed")
    rows = {f"{row.item.question}\n": row.brief["target"] for row in BaselineAnswer.objects.filter(run__study=study)}
    for body in api.requests:
        question = next(one for one in rows if body["messages"][-1]["content"].startswith(one))
        assert f"Your assigned answer: {rows[question]}. " in body["system"][0]["text"]
    assert len(api.requests) == 20


def other_items() -> None:
    dataset(name="other", questions=3)


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ({"wrong_on": "model_misses", "errors_of": "scripted-honest"}, "frozen with the study's own items"),
        ({"wrong": "best_distractor"}, "3 items of other have none, such as k0, k1, k2"),
    ],
)
def test_a_rule_that_a_whole_data_set_cannot_be_drawn_by_is_refused_in_a_sentence(
    rules: dict[str, str], sentence: str, client: Client
) -> None:
    pilot(knowledge=0.5)
    other_items()
    study = assigned(**rules)
    with pytest.raises(CommandError, match=sentence):
        asked(study, *DEPLOYED, "--dataset", "other")
    client.force_login(User.objects.create_user("ruth", is_staff=True))
    given = {
        "assistants": ["guide"], "material": "other", "methods": ["first_reply"], "shots": "5", "samples": "20",
        "repeats": "1", "order": "stored", "do": "estimate",
    }  # fmt: skip
    page = client.post(reverse("research:baselines", args=["s"]), given)
    assert page.status_code == 422
    assert sentence.replace("'", "&#x27;") in page.content.decode()
    assert not BaselineRun.objects.filter(study=study).exists()
    asked(study, "--at-once", "--dataset", "other")  # asked by a method it argues for nothing
    assert Dataset.objects.get(name="other").items.count() == BaselineRun.objects.get(study=study).answers.count()
