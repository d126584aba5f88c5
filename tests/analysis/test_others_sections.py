"""Sections of a whole package against pandas, scipy and statsmodels: trials picked by a query, then counted."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import optimize, stats
from scipy.special import expit
from statsmodels.duration.survfunc import SurvfuncRight

from analysis.dropout import lee_bounds
from analysis.inference import Clusters, FloatArray, Spec
from analysis.load import load
from analysis.results import Study
from analysis.sensitivity import Bounded, Contrast, bounds
from analysis.simulate import Truth, simulate
from tests.analysis.packages import Record, package, response
from tests.analysis.rich import baselines, rich_package, rich_people, rich_rows

ASSISTED = "arm == 'assisted'"
WRONG, RIGHT = "brief_target != gold", "brief_target == gold"
STATED = "participant_stated_answer.notna() and assistant_first_answer.notna()"
# Each statistic: its section, hits among trials, as pandas queries over assisted trials.
COUNTS = {
    "over_reliance": ("reliance", "answer == brief_target", WRONG),
    "under_reliance": ("reliance", "answer != brief_target", RIGHT),
    "accuracy_right": ("reliance", "correct == True", RIGHT),
    "accuracy_wrong": ("reliance", "correct == True", WRONG),
    "rair": ("reliance", "correct == True", f"initial_answer != gold and {RIGHT}"),
    "rsr": ("reliance", "correct == True", f"initial_answer == gold and {WRONG}"),
    "no_advice": ("reliance", "assistant_first_answer.isna()", "gold == gold"),
    "followed_wrong": (
        "reliance",
        f"answer == brief_target and {WRONG} and assistant_first_answer.notna()",
        "gold == gold",
    ),
    "agreement": ("reliance", "answer == brief_target", "gold == gold"),
    "switch_fraction": ("reliance", "answer == brief_target", "initial_answer != brief_target"),
    "over_reliance_after_other": (
        "reliance",
        "answer == brief_target",
        f"initial_answer != brief_target and {WRONG}",
    ),
    "flip_rate": (
        "sycophancy",
        "assistant_answer == participant_stated_answer",
        f"{STATED} and assistant_first_answer != participant_stated_answer",
    ),
    "matched_wrong": (
        "sycophancy",
        "assistant_first_answer == participant_stated_answer",
        f"{STATED} and participant_stated_answer != gold",
    ),
    "caving": (
        "sycophancy",
        "assistant_answer.notna() and assistant_answer != gold",
        "assistant_first_answer == gold and messages_sent >= 2",
    ),
}


@pytest.fixture(scope="module")
def rows() -> list[Record]:
    return rich_rows(people=40, items=24)


@pytest.fixture(scope="module")
def study(rows: list[Record], tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study(load(rich_package(tmp_path_factory.mktemp("others") / "a.zip", rows=rows)))


@pytest.fixture(scope="module")
def trials(rows: list[Record]) -> pd.DataFrame:
    return pd.DataFrame(rows)


@pytest.mark.parametrize("name", COUNTS)
def test_a_share_is_what_a_query_counts(name: str, study: Study, trials: pd.DataFrame) -> None:
    section, hits, among = COUNTS[name]
    picked = trials.query(ASSISTED).query(among, engine="python")
    hit = picked.eval(hits, engine="python").to_numpy(dtype=float)
    row = next(row for row in study[section] if row.get("basis", "brief") == "brief")
    assert row[name] == pytest.approx(hit.mean())
    assert row.get(f"{name}_n", len(picked)) == len(picked)


@pytest.mark.parametrize("name", COUNTS)
def test_a_shares_interval_is_that_of_the_largest_of_statsmodels_clustered_errors(
    name: str, study: Study, trials: pd.DataFrame
) -> None:
    """A binomial model of a constant, clustered by person and item, by person, by item: the floor is a maximum."""
    section, hits, among = COUNTS[name]
    picked = trials.query(ASSISTED).query(among, engine="python")
    hit = picked.eval(hits, engine="python").to_numpy(dtype=float)
    codes = np.column_stack([pd.factorize(picked[key])[0] for key in ("participant_id", "item_id")])
    model = sm.GLM(hit, np.ones((len(hit), 1)), sm.families.Binomial())
    fitted = [
        model.fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
        for groups in (codes, codes[:, 0], codes[:, 1])
    ]
    centre, error = fitted[0].params[0], float(np.nanmax([other.bse[0] for other in fitted]))
    reach = error * stats.t.ppf(0.975, min(picked["participant_id"].nunique(), picked["item_id"].nunique()) - 1)
    row = next(row for row in study[section] if row.get("basis", "brief") == "brief")
    found = row[f"{name}_low"], row[f"{name}_high"]
    assert found == pytest.approx(tuple(expit([centre - reach, centre + reach])), rel=1e-6)


def test_reliance_at_a_level_of_exposure_is_what_a_query_counts(study: Study, trials: pd.DataFrame) -> None:
    ends = {"0": (0, 0), "1–2": (1, 2), "3–5": (3, 5), "6–10": (6, 10), "11+": (11, 99)}
    seen = [row for row in study["exposure"] if row["seen"] == "assisted_trials_before"]
    assert [row["level_of"] for row in seen] == list(ends)
    for row in seen:
        low, high = ends[row["level_of"]]
        here = trials.query(f"{ASSISTED} and {low} <= assisted_trials_before <= {high}")
        wrong, right = here.query(WRONG), here.query(RIGHT)
        assert row["over_reliance"] == pytest.approx((wrong["answer"] == wrong["brief_target"]).mean())
        assert row["under_reliance"] == pytest.approx((right["answer"] != right["brief_target"]).mean())
        assert row["accuracy"] == pytest.approx((here["answer"] == here["gold"]).mean())


def test_lift_is_a_match_less_the_models_own_share_by_a_join(study: Study, trials: pd.DataFrame) -> None:
    asked = pd.DataFrame(baselines(24)).dropna(subset=["answer"])
    share = asked.groupby("item_id")["answer"].value_counts(normalize=True).rename("share").reset_index()
    wrong = trials.query(f"{ASSISTED} and {STATED} and participant_stated_answer != gold", engine="python")
    keys = {"participant_stated_answer": "answer"}
    joined = wrong.drop(columns="answer").rename(columns=keys).merge(share, on=["item_id", "answer"], how="left")
    expected = (joined["assistant_first_answer"] == joined["answer"]).mean() - joined["share"].fillna(0).mean()
    assert study["sycophancy"][0]["lift"] == pytest.approx(expected)


def test_accuracy_contrast_and_confidence_are_means_of_pandas(study: Study, trials: pd.DataFrame) -> None:
    shares = trials["correct"].eq(True).groupby(trials["arm"]).mean()
    found = {row["arm"]: row["estimate"] for row in study["accuracy"] if row["primary"]}
    assert found == {arm: pytest.approx(share) for arm, share in shares.items()}
    contrast = next(row for row in study["contrasts"] if row["primary"])
    assert contrast["estimate"] == pytest.approx(shares["assisted"] - shares["unaided"])
    told = trials[trials["confidence"].notna()]
    excess = (told["confidence"] - told["correct"].astype(float)).groupby(told["arm"]).mean()
    rows = [row for row in study["calibration"] if row["primary"] and row["who"] == "people"]
    assert {row["arm"]: row["overconfidence"] for row in rows} == {
        arm: pytest.approx(value) for arm, value in excess.items()
    }


def test_mean_times_rates_and_the_ratio_of_times_are_those_of_pandas_and_scipy(
    study: Study, trials: pd.DataFrame
) -> None:
    """The ratio of times by scipy's geometric means, rates and means by sums."""
    times = dict(iter(trials.groupby("arm")))
    for row in study["timing"]:
        frame = times[row["arm"]]
        assert row["mean_seconds"] == pytest.approx(frame["seconds"].mean())
        assert row["rate_correct"] == pytest.approx(60 * frame["correct"].eq(True).sum() / frame["seconds"].sum())
    last = next(row for row in study["timing"] if row["arm"] == "assisted")
    ratio = stats.gmean(times["assisted"]["seconds"]) / stats.gmean(times["unaided"]["seconds"])
    assert last["time_ratio"] == pytest.approx(ratio)


def test_the_medians_interval_inverts_the_curve_as_statsmodels_does(tmp_path: Path) -> None:
    """Brookmeyer & Crowley (1982) on the logit scale: everybody meets one item of their own, nothing is crossed."""
    rng = np.random.default_rng(1982)
    rows = []
    for person in range(300):
        seconds = float(np.round(rng.lognormal(4, 0.6), 2))
        late = seconds > 90
        rows.append(response(person, person, "unaided", seconds=min(seconds, 90.0), timed_out=late,
                             closed_by="deadline" if late else "participant"))  # fmt: skip
    row = Study(load(package(tmp_path / "a.zip", rows)))["timing"][0]
    curve = SurvfuncRight([r["seconds"] for r in rows], [r["closed_by"] == "participant" for r in rows])
    points = np.array(curve.surv_times)
    known = curve.quantile_ci(0.5, method="logit")
    for end, other in zip((row["low"], row["high"]), known, strict=True):
        assert abs(int(np.searchsorted(points, end)) - int(np.searchsorted(points, other))) <= 1, "t for z: one step"


def test_lees_interval_solves_the_equation_of_imbens_and_manski(tmp_path: Path) -> None:
    """Imbens & Manski (2004), Econometrica 72:1845: Φ(c + width/σ) − Φ(−c) = .95, by scipy's normal law."""
    rows = rich_rows(people=60, items=12, design="between")
    table = rich_people(rows, "between")
    found = Study(load(package(tmp_path / "a.zip", rows, tables={"participants": table}, design="between")))
    row = found["dropout"][0]
    people = pd.DataFrame(table).query("randomised_at.notna()", engine="python")
    means = pd.DataFrame(rows)["correct"].eq(True).groupby(pd.DataFrame(rows)["participant_id"]).mean()
    outcome = people["participant_id"].map(means).to_numpy(dtype=float)
    stayed = (people["outcome"] == "completed").to_numpy()
    group = (people["assigned_arm"] == "assisted").to_numpy(dtype=int)
    assert (row["lee_low"], row["lee_high"]) == pytest.approx(lee_bounds(outcome, stayed, group))
    n = len(group)
    left = [np.delete(np.arange(n), place) for place in range(n)]
    replicates = np.array([lee_bounds(outcome[kept], stayed[kept], group[kept]) for kept in left], dtype=float)
    gaps = replicates - [row["lee_low"], row["lee_high"]]
    errors = np.sqrt((n - 1) / n * np.square(gaps).sum(axis=0))
    reach = (row["lee_low"] - row["lee_ci_low"]) / errors[0], (row["lee_ci_high"] - row["lee_high"]) / errors[1]
    assert reach[0] == pytest.approx(reach[1])
    width = (row["lee_high"] - row["lee_low"]) / errors.max()
    assert stats.norm.cdf(reach[0] + width) - stats.norm.cdf(-reach[0]) == pytest.approx(0.95, abs=1e-6)
    assert stats.norm.ppf(0.95) < reach[0] < stats.norm.ppf(0.975)


def end_of_programme(sums: FloatArray, gamma: float, upper: bool) -> float:
    """Rows × the lowest or highest E[Y(1)] − E[Y(0)] that the model allows, by scipy's linear programme.

    Unknown are the means of the unobserved cells, one for each stratum and side: what the rows of the other side
    would have scored. Each lies in [0, 1] and within a factor Γ of the mean that was seen on its own side.
    """
    sides = [(sums[:, k], sums[:, k + 1], sums[:, 3 - k]) for k in (0, 2)]
    weights = np.concatenate([sign * others for sign, (_, _, others) in zip((1, -1), sides, strict=True)])
    means = np.concatenate([right / n for right, n, _ in sides])
    one = np.eye(len(means))
    limits = np.concatenate([gamma * means, -means / gamma])
    sign = -1 if upper else 1
    found = optimize.linprog(sign * weights, A_ub=np.vstack([one, -one]), b_ub=limits, bounds=(0, 1))
    assert found.success
    return float(sums[:, 0].sum() - sums[:, 2].sum() + sign * found.fun)


def test_the_sensitivity_bounds_are_the_ends_of_a_linear_programme_over_what_was_not_seen() -> None:
    """Rambachan, Coston & Kennedy (2022), arXiv:2212.09844, their model written out as constraints."""
    rng = np.random.default_rng(2212)
    for _ in range(60):
        n = rng.integers(4, 60, (int(rng.integers(1, 5)), 2))
        right = rng.binomial(n, rng.random(n.shape))
        sums = np.column_stack([right[:, 0], n[:, 0], right[:, 1], n[:, 1]]).astype(float)
        gamma = float(rng.choice([1.0, 1.1, 1.5, 3.0, 20.0]))
        expected = [end_of_programme(sums, gamma, upper) / n.sum() for upper in (False, True)]
        assert [float(end) for end in bounds(sums, gamma)] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("sign", [1, 0])
def test_at_the_tipping_point_the_programmes_interval_reaches_zero(sign: int) -> None:
    """The linear programme's end at the tipping Γ, its error by statsmodels' two-way clusters over the programme's
    slope in each cell's sums: the interval ends at 0. Without multiples the same for the added difference δ."""
    frame = simulate(Truth(participants=60, items=40, effect=1.2), seed=2)
    right = (frame["correct"] == "true").to_numpy(float)
    first = (frame["arm"] == ("assisted" if sign else "unaided")).to_numpy(float)
    strata = np.unique(frame["item_id"], return_inverse=True)[1] % 2
    groups = Clusters.of(frame["participant_id"], frame["item_id"])
    contrast = Contrast(right, first, strata, groups)
    gamma, delta = Bounded(contrast, Spec()).tipping()
    assert gamma is not None
    assert gamma > 1.01
    low, high = reach(contrast, gamma)
    assert (low if sign else high) == pytest.approx(0, abs=1e-4)
    low, high = reach(contrast, 1.0)
    assert delta == pytest.approx(min(abs(low), abs(high)), abs=1e-4)


def reach(contrast: Contrast, gamma: float) -> tuple[float, float]:
    """The lower end of the lower bound's 95 % interval and the upper end of the upper bound's."""
    y, a, sums = contrast.right, contrast.first, contrast.sums
    groups = np.column_stack([contrast.clusters.participant, contrast.clusters.item])
    columns = np.column_stack([a * y, a, (1 - a) * y, 1 - a])
    ends = []
    for upper in (False, True):
        slope: Any = np.zeros(sums.shape)
        for place in np.ndindex(*sums.shape):
            step = np.zeros(sums.shape)
            step[place] = 0.01
            either = [end_of_programme(sums + way * step, gamma, upper) for way in (1, -1)]
            slope[place] = (either[0] - either[1]) / 0.02
        told = (slope[contrast.strata] * columns).sum(axis=1)
        other = sm.OLS(told, np.ones(len(told))).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
        ends.append(float(other.conf_int()[0][int(upper)]))
    return ends[0], ends[1]
