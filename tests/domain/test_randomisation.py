from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studies.domain.protocol import Design
from studies.domain.randomisation import (
    PoolEntry,
    draw_choice_order,
    draw_items,
    draw_sequence,
    indexes,
    interleave,
    into_sittings,
    ranges,
    redraw,
    sequences,
)

ARMS = ["unaided", "assisted"]


def design(**settings: object) -> Design:
    return Design.model_validate({"participants": 10, **settings})


def test_between_subjects_everybody_has_one_arm() -> None:
    assert sequences(ARMS, design(unit="between")) == [["unaided"], ["assisted"]]


def test_counterbalanced_blocks_come_in_every_order() -> None:
    assert sorted(sequences(ARMS, design())) == [["assisted", "unaided"], ["unaided", "assisted"]]


def test_a_fixed_order_has_one_sequence() -> None:
    assert sequences(ARMS, design(arm_order="fixed")) == [ARMS]


@given(seed=st.integers(0, 10_000), people=st.integers(1, 60))
def test_permuted_blocks_never_drift_by_more_than_half_a_block(seed: int, people: int) -> None:
    choices = sequences(ARMS, design())
    counts = Counter(
        tuple(draw_sequence(choices, design=design(), seed_parts=(seed,), number=number).sequence)
        for number in range(people)
    )
    assert max(counts.values()) - min(counts[tuple(choice)] for choice in choices) <= 2


def test_the_probability_of_a_sequence_follows_from_its_block() -> None:
    choices = sequences(ARMS, design())
    for block in range(20):
        drawn = [
            draw_sequence(choices, design=design(), seed_parts=("s",), number=4 * block + slot) for slot in range(4)
        ]
        assert drawn[0].probability == 0.5
        assert drawn[3].probability == 1.0


def test_a_drawn_order_is_not_forced_into_balance() -> None:
    simple = design(arm_order="drawn")
    choices = sequences(ARMS, simple)
    firsts = [draw_sequence(choices, design=simple, seed_parts=("s",), number=n).sequence[0] for n in range(400)]
    halves = [firsts[n : n + 4].count("unaided") for n in range(0, 400, 4)]
    assert 160 < firsts.count("unaided") < 240
    assert set(halves) > {2}


def pool(fills: list[int], passages: list[str] | None = None) -> list[PoolEntry]:
    names = passages or [""] * len(fills)
    return [PoolEntry(index, names[index], fill) for index, fill in enumerate(fills)]


def test_the_least_filled_items_are_drawn_first() -> None:
    drawn = draw_items(pool([2, 0, 1, 0, 2]), count=3, per_passage=2, seed="s")
    assert {draw.index for draw in drawn[:2]} == {1, 3}
    assert drawn[2].index == 2


def test_ties_are_drawn_evenly_over_seeds() -> None:
    firsts = Counter(draw_items(pool([0] * 4), count=1, per_passage=1, seed=str(n))[0].index for n in range(2000))
    assert all(420 < firsts[index] < 580 for index in range(4))


def test_a_pool_that_runs_out_gives_what_it_has() -> None:
    assert len(draw_items(pool([0, 0]), count=5, per_passage=2, seed="s")) == 2


def test_questions_of_a_passage_come_together_up_to_the_limit() -> None:
    passages = ["p", "p", "p", "q", "q", "q"]
    drawn = draw_items(pool([0] * 6, passages), count=4, per_passage=2, seed="s")
    assert Counter(passages[draw.index] for draw in drawn) == {"p": 2, "q": 2}
    assert {passages[draw.index] for draw in drawn[:2]} in ({"p"}, {"q"})


@given(
    fills=st.lists(st.integers(0, 3), min_size=1, max_size=25),
    with_passages=st.booleans(),
    seed=st.text(max_size=8),
)
def test_every_draw_can_be_derived_again_from_what_is_stored(fills: list[int], with_passages: bool, seed: str) -> None:
    passages = [f"p{index // 3}" for index in range(len(fills))] if with_passages else None
    for draw in draw_items(pool(fills, passages), count=6, per_passage=2, seed=seed):
        assert redraw(draw.seed, draw.candidates) == draw.index
        assert 0 < draw.probability <= 1


@given(st.sets(st.integers(0, 500)))
def test_ranges_and_indexes_are_inverse(numbers: set[int]) -> None:
    assert indexes(ranges(numbers)) == sorted(numbers)


def test_the_choice_order_is_a_permutation_and_depends_on_the_seed() -> None:
    orders = {draw_choice_order("ABCD", str(n)) for n in range(500)}
    assert len(orders) == 24
    assert all(sorted(order) == list("ABCD") for order in orders)


def test_interleaving_meets_every_arm_in_each_round_and_keeps_passages_together() -> None:
    mixed = interleave([[[1], [2], [3, 4]], [[11], [12, 13], [14]]], "s")
    assert sorted(mixed) == [1, 2, 3, 4, 11, 12, 13, 14]
    assert mixed.index(4) == mixed.index(3) + 1
    assert mixed.index(13) == mixed.index(12) + 1
    assert len({number > 10 for number in mixed[:2]}) == 2


@pytest.mark.parametrize(("trials", "sittings"), [(10, 2), (7, 3), (200, 4)])
def test_sittings_are_even_and_in_order(trials: int, sittings: int) -> None:
    cut = into_sittings([0] * trials, sittings)
    assert cut == sorted(cut)
    assert set(cut) == set(range(1, sittings + 1))
    sizes = Counter(cut).values()
    assert max(sizes) - min(sizes) <= 1
