from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studies.domain.briefs import BriefDraw, best_distractors, draw_belief, draw_target, natural_block


def draw(slot: int, *, p: float = 0.6, gold: str = "B", block: int | None = None, seed: object = "s") -> BriefDraw:
    return draw_target(seed_parts=(seed,), slot=slot, gold=gold, letters="ABCD", p_correct=p, block=block)


def test_a_stratified_draw_realises_its_share_exactly() -> None:
    assert sum(draw(slot).correct for slot in range(1000)) == 600


def test_a_simple_draw_stays_within_binomial_bounds() -> None:
    right = sum(draw(slot, block=1).correct for slot in range(1000))
    assert abs(right - 600) < 4 * (1000 * 0.6 * 0.4) ** 0.5


def test_wrong_targets_are_uniform_over_the_distractors() -> None:
    wrong = Counter(d.target for d in (draw(slot, block=1) for slot in range(6000)) if not d.correct)
    assert set(wrong) == set("ACD")
    assert all(abs(count - 800) < 130 for count in wrong.values())


@pytest.mark.parametrize(
    ("votes", "best"),
    [({"A": 1, "D": 3}, "D"), ({"A": 2, "D": 2, "C": 1}, "AD"), ({"B": 9, "C": 1}, "C"), ({"B": 3}, ""), ({}, "")],
)
def test_the_best_distractor_has_most_votes_and_the_key_has_none_that_count(votes: dict[str, int], best: str) -> None:
    assert best_distractors(gold="B", letters="ABCD", votes=votes) == best


def test_a_tie_between_best_distractors_is_drawn_with_its_probability() -> None:
    wrong = [
        draw_target(seed_parts=("s",), slot=slot, gold="B", letters="ABCD", p_correct=0, block=1, wrong="AD")
        for slot in range(400)
    ]
    assert {brief.probability for brief in wrong} == {0.5}
    assert 150 < Counter(brief.target for brief in wrong)["A"] < 250


@given(slot=st.integers(0, 200), p=st.sampled_from([0, 0.25, 0.5, 0.6, 0.65, 1]), gold=st.sampled_from("ABCD"))
def test_the_target_agrees_with_its_label_and_has_a_probability(slot: int, p: float, gold: str) -> None:
    brief = draw(slot, p=p, gold=gold)
    assert brief.correct == (brief.target == gold)
    assert 0 < brief.probability <= 1


@given(st.integers(0, 500))
def test_whether_a_slot_is_right_does_not_depend_on_which_option_is_gold(slot: int) -> None:
    assert len({draw(slot, gold=gold).correct for gold in "ABCD"}) == 1


def test_the_probabilities_of_a_block_follow_the_urn() -> None:
    left_right, left = 3, 5
    for slot in range(5):
        brief = draw(slot)
        expected = left_right / left if brief.correct else (1 - left_right / left) / 3
        assert brief.probability == pytest.approx(expected)
        left_right, left = left_right - brief.correct, left - 1


def test_a_share_that_fits_no_block_is_right_on_average() -> None:
    assert natural_block(0.6) == 5
    assert natural_block(1 / 3) == 6
    right = sum(draw(slot, p=0.615, seed=n).correct for n in range(40) for slot in range(20))
    assert abs(right / 800 - 0.615) < 0.03


def test_beliefs_are_right_as_often_as_the_assistant_knows() -> None:
    right = sum(
        draw_belief(seed_parts=("s", item), gold="C", letters="ABCD", knowledge=0.7) == "C" for item in range(2000)
    )
    assert abs(right / 2000 - 0.7) < 0.04
