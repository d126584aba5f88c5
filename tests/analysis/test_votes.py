"""Votes of k people: closed forms, full enumeration, and what the curve's interval may say."""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest

from analysis import ballots
from analysis.inference import jackknife
from analysis.load import load
from analysis.results import Study
from tests.analysis.packages import Record, crossed, package, response, shared
from tests.analysis.rich import rich_package


def found(export: Path) -> list[Record]:
    rows: list[Record] = Study(load(export))["votes"]
    return rows


def test_plurality_without_replacement_equals_full_enumeration() -> None:
    case = json.loads(shared("anchors/expected.json").read_text())["kvote_without_replacement"]
    for k, expected in case["k"].items():
        share = ballots.plurality(tuple(case["counts"]), case["correct_option"], int(k))
        assert share == pytest.approx(expected, abs=case["tolerance"])


def test_plurality_of_many_is_condorcets_closed_form() -> None:
    """p = .6, two options, independent voters: 1, 3, 5 voters → .6, .648, .68256."""
    case = json.loads(shared("anchors/expected.json").read_text())["condorcet_kvote"]
    for k, expected in case["k"].items():
        assert ballots.plurality((600_000, 400_000), 0, int(k)) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_plurality_and_equal_weights_agree_with_brute_force(k: int) -> None:
    answers = np.array([0, 0, 0, 1, 1, 2, 3])
    total = 0.0
    for subset in itertools.combinations(answers, k):
        counts = np.bincount(subset, minlength=4)
        total += (counts[0] == counts.max()) / (counts == counts.max()).sum()
    expected = total / math.comb(len(answers), k)
    assert ballots.plurality((3, 2, 1, 1), 0, k) == pytest.approx(expected)
    share, without = ballots.weighted(ballots.product_votes(answers, np.full(7, 0.6), 4), 0, k)
    assert share == pytest.approx(expected)
    assert without[3] == pytest.approx(ballots.plurality((3, 1, 1, 1), 0, k))


def test_the_founding_studys_product_rule() -> None:
    votes = np.exp(ballots.product_votes(np.array([1, 1]), np.array([0.6, 1.0]), 4))
    assert votes[0] == pytest.approx([0.4 / 3, 0.6, 0.4 / 3, 0.4 / 3])
    assert votes[1, 1] == pytest.approx(0.99)
    chance = ballots.product_votes(np.array([2]), np.array([0.25]), 4)
    assert chance[0] == pytest.approx(np.full(4, math.log(0.25))), "25 % of four counts for nothing"


def test_one_certain_voter_outweighs_two_unsure_ones_and_equal_products_tie() -> None:
    votes = ballots.product_votes(np.array([0, 1, 1]), np.array([1.0, 0.42, 0.42]), 4)
    assert ballots.weighted(votes, 0, 3)[0] == 1
    tied = ballots.product_votes(np.array([0, 1]), np.array([0.6, 0.6]), 4)
    assert ballots.weighted(tied, 0, 2)[0] == 0.5


def test_drawn_subsets_come_near_the_exact_share() -> None:
    answers = np.repeat([0, 1, 2, 3], [20, 12, 6, 4])
    share, without = ballots.weighted(ballots.product_votes(answers, np.full(42, 0.7), 4), 0, 7)
    assert share == pytest.approx(ballots.plurality((20, 12, 6, 4), 0, 7), abs=0.03)
    assert without[0] < share < without[-1]


def test_a_vote_of_one_is_item_balanced_accuracy(tmp_path: Path) -> None:
    rows = crossed(12, 12)
    one = next(row for row in found(package(tmp_path / "a.zip", rows)) if row["k"] == 1 and row["arm"] == "assisted")
    by_item: dict[str, list[bool]] = {}
    for row in rows:
        if row["arm"] == "assisted":
            by_item.setdefault(row["item_id"], []).append(row["correct"])
    assert one["estimate"] == pytest.approx(np.mean([np.mean(values) for values in by_item.values()]))


def test_the_curves_interval_is_the_two_way_jackknife(tmp_path: Path) -> None:
    rows = [response(p, i, "unaided") for p in range(8) for i in range(6)]
    row = next(row for row in found(package(tmp_path / "a.zip", rows)) if row["k"] == 3)
    answers = np.array([[0 if (p + i) % 3 else 1 for i in range(6)] for p in range(8)])
    person, item = (grid.ravel() for grid in np.indices((8, 6)))

    def share(kept: np.ndarray) -> float:  # type: ignore[type-arg]
        counts = [np.bincount(answers.ravel()[kept & (item == i)], minlength=4) for i in np.unique(item[kept])]
        return float(np.mean([ballots.plurality(tuple(int(c) for c in count), 0, 3) for count in counts]))

    from analysis.inference import Clusters

    slow = jackknife(share, Clusters.of(person, item))
    assert (row["estimate"], row["se"]) == (pytest.approx(slow.estimate), pytest.approx(slow.se))
    assert "coverage .95–.97" in row["notes"]


def test_a_vote_of_three_and_its_error_are_those_of_every_committee_enumerated_in_r(tmp_path: Path) -> None:
    """r/votes.R, on the same eight people and six items."""
    rows = [response(p, i, "unaided") for p in range(8) for i in range(6)]
    row = next(row for row in found(package(tmp_path / "a.zip", rows)) if row["k"] == 3)
    assert (row["estimate"], row["se"]) == pytest.approx((0.7738095238, 0.03764616262), rel=1e-9)


def test_everybodys_vote_has_an_interval_over_items_only(tmp_path: Path) -> None:
    rows = [row for row in found(rich_package(tmp_path / "a.zip", items=12)) if row["voters"] == "all"]
    assert {row["rule"] for row in rows} == {"plurality", "product"}
    assert {row["method"] for row in rows} == {"item-clustered jackknife, t"}
    assert all(row["k"] is None and "these people" in row["notes"] for row in rows)


def test_without_confidence_only_plurality_is_voted(tmp_path: Path) -> None:
    assert {row["rule"] for row in found(package(tmp_path / "a.zip", crossed(6, 6)))} == {"plurality"}


def test_items_with_too_few_voters_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [response(p, i, "unaided") for p in range(9) for i in range(10)]
    rows += [response(p, 20, "unaided") for p in range(2)]
    three = next(row for row in found(package(tmp_path / "a.zip", rows)) if row["k"] == 3)
    assert (three["items_voted"], three["items_left_out"], three["voters_least"]) == (10, 1, 9)


def test_more_voters_help_when_most_are_right(tmp_path: Path) -> None:
    rows = [response(p, i, "unaided", answer="B" if (p + 2 * i) % 5 < 3 else "ACD"[p % 3])
            for p in range(20) for i in range(10)]  # fmt: skip
    curve = [row["estimate"] for row in found(package(tmp_path / "a.zip", rows)) if row["voters"] == "drawn"]
    assert curve == sorted(curve)
    assert curve[0] == pytest.approx(0.6)
