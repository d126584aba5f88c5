"""The crossed mixed logistic model against lme4 and glmmTMB (r/verbagg.R, r/slopes.R), and turned round."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from analysis.inference import FloatArray
from analysis.mixed import Fit, Refused, fit, marginal
from analysis.mixed.blocks import Crossing
from analysis.mixed.laplace import Laplace
from analysis.simulate import ASSISTED, Truth, simulate
from tests.analysis.drawn import ParkMiller
from tests.analysis.packages import shared


def rows(seed: int = 3, **truth: Any) -> tuple[FloatArray, FloatArray, Any, Any]:
    """Right answers, the design (1, arm ±½), people and items of a simulated study."""
    frame = simulate(Truth(**({"participants": 30, "items": 20} | truth)), seed)
    side = (frame["arm"] == ASSISTED).to_numpy(float) - 0.5
    right = (frame["correct"] == "true").to_numpy(float)
    return right, np.column_stack([np.ones(len(side)), side]), frame["participant_id"], frame["item_id"]


@pytest.fixture(scope="module")
def slopes() -> Fit:
    y, x, people, items = rows()
    return fit(y, x, people, items, x)


def test_verbagg_is_what_glmmtmb_and_lme4_print() -> None:
    case = json.loads(shared("anchors/expected.json").read_text())["verbagg_mode"]
    frame = pd.read_csv(shared("anchors/verbagg.csv"))
    x = np.column_stack([np.ones(len(frame)), frame["mode"] == "do"])
    found, allowed = fit(frame["y"], x, frame["id"], frame["item"]), case["tolerance"]
    for other in (case["glmmTMB"], case["glmer_bobyqa"]):
        assert found.beta == pytest.approx(other["beta"], abs=allowed["beta"])
        assert found.se == pytest.approx(other["se"], rel=allowed["se_rel"])
        assert found.sd[:, 0] == pytest.approx([other["sd_id"], other["sd_item"]], abs=allowed["sd"])
    assert found.deviance == pytest.approx(case["glmmTMB"]["deviance"], abs=allowed["deviance"])
    assert found.converged
    assert not found.singular


# Printed by r/slopes.R: effects, their errors, spreads of people and of items, deviance; glmmTMB's, then lme4's.
PEOPLES_SLOPE = (
    ([-0.1760252, -0.7664535], [0.2453572, 0.4662958], [[1.447746, 1.004541], [1.123483, 0]], 8120.273354),
    ([-0.176010, -0.766397], [0.245240, 0.465884], [[1.44770, 1.00451], [1.12346, 0]], 8120.27337),
)
BOTH_SLOPES = (
    ([0.1960073, -0.7812348], [0.2814011, 0.4716196], [[1.3854537, 1.0147773], [0.9257493, 0.9321761]], 8116.310861),
    ([0.195987, -0.781171], [0.281242, 0.471202], [[1.385426, 1.014749], [0.925733, 0.932165]], 8116.31088),
)
CROSSED_ARMS = (
    ([0.7690037, 0.5431513], [0.2159975, 0.1860139], [[0.5640199, 0.3178345], [0.9968660, 0.6022026]], 1399.675623),
    ([0.768703, 0.542500], [0.215352, 0.184353], [[0.563889, 0.317646], [0.996545, 0.601986]], 1399.67647),
)


def is_what_they_print(found: Fit, printed: Any) -> None:
    """Within the tolerances of the shared anchors."""
    allowed = json.loads(shared("anchors/expected.json").read_text())["verbagg_mode"]["tolerance"]
    for beta, se, sd, deviance in printed:
        assert found.beta == pytest.approx(beta, abs=allowed["beta"])
        assert found.se == pytest.approx(se, rel=allowed["se_rel"])
        assert found.sd == pytest.approx(np.array(sd), abs=allowed["sd"])
        assert found.deviance == pytest.approx(deviance, abs=allowed["deviance"])
    assert found.converged


def drawn_study() -> tuple[FloatArray, FloatArray, Any, Any]:
    """40 people × 30 items, arms ±½ crossing both, as r/slopes.R draws it."""
    chance = ParkMiller(1988)
    u, u_arm = 0.8 * chance.normal(40), 0.6 * chance.normal(40)
    w, w_arm = 1.1 * chance.normal(30), 0.7 * chance.normal(30)
    person, item = (grid.ravel() for grid in np.indices((40, 30)))
    arm = np.where((person + item) % 2, 0.5, -0.5)
    logit = 0.3 + 0.7 * arm + u[person] + arm * u_arm[person] + w[item] + arm * w_arm[item]
    right = (chance.uniform(1200) < expit(logit)).astype(float)
    return right, np.column_stack([np.ones(1200), arm]), person, item


@pytest.mark.parametrize(("low", "printed"), [(-0.5, PEOPLES_SLOPE), (0.0, BOTH_SLOPES)])
def test_verbagg_with_uncorrelated_slopes_is_what_glmmtmb_and_lme4_print(low: float, printed: Any) -> None:
    """Every item is of one mode: at ±½ its slope is not told from its intercept and is left out."""
    frame = pd.read_csv(shared("anchors/verbagg.csv"))
    x = np.column_stack([np.ones(len(frame)), (frame["mode"] == "do") + low])
    is_what_they_print(fit(frame["y"], x, frame["id"], frame["item"], x, without=((1, 1),) if low else ()), printed)


def test_arms_that_cross_people_and_items_have_the_slopes_that_glmmtmb_and_lme4_print() -> None:
    y, x, people, items = drawn_study()
    assert (y.sum(), y[x[:, 1] > 0].sum()) == (773, 415), "not the study that R drew"
    is_what_they_print(fit(y, x, people, items, x), CROSSED_ARMS)


def test_the_marginal_effect_and_its_error_are_those_of_glmmtmbs_fit_in_r() -> None:
    """R's integrate over glmmTMB's spreads, and the delta method with its joint covariance (r/slopes.R)."""
    y, x, people, items = drawn_study()
    found = marginal(fit(y, x, people, items, x), np.array([1, -0.5]), np.array([1, 0.5]))
    assert (found.difference, found.se) == (pytest.approx(0.09758304, abs=2e-5), pytest.approx(0.03336639, rel=1e-3))


@pytest.mark.parametrize("joint", [True, False])
def test_the_gradient_is_the_slope_of_the_deviance(joint: bool) -> None:
    y, x, people, items = rows(participants=12, items=30)
    codes = [np.unique(ids, return_inverse=True)[1] for ids in (people, items)]
    laplace = Laplace(Crossing.of(y, x, x, codes[0], codes[1]))
    at = np.array([0.3, 0.5, 0.8, 0.4, 1.2, 0.7])

    def value(v: FloatArray) -> float:
        return laplace.mode((v[2:4], v[4:]), None if joint else v[:2]).half_deviance

    by_beta, by_sd = laplace.gradient(laplace.mode((at[2:4], at[4:]), None if joint else at[:2]))
    steps = np.eye(6)[2 * joint :] * 1e-3
    slope = [(value(at + step) - value(at - step)) / 2e-3 for step in steps]
    assert np.concatenate([by_beta, *by_sd])[2 * joint :] == pytest.approx(slope, abs=1e-3)


@pytest.mark.parametrize("share", [1.0, 0.1])
def test_block_elimination_gives_the_deviance_of_the_whole_matrix(share: float) -> None:
    """-2ℓ + |b|² + log|Z'WZ + I| with Z written out, dense and sparse layouts alike."""
    y, x, people, items = rows(participants=60, items=40)
    kept = np.random.default_rng(1).random(len(y)) < share
    y, x = y[kept], x[kept]
    codes = [np.unique(np.asarray(ids)[kept], return_inverse=True)[1] for ids in (people, items)]
    crossing = Crossing.of(y, x, x, codes[0], codes[1])
    assert crossing.dense == (share == 1)
    scales = (np.array([0.8, 0.4]), np.array([1.2, 0.8]))
    mode = Laplace(crossing).mode(scales, np.array([0.2, 0.7]))
    blocks = [
        (np.eye(size)[codes][:, :, None] * (crossing.z * scale)[:, None, :]).reshape(len(y), -1)
        for size, codes, scale in zip(crossing.sizes, (crossing.outer, crossing.inner), scales, strict=True)
    ]
    z, b = np.hstack(blocks), np.concatenate([effect.ravel() for effect in mode.effects])
    chance = expit(crossing.x @ [0.2, 0.7] + z @ b)
    assert z.T @ (crossing.y - chance) == pytest.approx(b, abs=1e-6)
    likelihood = np.log(np.where(crossing.y > 0, chance, 1 - chance)).sum()
    logdet = np.linalg.slogdet((z.T * (chance * (1 - chance))) @ z + np.eye(len(b)))[1]
    assert 2 * mode.half_deviance == pytest.approx(-2 * likelihood + b @ b + logdet, abs=1e-8)


def test_relabelled_arms_flip_the_sign_and_nothing_else(slopes: Fit) -> None:
    y, x, people, items = rows()
    flipped = fit(y, x * [1, -1], people, items, x * [1, -1])
    assert flipped.beta == pytest.approx(slopes.beta * [1, -1], abs=1e-3)
    assert flipped.deviance == pytest.approx(slopes.deviance, abs=1e-4)


def test_people_and_items_swapped_swap_the_spreads(slopes: Fit) -> None:
    y, x, people, items = rows()
    swapped = fit(y, x, items, people, x)
    assert swapped.sd[::-1] == pytest.approx(slopes.sd, abs=1e-3)
    assert swapped.deviance == pytest.approx(slopes.deviance, abs=1e-4)


def test_row_order_and_names_do_not_matter(slopes: Fit) -> None:
    y, x, people, items = rows()
    order = np.random.default_rng(5).permutation(len(y))
    again = fit(y[order], x[order], "x" + people[order], items[order], x[order])
    assert again.beta == pytest.approx(slopes.beta, abs=1e-3)


def test_the_marginal_effect_is_an_average_over_a_population(slopes: Fit) -> None:
    ends = np.array([1, -0.5]), np.array([1, 0.5])
    found = marginal(slopes, *ends)
    rng = np.random.default_rng(1)
    for end, expected in zip(ends, (found.first, found.second), strict=True):
        spread = rng.normal(0, slopes.sd, (400_000, 2, 2)).sum(axis=1)
        assert expit(slopes.beta @ end + spread @ end).mean() == pytest.approx(expected, abs=2e-3)


def test_slopes_widen_the_standard_error(slopes: Fit) -> None:
    y, x, people, items = rows()
    assert slopes.se[1] > 1.2 * fit(y, x, people, items).se[1]


def test_no_heterogeneity_is_a_singular_fit_that_says_so() -> None:
    found = [fit(*rows(seed, person_sd=0, person_slope_sd=0, item_slope_sd=0)[:2],
                 *rows(seed)[2:], rows(seed, person_sd=0, person_slope_sd=0, item_slope_sd=0)[1])
             for seed in range(3)]  # fmt: skip
    assert any(each.singular for each in found)
    assert all(np.isfinite(each.se).all() for each in found)


def test_a_spread_that_all_but_vanishes_counts_as_none_and_the_fit_stands() -> None:
    """The optimum of the people's slope is .008 logits, where the likelihood is flat in it."""
    y, x, people, items = rows(321, participants=40, items=24)
    found = fit(y, x, people, items, x)
    assert found.singular
    assert found.sd[0, 1] == 0
    assert np.isfinite(found.se).all()


def test_separation_is_refused() -> None:
    y, x, people, items = rows()
    with pytest.raises(Refused, match="separated"):
        fit(np.where(x[:, 1] > 0, 1.0, y), x, people, items)
    with pytest.raises(Refused, match="every answer is the same"):
        fit(np.ones_like(y), x, people, items)


def test_the_preview_is_near_and_pulled_towards_zero(slopes: Fit) -> None:
    y, x, people, items = rows()
    quick = fit(y, x, people, items, x, preview=True)
    assert quick.preview
    assert quick.beta == pytest.approx(slopes.beta, rel=0.12)
    assert abs(quick.beta[1]) < abs(slopes.beta[1])
