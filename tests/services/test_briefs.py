"""What is drawn for assisted trials, through the service that stores it."""

from typing import Any

import pytest

from studies.domain.errors import StudyFaults
from studies.models import Allocation, BaselineAnswer, BaselineRun, Brief, Item, Participant, Rating, Study
from studies.services import briefs, studies
from studies.services.freezing import freeze
from tests.factories import LONG_AGO, dataset, launched_study

pytestmark = pytest.mark.django_db
PEOPLE, EACH, P_CORRECT = 50, 20, 0.6


def planned(study: Study, people: int = PEOPLE) -> list[Allocation]:
    """An assisted trial of every person on every one of the twenty questions."""
    version = study.versions.get()
    persons = [
        Participant.objects.create(
            study=study, version=version, code=f"P{n}", token=f"t{n}", enrolled_at=LONG_AGO, last_seen_at=LONG_AGO
        )
        for n in range(people)
    ]
    return Allocation.objects.bulk_create(
        Allocation(
            participant=person, item=item, sitting=1, position=place, kind="main", task="mmlu", arm="assisted",
            unit="item", seed="s", choice=item.key, choice_order="ABCD", drawn_at=LONG_AGO,
        )
        for person in persons
        for place, item in enumerate(Item.objects.filter(dataset__name="d"), 1)
    )  # fmt: skip


def drawn(**rules: Any) -> list[Brief]:
    guide = {"strategy": "assigned", "p_correct": P_CORRECT, **rules}
    rows = planned(launched_study(assistants={"guide": guide}))
    for start in range(0, len(rows), EACH):  # a person's rows are drawn together
        briefs.for_main(rows[start : start + EACH])
    return list(Brief.objects.select_related("allocation__item"))


@pytest.mark.parametrize("balance", ["item", "study"])
def test_over_a_thousand_trials_a_stratified_draw_realises_its_reliability_exactly(balance: str) -> None:
    found = drawn(balance=balance)
    assert (len(found), sum(bool(brief.correct) for brief in found)) == (1000, 600)
    assert all(brief.correct == (brief.target == brief.allocation.item.gold) for brief in found)


def test_over_a_thousand_trials_a_simple_draw_stays_within_binomial_bounds() -> None:
    right = sum(bool(brief.correct) for brief in drawn(balance="none"))
    assert abs(right - 600) <= 3.29 * (1000 * P_CORRECT * (1 - P_CORRECT)) ** 0.5  # 99.9 %


def with_votes() -> None:
    """The first distractor has most votes, whatever the key; the key itself has more, which count for nothing."""
    for item in Item.objects.filter(dataset__name="d"):
        first = item.letters.replace(item.gold, "")[0]
        item.metadata = {"best_distractor_votes": {first: 2, item.gold: 5}}
        item.save()


def test_a_wrong_target_is_the_best_distractor_where_the_study_says_so() -> None:
    study = launched_study(assistants={"guide": {"strategy": "assigned", "p_correct": 0, "wrong": "best_distractor"}})
    with_votes()
    rows = planned(study, people=1)
    briefs.for_main(rows)
    for row in rows:
        assert row.brief.target == row.item.letters.replace(row.item.gold, "")[0]
        assert row.brief.probability == 1


def test_best_distractors_are_refused_by_key_until_every_item_has_votes() -> None:
    study = launched_study(assistants={"guide": {"strategy": "assigned", "wrong": "best_distractor"}})
    with pytest.raises(StudyFaults, match=r"assistants\.guide\.wrong: .* 20 items have none, such as k0, k1, k2"):
        studies.freeze_draft(study=study, now=LONG_AGO)
    with_votes()
    studies.freeze_draft(study=study, now=LONG_AGO)


# -- by a model's errors -------------------------------------------------------------------------------------


def model_answers(*, missed: int = 20, name: str = "small-1") -> None:
    """Five answers of a model to each question: on the first `missed` it says the last distractor three times."""
    items = list(Item.objects.filter(dataset__name="d").order_by("pk"))
    run = BaselineRun.objects.create(
        code="run-1", dataset=items[0].dataset, model=name, comparator="benchmark", method="zero_shot",
        order_rule="stored", repeats=5, seed=1, study_seed=1, max_tokens=9, state="done", created_at=LONG_AGO,
    )  # fmt: skip
    for place, item in enumerate(items):
        first, *_, last = item.letters.replace(item.gold, "")
        said = [last] * 3 + [first] * 2 if place < missed else [item.gold] * 3 + [first] * 2
        BaselineAnswer.objects.bulk_create(
            BaselineAnswer(run=run, item=item, repeat=n, choice_order="ABCD", outcome="answered", answer=letter)
            for n, letter in enumerate(said, 1)
        )


def by_errors(**rules: Any) -> Study:
    guide = {"strategy": "assigned", "p_correct": 0, "errors_of": "small-1", **rules}
    return launched_study(assistants={"guide": guide})


def briefs_of(study: Study) -> list[Brief]:
    briefs.for_main(planned(study, people=1))
    return list(Brief.objects.select_related("allocation__item").order_by("pk"))


@pytest.mark.parametrize("name", ["small-1", "run-1"])
def test_a_wrong_target_is_the_models_commonest_error_whatever_is_answered_after_the_launch(name: str) -> None:
    dataset()
    model_answers()
    study = by_errors(wrong="commonest_error", errors_of=name)
    BaselineAnswer.objects.update(answer="A")
    for brief in briefs_of(study):
        item = brief.allocation.item
        assert brief.target == item.letters.replace(item.gold, "")[-1]
        assert brief.probability == 1


def test_without_a_model_the_raters_of_the_data_set_make_the_errors() -> None:
    dataset()
    for item in Item.objects.filter(dataset__name="d"):
        Rating.objects.create(item=item, source="speed", rater_id="r", answer=item.letters.replace(item.gold, "")[1])
    for brief in briefs_of(by_errors(wrong="commonest_error", errors_of="speed")):
        assert brief.target == brief.allocation.item.letters.replace(brief.allocation.item.gold, "")[1]


def test_a_target_is_wrong_only_where_the_model_misses_if_the_study_says_so() -> None:
    dataset()
    model_answers(missed=7)
    found = briefs_of(by_errors(wrong_on="model_misses"))
    assert [brief.correct for brief in found] == [False] * 7 + [True] * 13
    assert {(brief.stratum, brief.probability) for brief in found[7:]} == {("not_missed", 1.0)}


def test_the_answers_that_briefs_are_drawn_by_are_part_of_the_frozen_study() -> None:
    dataset()
    model_answers()
    study = by_errors(wrong="commonest_error")
    before = study.versions.get().sha256
    BaselineAnswer.objects.filter(repeat=1).update(answer="A")
    protocol = study.versions.get().protocol
    assert freeze(study=study, protocol=protocol, prompts={}, now=LONG_AGO).sha256 != before


@pytest.mark.parametrize(
    ("rules", "missed", "sentence"),
    [
        ({"wrong": "commonest_error", "errors_of": ""}, 20, r"guide\.errors_of: is missing; name a model"),
        (
            {"wrong_on": "model_misses", "errors_of": "x"},
            20,
            r"'x' has answered 0 of 20 items, not k0, k1, k2; answers",
        ),
        ({"wrong": "commonest_error"}, 20, ""),
        ({"wrong": "commonest_error"}, 0, ""),
        ({"wrong": "commonest_error", "wrong_on": "model_misses"}, 3, ""),
    ],
)
def test_a_study_without_the_errors_that_it_goes_by_is_refused_in_a_sentence(
    rules: dict[str, str], missed: int, sentence: str
) -> None:
    dataset()
    model_answers(missed=missed)
    study = by_errors(**rules)
    if not sentence:
        studies.freeze_draft(study=study, now=LONG_AGO)
        return
    with pytest.raises(StudyFaults, match=sentence):
        studies.freeze_draft(study=study, now=LONG_AGO)


def test_where_a_model_was_never_wrong_there_is_no_commonest_error() -> None:
    dataset()
    model_answers()
    BaselineAnswer.objects.filter(item__key="k3").update(answer="D")
    study = by_errors(wrong="commonest_error")
    with pytest.raises(
        StudyFaults, match=r"guide\.wrong: 'small-1' was never wrong on 1 items, such as k3; ask it more"
    ):
        studies.freeze_draft(study=study, now=LONG_AGO)
    study.document["assistants"]["guide"]["wrong_on"] = "model_misses"
    studies.freeze_draft(study=study, now=LONG_AGO)
