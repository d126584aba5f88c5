import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.inference import (
    Clusters,
    Estimate,
    FloatArray,
    Spec,
    difference,
    jackknife,
    proportion,
    ratio,
)
from analysis.multiplicity import holm, p_value
from analysis.simulate import ASSISTED, Truth, simulate
from tests.analysis.packages import shared

DEFAULT = Spec()


def anchor(name: str) -> tuple[dict[str, Any], pd.DataFrame]:
    case = json.loads(shared("anchors/expected.json").read_text())[name]
    return case, pd.read_csv(shared(f"anchors/{case['data']}"))


def arrays(frame: pd.DataFrame) -> tuple[FloatArray, FloatArray, Clusters]:
    """Right answers, the assisted arm as 0/1, and clusters of a simulated frame."""
    right = (frame["correct"] == "true").to_numpy(dtype=float)
    aided = (frame["arm"] == ASSISTED).to_numpy(dtype=float)
    return right, aided, Clusters.of(frame["participant_id"], frame["item_id"])


def contrast(right: FloatArray, aided: FloatArray, clusters: Clusters, spec: Spec = DEFAULT) -> Estimate:
    return difference((right * aided, aided), (right * (1 - aided), 1 - aided), clusters, spec)


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return simulate(Truth(participants=20, items=16), seed=3)


def test_petersens_published_two_way_standard_error() -> None:
    """Petersen (2009), test data: OLS slope, clustered by firm and year. A slope is a ratio of sums."""
    case, frame = anchor("petersen_twoway")
    x = (frame["x"] - frame["x"].mean()).to_numpy()
    y = (frame["y"] - frame["y"].mean()).to_numpy()
    slope = ratio(x * y, x * x, Clusters.of(frame["firm"], frame["year"]))
    assert slope.estimate == pytest.approx(case["coef"]["x"], abs=1e-6)
    assert slope.se == pytest.approx(case["statsmodels"]["two_way"], abs=case["tolerance"])
    assert slope.df == 9


@pytest.mark.parametrize(("spec", "by"), [(Spec(population="fixed"), "firm"), (Spec(people="these"), "year")])
def test_petersens_one_way_standard_errors(spec: Spec, by: str) -> None:
    """The same slope, clustered by firm alone and by year alone, as sandwich prints it (r/petersen.R)."""
    case, frame = anchor("petersen_twoway")
    x, y = ((frame[name] - frame[name].mean()).to_numpy() for name in "xy")
    slope = ratio(x * y, x * x, Clusters.of(frame["firm"], frame["year"]), spec)
    n = len(frame)
    assert (slope.se or 0) * math.sqrt((n - 1) / (n - 2)) == pytest.approx(case["sandwich_vcovCL"][by], abs=5e-9)


def test_verbagg_two_way_difference() -> None:
    """VerbAgg (lme4): difference of shares do − want, clustered by person and item."""
    case, frame = anchor("verbagg_lpm_twoway")
    doing = (frame["mode"] == "do").to_numpy(dtype=float)
    found = contrast(frame["y"].to_numpy(float), doing, Clusters.of(frame["id"], frame["item"]))
    assert found.estimate == pytest.approx(case["beta"][1], abs=case["tolerance"])
    assert found.se == pytest.approx(case["se"][1], abs=case["tolerance"])
    base = proportion(frame["y"].to_numpy(float), 1 - doing, Clusters.of(frame["id"], frame["item"]))
    assert base.estimate == pytest.approx(case["beta"][0], abs=case["tolerance"])


@pytest.mark.parametrize(
    ("spec", "printed"),
    [(DEFAULT, 0.0741362611), (Spec(population="fixed"), 0.0128143512), (Spec(people="these"), 0.0739047474)],
)
def test_verbaggs_difference_has_the_clustered_errors_of_sandwich(spec: Spec, printed: float) -> None:
    """vcovCL by person and item, by person, by item (r/verbagg.R); its variance is (n − 1)/(n − 2) times ours."""
    _, frame = anchor("verbagg_lpm_twoway")
    doing, y = (frame["mode"] == "do").to_numpy(dtype=float), frame["y"].to_numpy(float)
    found = contrast(y, doing, Clusters.of(frame["id"], frame["item"]), spec)
    assert (found.se or 0) * math.sqrt((len(y) - 1) / (len(y) - 2)) == pytest.approx(printed, abs=5e-10)


def test_difference_agrees_with_statsmodels_two_way_clustering(data: pd.DataFrame) -> None:
    sm = pytest.importorskip("statsmodels.api")
    right, aided, clusters = arrays(data)
    groups = np.column_stack([clusters.participant, clusters.item])
    fitted = sm.OLS(right, sm.add_constant(aided)).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    found = contrast(right, aided, clusters)
    assert found.estimate == pytest.approx(fitted.params[1], abs=1e-12)
    n = len(right)
    assert found.se == pytest.approx(fitted.bse[1] / math.sqrt((n - 1) / (n - 2)), rel=1e-9)
    assert (found.df, p_value(found)) == (15, pytest.approx(fitted.pvalues[1], rel=0.01))


def test_order_and_names_of_rows_do_not_matter(data: pd.DataFrame) -> None:
    first = contrast(*arrays(data))
    renamed = data.sample(frac=1, random_state=1).assign(
        participant_id=lambda frame: frame["participant_id"].map(lambda name: f"x{hash(name) % 99991}"),
        item_id=lambda frame: frame["item_id"].str[::-1],
    )
    second = contrast(*arrays(renamed))
    assert (second.estimate, second.se) == (pytest.approx(first.estimate), pytest.approx(first.se))


def test_every_row_twice_leaves_the_standard_error_as_it_is(data: pd.DataFrame) -> None:
    once, twice = contrast(*arrays(data)), contrast(*arrays(pd.concat([data, data])))
    assert twice.se == pytest.approx(once.se, rel=1e-12)
    assert twice.n == 2 * once.n


def test_relabelled_arms_flip_the_sign(data: pd.DataFrame) -> None:
    right, aided, clusters = arrays(data)
    one, other = contrast(right, aided, clusters), contrast(right, 1 - aided, clusters)
    assert other.estimate == pytest.approx(-(one.estimate or 0))
    assert (other.low, other.high) == (pytest.approx(-(one.high or 0)), pytest.approx(-(one.low or 0)))


def test_an_effect_through_one_item_gives_a_wide_interval() -> None:
    person, item = (grid.ravel() for grid in np.indices((30, 10)))
    aided = ((person + item) % 2).astype(float)
    right = np.where(item == 0, aided, item // 2 % 2).astype(float)
    clusters = Clusters.of(person, item)
    by_person = contrast(right, aided, clusters, Spec(population="fixed"))
    assert (contrast(right, aided, clusters).se or 0) > 1.5 * (by_person.se or 9)


def test_a_negative_two_way_variance_is_floored_at_the_larger_one_way_variance() -> None:
    # A Latin pattern: every person and every item have mean one half, only the cells vary.
    person, item = (grid.ravel() for grid in np.indices((12, 12)))
    right = ((person + item) % 2).astype(float)
    right[0] = 1.0
    found = proportion(right, np.ones(144), Clusters.of(person, item))
    assert found.se is not None
    assert found.se > 0
    assert "floored" in found.notes


def test_an_empty_denominator_is_undefined_with_a_reason() -> None:
    none = proportion(np.ones(9), np.zeros(9), Clusters.of(range(9), range(9)))
    assert (none.estimate, none.low, none.se) == (None, None, None)
    assert none.notes == "undefined: nothing in the denominator"


def test_all_right_has_no_interval_but_a_rule_of_three() -> None:
    person, item = (grid.ravel() for grid in np.indices((12, 10)))
    sure = proportion(np.ones(120), np.ones(120), Clusters.of(person, item))
    assert (sure.estimate, sure.low) == (1.0, None)
    assert "at least 0.70" in sure.notes


def test_two_people_get_no_interval_and_five_get_a_warning() -> None:
    def of(people: int, spec: Spec = DEFAULT) -> Estimate:
        person, item = (grid.ravel() for grid in np.indices((people, 20)))
        return proportion(((person * item) % 3 == 0).astype(float), np.ones(len(item)),
                          Clusters.of(person, item), spec)  # fmt: skip

    assert of(2).low is None
    assert "fewer than 3 clusters" in of(2).notes
    assert "says little beyond these people" in of(5).notes
    item_only = of(5, Spec(people="these"))
    assert (item_only.method, item_only.df) == ("item-clustered CR1, t", 19)
    assert "says little beyond these people" in item_only.notes


def test_a_share_keeps_its_interval_between_0_and_1() -> None:
    person, item = (grid.ravel() for grid in np.indices((12, 12)))
    right = np.ones(144)
    right[[5, 40]] = 0
    found = proportion(right, np.ones(144), Clusters.of(person, item))
    assert 0 < (found.low or 0) < (found.estimate or 0) < (found.high or 1) < 1


def test_the_jackknife_agrees_with_the_closed_form_for_a_mean(data: pd.DataFrame) -> None:
    right, _, clusters = arrays(data)
    closed = ratio(right, np.ones(len(right)), clusters)
    deleted = jackknife(lambda kept: float(right[kept].mean()), clusters)
    assert deleted.estimate == closed.estimate
    assert deleted.se == pytest.approx(closed.se, rel=0.02)


def test_a_jackknife_with_an_undefined_replicate_has_no_interval() -> None:
    person, item = (grid.ravel() for grid in np.indices((4, 4)))

    def needs_person_0(kept: np.ndarray) -> float | None:  # type: ignore[type-arg]
        return 1.0 if (person[kept] == 0).any() else None

    found = jackknife(needs_person_0, Clusters.of(person, item))
    assert (found.estimate, found.low) == (1.0, None)
    assert "undefined without some person or item" in found.notes


def test_an_item_answered_once_does_no_harm(data: pd.DataFrame) -> None:
    lonely = pd.concat([data, data.head(1).assign(item_id="only-here")])
    assert contrast(*arrays(lonely)).se is not None


def test_holm_steps_down_and_passes_over_missing() -> None:
    assert holm([0.01, None, 0.04, 0.03]) == [
        pytest.approx(0.03),
        None,
        pytest.approx(0.06),
        pytest.approx(0.06),
    ]


def test_holm_is_that_of_statsmodels_with_ties_and_ones() -> None:
    """multipletests(method="holm") of statsmodels is another implementation of Holm (1979)."""
    from statsmodels.stats.multitest import multipletests

    rng = np.random.default_rng(1979)
    for size in range(1, 201):
        values = np.round(rng.beta(0.5, 2, size % 20 + 1), 2)
        assert holm(values.tolist()) == pytest.approx(multipletests(values, method="holm")[1])


def test_holm_is_what_r_prints_for_benjamini_and_hochbergs_example() -> None:
    """p.adjust(p, "holm") (r/shares.R) of the fifteen p-values in Benjamini & Hochberg (1995), J. R. Stat. Soc. B
    57:289; Bonferroni rejects three of them at .05, and so does Holm."""
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.3240,
        0.4262,
        0.5719,
        0.6528,
        0.7590,
        1,
    ]
    printed = [0.0015, 0.0056, 0.0247, 0.1140, 0.2211, 0.2780, 0.2780, 0.2780, 0.3213, *[1.0] * 6]
    adjusted = holm(list(map(float, p)))
    assert adjusted == pytest.approx(printed, abs=1e-12)
    assert holm(list(map(float, p[::-1]))) == pytest.approx(printed[::-1], abs=1e-12)
    assert sum(value < 0.05 for value in adjusted if value is not None) == 3
