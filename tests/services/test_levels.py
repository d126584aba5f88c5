"""What the two draws promise over many people: levels, shares of right briefs, and honest probabilities."""

from collections import Counter
from random import Random

import pytest

from studies.domain.briefs import draw_target
from studies.domain.randomisation import ItemDraw, PoolEntry, draw_items, indexes

Held = dict[str, Counter[int]]


def one_person(held: Held, *, items: int, each: int, arms: list[str], seed: str) -> list[tuple[str, int]]:
    """Items for every arm of a person, as the services draw them; nobody meets an item twice."""
    taken: set[int] = set()
    met: list[tuple[str, int]] = []
    for place, arm in enumerate(arms):
        to_come = arms[place + 1 :]
        pool = [
            PoolEntry(index, "", held[arm][index], tuple(held[other][index] for other in to_come))
            for index in range(items)
            if index not in taken
        ]
        drawn = draw_items(pool, count=each, per_passage=1, seed=f"{seed}/{arm}")
        taken |= {draw.index for draw in drawn}
        met += [(arm, draw.index) for draw in drawn]
    return met


def run(*, items: int, each: int, people: int, seed: int, leave: float = 0.0, fixed: bool = False) -> Held:
    """Responses per arm and item, where a share of the people leaves somewhere on the way."""
    held: Held = {"a": Counter(), "b": Counter()}
    source = Random(seed)
    for number in range(people):
        arms = ["a", "b"] if fixed or number % 2 else ["b", "a"]
        met = one_person(held, items=items, each=each, arms=arms, seed=f"{seed}/{number}")
        stays = len(met) if source.random() >= leave else source.randrange(len(met))
        source.shuffle(met)
        for arm, index in met[:stays]:
            held[arm][index] += 1
    return held


def spread(held: Held, items: int) -> int:
    """The greatest difference between two items in the same arm."""
    counts = [[held[arm][index] for index in range(items)] for arm in held]
    return max(max(arm) - min(arm) for arm in counts)


@pytest.mark.parametrize(("items", "each"), [(4, 2), (8, 3), (20, 3), (40, 10)])
def test_without_drop_out_items_end_level(items: int, each: int) -> None:
    """Within two: now and then the least filled item is one that the person meets in the other arm already."""
    for seed in range(3):
        people = 2 * items
        assert spread(run(items=items, each=each, people=people, seed=seed), items) <= 2


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize(("items", "each"), [(8, 3), (20, 3), (40, 10)])
def test_with_half_of_the_people_leaving_items_stay_within_two(items: int, each: int, fixed: bool) -> None:
    """What leavers leave is dealt first to who comes next, so differences do not add up."""
    for seed in range(3):
        held = run(items=items, each=each, people=300, seed=seed, leave=0.5, fixed=fixed)
        assert spread(held, items) <= 2


@pytest.mark.parametrize("fixed", [False, True])
def test_where_everybody_meets_every_item_the_arms_of_an_item_stay_close(fixed: bool) -> None:
    """Then no draw can level the items (leavers decide their sum), only which arm each is met in."""
    for seed in range(3):
        held = run(items=6, each=3, people=400, seed=seed, leave=0.5, fixed=fixed)
        assert max(abs(held["a"][index] - held["b"][index]) for index in range(6)) <= 6


def test_the_share_of_right_briefs_is_exact_in_every_complete_block() -> None:
    slots = [draw_target(seed_parts=("s",), slot=slot, gold="A", letters="ABCD", p_correct=0.6, block=None)
             for slot in range(50)]  # fmt: skip
    for start in range(0, 50, 5):
        assert sum(slot.correct for slot in slots[start : start + 5]) == 3


def pool_with_levels() -> list[PoolEntry]:
    return [PoolEntry(index, "", 0 if index < 5 else 1) for index in range(8)]


def test_the_stored_probability_is_the_long_run_frequency() -> None:
    """The first draw is uniform over its candidates: their probabilities sum to one, and it happens that often."""
    times = 4000
    pool = pool_with_levels()
    drawn: list[ItemDraw] = [draw_items(pool, count=1, per_passage=1, seed=str(n))[0] for n in range(times)]
    assert {tuple(indexes(draw.candidates["items"])) for draw in drawn} == {(0, 1, 2, 3, 4)}
    assert {draw.probability * len(indexes(draw.candidates["items"])) for draw in drawn} == {1.0}
    counts = Counter(draw.index for draw in drawn)
    assert set(counts) == {0, 1, 2, 3, 4}
    for index in range(5):
        assert counts[index] / times == pytest.approx(1 / 5, abs=4 * (0.16 / times) ** 0.5)


def test_a_brief_is_right_as_often_as_its_probabilities_say() -> None:
    strata = 1500
    first = [
        draw_target(seed_parts=("s", n), slot=0, gold="B", letters="ABCD", p_correct=0.6, block=None)
        for n in range(strata)
    ]
    assert all(draw.probability == pytest.approx(0.6 if draw.correct else 0.4 / 3) for draw in first)
    assert sum(draw.correct for draw in first) / strata == pytest.approx(0.6, abs=4 * (0.24 / strata) ** 0.5)
    wrong = Counter(draw.target for draw in first if not draw.correct)
    assert set(wrong) == {"A", "C", "D"}


def test_thousands_of_items_are_drawn_in_a_moment() -> None:
    import time

    pool = [PoolEntry(index, "", index % 3, (index % 2,)) for index in range(14_000)]
    begun = time.process_time()
    assert len(draw_items(pool, count=20, per_passage=1, seed="s")) == 20
    assert time.process_time() - begun < 10
