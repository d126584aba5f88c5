"""What is drawn for assisted trials, through the service that stores it."""

from typing import Any

import pytest

from studies.domain.errors import StudyFaults
from studies.models import Allocation, Brief, Item, Participant, Study
from studies.services import briefs, studies
from tests.factories import LONG_AGO, launched_study

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
