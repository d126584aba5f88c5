"""The pigeonhole bootstrap against its closed form, and against the two-way interval."""

import json
from pathlib import Path

import numpy as np
import pytest

from analysis.__main__ import main
from analysis.inference import Clusters, Spec, difference, proportion, ratio
from analysis.simulate import ASSISTED, Truth, simulate
from tests.analysis.packages import crossed, package

PEOPLE, ITEMS = 30, 20
BOOTSTRAP = Spec(pigeonhole=1)


def complete() -> tuple[np.ndarray, Clusters]:  # type: ignore[type-arg]
    rng = np.random.default_rng(3)
    y = rng.normal(0, 1, (PEOPLE, 1)) + rng.normal(0, 2, (1, ITEMS)) + rng.normal(0, 3, (PEOPLE, ITEMS))
    person, item = (grid.ravel() for grid in np.indices(y.shape))
    return y, Clusters.of(person, item)


def test_its_variance_of_a_mean_is_owens_closed_form() -> None:
    """Complete data: Var = σ²_people/P + σ²_items/I + σ²_rest/(PI) of the empirical decomposition (Owen 2007)."""
    y, clusters = complete()
    people, items = y.mean(axis=1), y.mean(axis=0)
    rest = y - people[:, None] - items[None, :] + y.mean()
    known = people.var() / PEOPLE + items.var() / ITEMS + rest.var() / y.size
    found = ratio(y.ravel(), np.ones(y.size), clusters, BOOTSTRAP)
    assert found.se == pytest.approx(known**0.5, rel=0.06)
    assert found.estimate == pytest.approx(y.mean())


@pytest.mark.parametrize(("spec", "axis"), [(Spec(pigeonhole=1, population="fixed"), 1),
                                            (Spec(pigeonhole=1, people="these"), 0)])  # fmt: skip
def test_one_side_alone_is_the_plain_bootstrap_of_its_means(spec: Spec, axis: int) -> None:
    y, clusters = complete()
    means = y.mean(axis=axis)
    found = ratio(y.ravel(), np.ones(y.size), clusters, spec)
    assert found.se == pytest.approx((means.var() / len(means)) ** 0.5, rel=0.06)


def test_it_is_wider_than_the_two_way_interval_as_measured() -> None:
    """16 to 63 % wider where every person meets every item (ANALYSIS: 40 people, 24 items)."""
    ratios = []
    for seed in range(12):
        frame = simulate(Truth(), seed)
        y, a = ((frame[c] == v).to_numpy(float) for c, v in (("correct", "true"), ("arm", ASSISTED)))
        groups = Clusters.of(frame["participant_id"], frame["item_id"])
        both = [difference((y * a, a), (y * (1 - a), 1 - a), groups, spec) for spec in (BOOTSTRAP, Spec())]
        ratios.append(((both[0].high or 0) - (both[0].low or 0)) / ((both[1].high or 0) - (both[1].low or 0)))
    assert 1.1 < np.mean(ratios) < 1.7


def test_the_same_seed_gives_the_same_interval_and_another_a_near_one() -> None:
    y, clusters = complete()
    found = [ratio(y.ravel(), np.ones(y.size), clusters, Spec(pigeonhole=seed)) for seed in (1, 1, 2)]
    assert found[0] == found[1] != found[2]
    assert found[2].low == pytest.approx(found[0].low, abs=0.3)


def test_all_right_and_two_people_get_no_interval_here_either() -> None:
    person, item = (grid.ravel() for grid in np.indices((12, 10)))
    sure = proportion(np.ones(120), np.ones(120), Clusters.of(person, item), BOOTSTRAP)
    assert (sure.low, "rule of three" in sure.notes) == (None, True)
    few = proportion((item % 2).astype(float), np.ones(120), Clusters.of(person % 2, item), BOOTSTRAP)
    assert (few.low, few.method) == (None, "none")


def test_the_report_takes_it_as_an_option_and_records_the_seed(tmp_path: Path) -> None:
    export = package(tmp_path / "a.zip", crossed(12, 12))
    words = ["report", str(export), "--out", str(tmp_path / "out"), "--mixed", "none", "--interval", "pigeonhole"]
    assert main([*words, "--seed", "7"]) == 0
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert (results["seed"], results["plan"]["interval"]) == (7, "pigeonhole")
    assert {row["method"] for row in results["contrasts"]} == {"pigeonhole bootstrap"}
    assert all(row["p"] is not None for row in results["contrasts"])
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "pigeonhole bootstrap" in text
    assert "seed 7" in text
