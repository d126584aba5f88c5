from collections import Counter
from datetime import timedelta

import pytest

from studies.domain.randomisation import redraw
from studies.models import Allocation, Brief, Participant, StudyItem
from studies.services import allocation, sitting
from tests.factories import launched_study
from tests.walk import START, answer_all, briefed, completed

pytestmark = pytest.mark.django_db


def filled(arm: str) -> Counter[int]:
    rows = Allocation.objects.filter(arm=arm, kind="main", trial__response__isnull=False)
    return Counter(rows.values_list("item_id", flat=True))


def test_every_planned_trial_has_its_row_before_any_is_opened() -> None:
    session = briefed(launched_study())
    planned = Allocation.objects.filter(participant=session.participant)
    assert planned.filter(kind="main").count() == 6
    assert all(row.trial.state == "pending" for row in planned)


def test_nobody_meets_an_item_in_two_arms() -> None:
    session = briefed(launched_study())
    items = Allocation.objects.filter(participant=session.participant).values_list("item_id", flat=True)
    assert len(items) == len(set(items))


def test_orders_stay_balanced_from_block_to_block() -> None:
    study = launched_study()
    for number in range(8):
        briefed(study, f"p{number}")
    orders = Counter(tuple(person.sequence or []) for person in Participant.objects.all())
    assert set(orders.values()) == {4}


def test_responses_per_item_and_arm_stay_level() -> None:
    study = launched_study()
    for number in range(10):
        completed(study, f"p{number}")
    for arm in ("unaided", "assisted"):
        counts = filled(arm)
        assert max(counts.values()) - min(counts.values()) <= 2  # see test_levels


def test_places_that_somebody_left_are_filled_again_and_marked() -> None:
    study = launched_study(design={"participants": 50, "idle_minutes": 30})
    for number in range(6):
        briefed(study, f"gone{number}")
    later = START + timedelta(hours=2)
    for number in range(10):
        completed(study, f"p{number}", now=later + timedelta(minutes=number))
    for arm in ("unaided", "assisted"):
        counts = filled(arm)
        assert max(counts.values()) - min(counts.values()) <= 2  # see test_levels
    assert Allocation.objects.filter(refill=True, participant__identity__panel_id__startswith="p").exists()


def test_every_stored_draw_can_be_derived_again() -> None:
    study = launched_study()
    session = briefed(study)
    for row in Allocation.objects.filter(participant=session.participant, kind="main"):
        index = redraw(row.seed, row.candidates)
        pool = StudyItem.objects.filter(version=session.participant.version, kind="main").order_by("pk")
        assert pool[index].item_id == row.item_id
        assert str(index) == row.choice


def test_every_assisted_trial_has_its_brief_before_the_first_word() -> None:
    session = briefed(launched_study())
    for row in Allocation.objects.filter(participant=session.participant, kind="main"):
        assert hasattr(row, "brief") == (row.arm == "assisted")
    for brief in Brief.objects.all():
        assert brief.correct == (brief.target == brief.allocation.item.gold)


def test_realised_reliability_is_balanced_per_item() -> None:
    study = launched_study()
    for number in range(40):
        briefed(study, f"p{number}")
    by_item: dict[int, list[bool]] = {}
    for item, correct in Brief.objects.order_by("pk").values_list("allocation__item_id", "correct"):
        by_item.setdefault(item, []).append(bool(correct))
    for drawn in by_item.values():
        for start in range(0, len(drawn) - 4, 5):
            assert sum(drawn[start : start + 5]) == 3


def test_the_draw_happens_once() -> None:
    session = briefed(launched_study())
    before = list(Allocation.objects.values_list("pk", flat=True))
    allocation.randomise(participant=session.participant, now=START)
    assert list(Allocation.objects.values_list("pk", flat=True)) == before


def test_between_subjects_everybody_has_one_arm() -> None:
    study = launched_study(design={"participants": 50, "unit": "between"})
    for number in range(4):
        briefed(study, f"p{number}")
    arms = Counter(person.assigned_arm for person in Participant.objects.all())
    assert arms == {"unaided": 2, "assisted": 2}


def test_leavers_stay_in_their_arm_and_their_slot_is_not_dealt_again() -> None:
    study = launched_study()
    first = briefed(study, "p1")
    sitting.stop(session=first, now=START)
    second = briefed(study, "p2")
    numbers = Participant.objects.order_by("pk").values_list("arm_sequence_number", flat=True)
    assert list(numbers) == [0, 1]
    assert answer_all(second).participant.sequence
