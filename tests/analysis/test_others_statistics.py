"""Estimators against scipy, statsmodels and printed numbers, on data of our own: statistics of the engine.

Which estimator is held to what stands in analysis/CHECKED.md; this file holds those that have no better home.
"""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import integrate, optimize, stats
from scipy.special import expit
from statsmodels.stats.inter_rater import fleiss_kappa
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from analysis import ballots, power, scores
from analysis.agreement import agreeing, fleiss
from analysis.derived import intersection_union, not_worse
from analysis.inference import Clusters, Estimate, FloatArray, IntArray, Spec, jackknife, proportion, ratio
from analysis.mixed import Fit, fit, marginal
from analysis.multiplicity import p_value
from analysis.simulate import ASSISTED, Truth, simulate
from analysis.spread import newcombe, wilson
from analysis.uptake import detection
from tests.analysis.test_calibration import calibrated


def alone(rows: int) -> Clusters:
    """Every row its own person and its own item."""
    return Clusters.of(range(rows), range(rows))


def mean(x: FloatArray) -> Estimate:
    return ratio(x, np.ones(len(x)), alone(len(x)))


def test_a_mean_of_single_rows_is_students_t_test() -> None:
    x = np.random.default_rng(1908).normal(0.4, 1, 25)
    student, found = stats.ttest_1samp(x, 0), mean(x)
    assert p_value(found) == pytest.approx(student.pvalue, rel=1e-9)
    assert (found.low, found.high) == pytest.approx(tuple(student.confidence_interval()), rel=1e-9)


@pytest.mark.parametrize("direction", ["greater", "less"])
def test_a_directed_p_is_students_one_sided_test(direction: str) -> None:
    for seed in range(5):
        x = np.random.default_rng(seed).normal(0.2, 1, 20)
        other = stats.ttest_1samp(x, 0, alternative=direction).pvalue
        assert p_value(mean(x), direction) == pytest.approx(other, rel=1e-9)


def test_a_shares_interval_is_that_of_statsmodels_logit_with_two_way_clusters() -> None:
    frame = simulate(Truth(participants=30, items=20), seed=4)
    right = (frame["correct"] == "true").to_numpy(float)
    clusters = Clusters.of(frame["participant_id"], frame["item_id"])
    groups = np.column_stack([clusters.participant, clusters.item])
    model = sm.GLM(right, np.ones((len(right), 1)), sm.families.Binomial())
    other = model.fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    found = proportion(right, np.ones(len(right)), clusters)
    assert "floored" not in found.notes
    reach = stats.t.ppf(0.975, 19) * other.bse[0]
    assert (found.low, found.high) == pytest.approx(tuple(expit(other.params[0] + np.array([-reach, reach]))), rel=1e-6)


def test_the_floor_is_the_larger_of_statsmodels_one_way_errors_whichever_it_is() -> None:
    """Of 40 studies with little between people and items, some take each of the three errors."""
    taken = [0, 0, 0]
    for seed in range(40):
        rng = np.random.default_rng(seed)
        codes = np.indices((12, 14)).reshape(2, 168).T[rng.random(168) < 0.7]
        logit = rng.normal(0, 0.5, 12)[codes[:, 0]] + rng.normal(0, 0.5, 14)[codes[:, 1]]
        right = (rng.random(len(codes)) < expit(logit)).astype(float)
        model = sm.GLM(right, np.ones((len(right), 1)), sm.families.Binomial())
        errors = [
            float(model.fit(cov_type="cluster", cov_kwds={"groups": groups}).bse[0])
            for groups in (codes, codes[:, 0], codes[:, 1])
        ]
        largest = int(np.nanargmax(errors))
        taken[largest] += 1
        found = proportion(right, np.ones(len(right)), Clusters.of(*codes.T))
        share = right.mean()
        assert found.se == pytest.approx(errors[largest] * share * (1 - share), rel=1e-6)
        assert ("floored" in found.notes) == (largest > 0)
    assert min(taken) > 0


def test_the_jackknife_of_a_slope_is_the_hc3_of_statsmodels() -> None:
    """HC3 is the sum of squared delete-one changes (MacKinnon & White 1985, J. Econometrics 29:305), of which the
    jackknife takes (n − 1)/n."""
    rng = np.random.default_rng(3)
    x = rng.normal(0, 1, 40)
    y = 2 * x + rng.normal(0, 1 + x**2, 40)
    found = jackknife(lambda kept: float(np.polyfit(x[kept], y[kept], 1)[0]), alone(40))
    other = sm.OLS(y, sm.add_constant(x)).fit(cov_type="HC3")
    assert found.estimate == pytest.approx(other.params[1])
    assert found.se == pytest.approx(other.bse[1] * (39 / 40) ** 0.5, rel=1e-9)


def share_by_quadrature(fitted: Fit, row: FloatArray) -> float:
    """E[expit(xβ + sZ)] by scipy's adaptive quadrature."""
    spread = float(np.sqrt(((fitted.sd * row) ** 2).sum()))
    eta = float(row @ fitted.beta)
    return float(integrate.quad(lambda z: expit(eta + spread * z) * stats.norm.pdf(z), -12, 12, epsabs=1e-12)[0])


def test_the_marginal_effect_and_its_error_are_those_of_scipys_quadrature_and_slopes() -> None:
    frame = simulate(Truth(participants=20, items=16), seed=3)
    side = (frame["arm"] == ASSISTED).to_numpy(float) - 0.5
    x = np.column_stack([np.ones(len(side)), side])
    fitted = fit((frame["correct"] == "true").to_numpy(float), x, frame["participant_id"], frame["item_id"], x)
    ends = np.array([1, -0.5]), np.array([1, 0.5])

    def effect(at: FloatArray) -> float:
        sd = fitted.sd.copy()
        for value, place in zip(at[2:], fitted.free, strict=True):
            sd[place] = value
        moved = replace(fitted, beta=at[:2], sd=sd)
        return share_by_quadrature(moved, ends[1]) - share_by_quadrature(moved, ends[0])

    at = np.concatenate([fitted.beta, [fitted.sd[place] for place in fitted.free]])
    slope = optimize.approx_fprime(at, effect, 1e-5)[: len(fitted.covariance)]
    found = marginal(fitted, *ends)
    assert found.difference == pytest.approx(effect(at), abs=1e-7)
    assert found.se == pytest.approx(float(slope @ fitted.covariance @ slope) ** 0.5, rel=1e-3)


def test_wilsons_and_newcombes_intervals_are_those_of_statsmodels() -> None:
    rng = np.random.default_rng(1927)
    for _ in range(100):
        n, m = rng.integers(2, 60, 2)
        hits, others = int(rng.integers(0, n + 1)), int(rng.integers(0, m + 1))
        known = proportion_confint(hits, n, method="wilson")
        share, size = np.array([hits / n]), np.array([float(n)])
        found, told = wilson(share, size, 0.95), power.wilson(hits, int(n))
        assert (found[0][0], found[1][0]) == pytest.approx(known, abs=1e-9)
        assert (told.low, told.high) == pytest.approx(known, abs=1e-9)
        pair = confint_proportions_2indep(hits, n, others, m, method="newcomb", compare="diff")
        low, high = newcombe(share, np.array([others / m]), size, np.array([float(m)]), 0.95)
        assert (low[0], high[0]) == pytest.approx(pair, abs=1e-9)


def test_the_parts_of_the_brier_score_are_the_sums_of_squares_of_an_analysis_of_variance() -> None:
    """Of y and c by bin: resolution is what statsmodels explains of y, the within-bin terms what it leaves of c."""
    rng = np.random.default_rng(1973)
    c = rng.random(300)
    y = (rng.random(300) < c).astype(float)
    bins = scores.equal_width(c)
    sums = scores.bin_sums(bins, c, y)
    frame = pd.DataFrame({"c": c, "y": y, "bin": bins.code.astype(str)})
    right, stated, gap = (smf.ols(f"{name} ~ bin", frame.assign(gap=c - y)).fit() for name in ("y", "c", "gap"))
    assert scores.resolution(sums) == pytest.approx(right.ess / 300)
    assert scores.uncertainty(sums) == pytest.approx(right.centered_tss / 300)
    assert scores.within_variance(sums) == pytest.approx(stated.ssr / 300)
    assert scores.within_covariance(sums) == pytest.approx(float(right.resid @ stated.resid) / 300)
    assert scores.reliability(sums) == pytest.approx(float(np.square(gap.fittedvalues).mean()))


def test_the_log_score_is_that_of_scikit_learns_manual() -> None:
    """log_loss(["spam", "ham", "ham", "spam"], [[.1, .9], [.9, .1], [.8, .2], [.35, .65]]) prints 0.21616."""
    losses, clipped = scores.log_losses(np.array([0.9, 0.1, 0.2, 0.65]), np.array([1.0, 0, 0, 1]))
    assert (losses.mean(), clipped) == (pytest.approx(0.21616, abs=5e-6), 0)


def test_the_error_of_a_calibrated_rater_is_de_moivres_mean_deviation() -> None:
    """E|K − np| of binomial counts by scipy, one bin for each confidence."""
    values, counts = np.array([0.25, 0.6, 0.9]), np.array([40, 25, 60])
    c = np.repeat(values, counts)
    exact = sum(
        stats.binom.expect(lambda k, m=n * p: np.abs(k - m), args=(n, p))  # type: ignore[misc]
        for n, p in zip(counts, values, strict=True)
    )
    assert scores.null_error(scores.by_value(c, values), c) == pytest.approx(exact / counts.sum(), rel=0.06)


@pytest.mark.parametrize("p", [0.2, 0.6, 0.95])
def test_the_debiased_square_is_unbiased_over_every_binomial_outcome(p: float) -> None:
    """Σ over k of scipy's binomial probability times the estimate is (p − c)², whatever p (Kumar et al. 2019)."""
    n, c = 12, 0.7
    made = [scores.independent_square(np.array([[n], [n * c], [k], [n * c * c], [k * c]])) for k in range(n + 1)]
    assert stats.binom.pmf(np.arange(n + 1), n, p) @ np.array(made) == pytest.approx((p - c) ** 2, abs=1e-12)


def test_the_crossed_null_and_square_take_the_two_way_variance_of_statsmodels() -> None:
    """In each bin v is the squared error of a mean by statsmodels; √(2v/π) is the mean of scipy's half-normal."""
    rng = np.random.default_rng(6)
    person, item = (grid.ravel() for grid in np.indices((20, 15)))
    c = np.where(person % 2, 0.4, 0.8)
    y = (rng.random(300) < expit(rng.normal(0, 1.5, 20)[person] + rng.normal(0, 1.5, 15)[item])).astype(float)
    null, square = 0.0, 0.0
    for value in (0.4, 0.8):
        mine = c == value
        groups = np.column_stack([person[mine], item[mine]])
        other = sm.OLS(y[mine] - value, np.ones(150)).fit(cov_type="cluster", cov_kwds={"groups": groups})
        null += 0.5 * float(stats.halfnorm(scale=other.bse[0]).mean())
        square += 0.5 * float(other.params[0] ** 2 - other.bse[0] ** 2)
    bins = scores.by_value(c, np.array([0.4, 0.8]))
    found = scores.crossed_null_and_square(bins, c, y, Clusters.of(person, item))
    assert found == pytest.approx((null, square), rel=1e-9)


def test_auroc_is_the_u_of_mann_and_whitney_over_all_pairs_and_within_people() -> None:
    c, y, clusters = calibrated(9, 12, 20)

    def u(kept: FloatArray) -> tuple[float, float]:
        right, wrong = c[(kept > 0) & (y == 1)], c[(kept > 0) & (y == 0)]
        return float(stats.mannwhitneyu(right, wrong).statistic), float(len(right) * len(wrong))

    everybody = np.zeros(len(c), dtype=np.intp)
    for scope in (everybody, clusters.participant):
        parts = [u((scope == code).astype(float)) for code in np.unique(scope)]
        expected = sum(part[0] for part in parts) / sum(part[1] for part in parts)
        assert scores.concordance(scope, c, y)[0] == pytest.approx(expected)


@pytest.mark.parametrize("k", [1, 2, 3, 6, 9])
def test_plurality_of_two_options_is_scipys_hypergeometric_tail(k: int) -> None:
    law = stats.hypergeom(20, 11, k)
    expected = law.sf(k // 2) + (law.pmf(k // 2) / 2 if k % 2 == 0 else 0)
    assert ballots.plurality((11, 9), 0, k) == pytest.approx(expected)


def test_the_product_rule_is_the_best_that_independent_voters_can_do_and_a_majority_is_poissons_binomial() -> None:
    """Nitzan & Paroush (1982), Int. Econ. Rev. 23:289: no rule is right more often than the likelier of the two
    sides, ½ Σ max(P(pattern | one), P(pattern | other)); a plain majority by scipy's sum of unequal coins."""
    jury = np.array([0.9, 0.9, 0.6, 0.6, 0.6])
    weighted = plain = best = 0.0
    for pattern in itertools.product((0, 1), repeat=5):
        answers: IntArray = np.array(pattern, dtype=np.intp)
        chance, other = (float(np.prod(np.where(answers == side, jury, 1 - jury))) for side in (0, 1))
        weighted += chance * ballots.weighted(ballots.product_votes(answers, jury, 2), 0, 5)[0]
        plain += chance * ballots.plurality(tuple(np.bincount(answers, minlength=2)), 0, 5)
        best += max(chance, other) / 2
    assert weighted == pytest.approx(best)
    assert plain == pytest.approx(float(stats.poisson_binom.sf(2, jury)))
    assert weighted > plain + 0.04


def test_the_smaller_of_two_differences_is_above_0_where_both_t_tests_of_scipy_say_so() -> None:
    """Berger (1982): both one-sided tests at the level reject; likewise a margin by a test against it."""
    rng = np.random.default_rng(1982)
    decided, spared = [], []
    for _ in range(60):
        one, two = rng.normal(rng.uniform(0, 1, (2, 1)), 1, (2, 20))
        both = intersection_union(mean(one), mean(two))
        tests = [stats.ttest_1samp(x, 0, alternative="greater").pvalue for x in (one, two)]
        assert ((both.low or 0) > 0) == (max(tests) < 0.025)
        decided.append((both.low or 0) > 0)
        against = stats.ttest_1samp(one, -0.1, alternative="greater").pvalue
        assert not_worse(mean(one), 0.1) == (against < 0.025)
        spared.append(against < 0.025)
    assert 5 < sum(decided) < 55
    assert 5 < sum(spared) < 55


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:Perfect separation")
def test_detection_with_the_log_linear_correction_is_a_probit_regression_of_statsmodels() -> None:
    """DeCarlo (1998), Psychol. Methods 3:186: d′ is the slope of P(yes) on signal. Half a trial is added to each of
    the four counts (Hautus 1995)."""
    hits, signals, alarms, noises = 17, 20, 6, 25
    right = np.repeat([1.0, 0.0], [signals, noises])
    followed = np.repeat([1.0, 0, 1, 0], [hits, signals - hits, alarms, noises - alarms])
    found = detection({"right": right, "wrong": 1 - right, "followed": followed}, alone(45), Spec())
    counts = np.array([[hits + 0.5, signals - hits + 0.5], [alarms + 0.5, noises - alarms + 0.5]])
    probit = sm.families.Binomial(link=sm.families.links.Probit())
    other = sm.GLM(counts, np.array([[1.0, 0.5], [1.0, -0.5]]), probit).fit()
    assert found["dprime"].estimate == pytest.approx(other.params[1], rel=1e-6)
    assert found["criterion"].estimate == pytest.approx(-other.params[0], rel=1e-6)


def test_kappa_is_that_of_statsmodels_and_the_agreeing_pairs_are_those_of_its_own_formula() -> None:
    rng = np.random.default_rng(1971)
    for _ in range(20):
        table = rng.multinomial(6, rng.dirichlet(np.ones(4)), 15).astype(float)
        assert fleiss(table) == pytest.approx(fleiss_kappa(table, method="fleiss"))
        by_chance = float(np.square(table.sum(axis=0) / table.sum()).sum())
        agreed = fleiss_kappa(table, method="fleiss") * (1 - by_chance) + by_chance
        assert agreeing(table).mean() == pytest.approx(agreed)
