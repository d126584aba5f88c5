"""What may not change a result: the order of rows, the names of people and items, which arm is called what.

Of the whole analysis, not only of its engine; the mixed model has its own (test_mixed.py).
"""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.exclusions import main_trials, outcome
from analysis.inference import Clusters, jackknife_of, ratio, sums_without
from analysis.load import Package, load
from analysis.results import SECTIONS, analyse
from analysis.simulate import Truth, simulate
from tests.analysis.packages import Record, crossed, one_csv, package
from tests.analysis.rich import rich_package
from tests.analysis.test_load import faults

Frame = pd.DataFrame
IDS = ("participant_id", "item_id", "rater_id", "trial_id", "session_id")


@pytest.fixture(scope="module")
def rich(tmp_path_factory: Any) -> Package:
    return load(rich_package(tmp_path_factory.mktemp("rich") / "a.zip", people=12, items=16))


@pytest.fixture(scope="module")
def plain(rich: Package) -> dict[str, Any]:
    return sections(rich)


def sections(of: Package) -> dict[str, Any]:
    results = analyse(of, "", "none")[1]
    return {name: nameless(results[name]) for name in SECTIONS}


def nameless(rows: list[Record]) -> list[Record]:
    """Rows of single people and items without their names, in an order that does not come from these."""
    if not rows or not {*IDS} & {*rows[0]}:
        return rows
    bare = [{name: value for name, value in row.items() if name not in IDS} for row in rows]
    return sorted(bare, key=lambda row: repr(sorted(row.items())))


def changed(of: Package, change: Callable[[Frame], Frame]) -> Package:
    return replace(of, tables={name: change(table) for name, table in of.tables.items()})


def same(one: Any, other: Any) -> bool:
    """Equal in structure and words, numbers to nine digits."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(same(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return bool(one == other)


def test_the_order_of_rows_changes_nothing(rich: Package, plain: dict[str, Any]) -> None:
    """Of any table but arms.csv, whose order is the order in which arms are shown."""
    mixed = {name: table if name == "arms" else table.sample(frac=1, random_state=4).reset_index(drop=True)
             for name, table in rich.tables.items()}  # fmt: skip
    shuffled = sections(replace(rich, tables=mixed))
    assert [name for name in SECTIONS if not same(plain[name], shuffled[name])] == []


def test_other_names_of_people_and_items_change_nothing(rich: Package, plain: dict[str, Any]) -> None:
    def rename(table: Frame) -> Frame:
        return table.assign(**{name: table[name].map(lambda old: f"{str(old)[::-1]} né")
                               for name in IDS if name in table})  # fmt: skip

    renamed = sections(changed(rich, rename))
    assert [name for name in SECTIONS if not same(plain[name], renamed[name])] == []


def test_ids_that_are_numbers_are_names_too(tmp_path: Path) -> None:
    def rows(person: str, item: str) -> list[Record]:
        return [{"participant_id": f"{person}{p}", "item_id": f"{item}{i}", "arm": ("unaided", "b")[(p + i) % 2],
                 "correct": (p * i + p) % 3 != 0} for p in range(12) for i in range(12)]  # fmt: skip

    numbers, words = (sections(load(one_csv(tmp_path / f"{k}.csv", rows(*names))))
                      for k, names in enumerate([("", ""), ("P", "I")]))  # fmt: skip
    assert same(numbers, words)


def test_arms_called_the_other_way_round_flip_the_contrast_and_move_the_shares(tmp_path: Path) -> None:
    frame = simulate(Truth(participants=16, items=12), seed=2)[["participant_id", "item_id", "arm", "correct"]]
    other = {"unaided": "assisted", "assisted": "unaided"}
    found = []
    for k, rows in enumerate((frame, frame.assign(arm=frame["arm"].map(other)))):
        rows.to_csv(tmp_path / f"{k}.csv", index=False)
        found.append(sections(load(tmp_path / f"{k}.csv")))
    one, two = (each["contrasts"][0] for each in found)
    assert two["estimate"] == pytest.approx(-one["estimate"])
    assert (two["low"], two["high"]) == (pytest.approx(-one["high"]), pytest.approx(-one["low"]))
    assert two["p"] == pytest.approx(one["p"])
    shares = [{row["arm"]: row["estimate"] for row in each["accuracy"] if row["primary"]} for each in found]
    assert shares[0] == {name: pytest.approx(shares[1][other[name]]) for name in shares[0]}


def test_a_row_given_twice_is_refused_and_would_not_help_if_it_were_not(tmp_path: Path) -> None:
    rows = crossed(12, 12)
    assert faults(package(tmp_path / "a.zip", rows + rows[:1])) == ("responses.csv row 146: P0 meets I0 twice",)
    trials = main_trials(load(package(tmp_path / "c.zip", rows)))
    y, _ = outcome(trials, "composite")
    found = []
    for times in (1, 2):
        right = np.tile(y, times)
        columns = np.column_stack([right, np.ones(len(right))])
        groups = Clusters.of(*(np.tile(trials[name].to_numpy(dtype=str), times) for name in IDS[:2]))

        def without(codes: Any, columns: Any = columns) -> Any:
            sums = sums_without(codes, columns)
            return sums[:, 0] / sums[:, 1]

        found.append((jackknife_of(float(right.mean()), without, groups).se, right.std() / len(right) ** 0.5))
    assert found[1][0] == pytest.approx(found[0][0], rel=1e-12)
    assert found[1][1] == pytest.approx(found[0][1] / math.sqrt(2))


def test_an_effect_through_one_item_is_not_told_from_none(tmp_path: Path) -> None:
    """Thirty people all get one item of twelve right because of the assistant: that is one item, not thirty people."""
    rows = [{"participant_id": f"P{p}", "item_id": f"I{i:02d}", "arm": ("unaided", "b")[(p + i) % 2],
             "correct": (p + i) % 2 == 1 if i == 0 else i % 3 > 0} for p in range(30) for i in range(12)]  # fmt: skip
    row = sections(load(one_csv(tmp_path / "a.csv", rows)))["contrasts"][0]
    assert row["estimate"] > 0.05
    assert row["low"] < 0 < row["high"]


def test_an_item_that_one_person_met_alone_breaks_no_section(rich: Package) -> None:
    def lonely(table: Frame) -> Frame:
        if "answer" not in table or "trial_id" not in table:
            return table
        kept = (table["item_id"] != "I3") | (table["participant_id"] == "P2")
        return table[kept]

    found = sections(changed(rich, lonely))
    for name in ("accuracy", "contrasts", "calibration", "votes", "reliance", "sandwiching", "timing"):
        assert found[name], name
        assert all(math.isfinite(value) for row in found[name] for value in row.values() if isinstance(value, float))


def test_a_negative_two_way_variance_gives_a_finite_error() -> None:
    """Every person and every item is right half of the time: V_people + V_items − V_cells is below 0."""
    person, item = (grid.ravel() for grid in np.indices((12, 12)))
    right = ((person + item) % 2).astype(float)
    groups = Clusters.of(person, item)
    gaps = right - right.mean()
    parts = [np.square(np.bincount(codes, gaps)).sum() for codes in (groups.participant, groups.item, groups.cell)]
    assert parts[0] + parts[1] - parts[2] < 0
    right[0] = 1.0
    found = ratio(right, np.ones(144), groups)
    assert found.se is not None
    assert math.isfinite(found.se)
    assert found.se > 0
