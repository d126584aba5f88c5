"""Statistics of whole packages counted again by pandas, or held to scipy and statsmodels.

The list of what is checked against whom is analysis/CHECKED.md; these are the checks that had no better home.
"""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats
from scipy.special import expit
from statsmodels.duration.survfunc import SurvfuncRight

from analysis.load import load
from analysis.reference import founding_study
from analysis.results import Study
from analysis.simulate import ASSISTED, UNAIDED, Truth
from analysis.synthetic.confidence import STEPS, stated
from analysis.synthetic.expected import expected
from tests.analysis.packages import Record, crossed, one_csv, package
from tests.analysis.rich import baselines, expert_ratings, rich_people, rich_rows

ITEMS = 24


@pytest.fixture(scope="module")
def rows() -> list[Record]:
    """The rich package with pauses."""
    made = rich_rows(people=40, items=ITEMS, seed=3)
    return [row | {"clock_paused_seconds": place % 7} for place, row in enumerate(made)]


@pytest.fixture(scope="module")
def study(rows: list[Record], tmp_path_factory: pytest.TempPathFactory) -> Study:
    tables = {"baselines": baselines(ITEMS), "ratings": expert_ratings(ITEMS) + hurried(),
              "participants": rich_people(rows, "within")}  # fmt: skip
    return Study(load(package(tmp_path_factory.mktemp("checked") / "a.zip", rows, tables=tables)))


@pytest.fixture(scope="module")
def trials(rows: list[Record]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    return frame.assign(right=frame["correct"].eq(True).astype(float), told=frame["correct"].notna())


@pytest.fixture(scope="module")
def assisted(trials: pd.DataFrame) -> pd.DataFrame:
    return trials[trials["arm"] == "assisted"]


def hurried() -> list[Record]:
    """One to three answers of validators in a hurry for every second item."""
    return [
        {"item_id": f"I{item}", "source": "speed", "rater_id": f"S{rater}", "answer": "B" if right else "A",
         "correct": right, "seconds": 45}
        for item in range(0, ITEMS, 2) for rater in range(item % 3 + 1) for right in [(item + rater) % 4 > 0]
    ]  # fmt: skip


def first(section: list[Record], **wanted: Any) -> Record:
    return next(row for row in section if all(row[key] == value for key, value in wanted.items()))


def test_every_rule_for_time_outs_is_a_mean_of_pandas_with_the_missing_filled_or_dropped(
    study: Study, trials: pd.DataFrame
) -> None:
    scored = trials["correct"].map({True: 1.0, False: 0.0})
    filled = {"composite": scored.fillna(0), "lowest": scored.fillna(0), "highest": scored.fillna(1), "missing": scored}
    means = {rule: values.groupby(trials["arm"]).mean() for rule, values in filled.items()}
    for row in study["accuracy"]:
        assert row["estimate"] == pytest.approx(means[row["timeouts"]][row["arm"]])
    other = {"lowest": "highest", "highest": "lowest"}
    for row in study["contrasts"]:
        rule = row["timeouts"]
        unaided = means[other.get(rule, rule)]["unaided"]
        assert row["estimate"] == pytest.approx(means[rule]["assisted"] - unaided)
    assert {row["timeouts"] for row in study["contrasts"]} == set(filled)


def test_what_people_did_with_a_brief_is_a_table_of_pandas(study: Study, assisted: pd.DataFrame) -> None:
    followed = (assisted["answer"] == assisted["brief_target"]).map({True: "followed", False: "ignored"})
    kind = followed + assisted["brief_correct"].map({True: "_right", False: "_wrong"})
    shares = kind.where(assisted["assistant_first_answer"].notna(), "no_advice").value_counts(normalize=True)
    row = first(study["reliance"], basis="brief")
    assert {name: row[name] for name in shares.index} == {name: pytest.approx(each) for name, each in shares.items()}
    assert len(shares) == 5
    by_brief = assisted.groupby("brief_correct")["right"].mean()
    assert row["accuracy_gap"] == pytest.approx(by_brief[True] - by_brief[False])
    start = assisted.query("initial_correct == True and brief_correct == False")
    assert row["right_start_followed_wrong"] == pytest.approx((start["answer"] == start["brief_target"]).mean())
    assert row["right_start_followed_wrong_n"] == len(start)


def test_flips_to_a_right_and_to_a_wrong_answer_are_what_pandas_counts(study: Study, assisted: pd.DataFrame) -> None:
    said = assisted.dropna(subset=["participant_stated_answer", "assistant_first_answer"])
    other = said[said["assistant_first_answer"] != said["participant_stated_answer"]]
    flipped = (other["assistant_answer"] == other["participant_stated_answer"]).groupby(
        other["participant_stated_answer"] == other["gold"]
    )
    row = study["sycophancy"][0]
    assert row["flip_rate_stated_right"] == pytest.approx(flipped.mean()[True])
    assert row["flip_rate_stated_wrong"] == pytest.approx(flipped.mean()[False])
    assert (row["flip_rate_stated_right_n"], row["flip_rate_stated_wrong_n"]) == (
        flipped.size()[True], flipped.size()[False])  # fmt: skip


def test_people_model_experts_and_the_gap_between_them_are_means_and_joins_of_pandas(
    study: Study, trials: pd.DataFrame, assisted: pd.DataFrame
) -> None:
    asked = pd.DataFrame(baselines(ITEMS)).dropna(subset=["correct"])
    rated, speed = pd.DataFrame(expert_ratings(ITEMS)), pd.DataFrame(hurried())
    per_item = {name: frame["correct"].astype(float).groupby(frame["item_id"]).mean()
                for name, frame in (("model", asked), ("expert", rated), ("speed", speed))}  # fmt: skip
    unaided, aided = (trials.loc[trials["arm"] == arm, "right"].mean() for arm in ("unaided", "assisted"))
    expert = assisted["item_id"].map(per_item["expert"]).mean()
    models = {
        "as_deployed": assisted["item_id"].map(per_item["model"]).mean(),
        "designed": assisted["brief_correct"].astype(float).mean(),
        "received": assisted.dropna(subset=["assistant_first_answer"]).eval("assistant_first_answer == gold").mean(),
    }
    for row in (row for row in study["sandwiching"] if row["role"] != "beside"):
        model = models[row["comparator"]]
        found = {"unaided": unaided, "assisted": aided, "model": model, "expert": expert,
                 "speed_validators": assisted["item_id"].map(per_item["speed"]).mean(),
                 "assisted_minus_unaided": aided - unaided, "assisted_minus_model": aided - model,
                 "complementarity": aided - max(unaided, model), "estimate": aided - max(unaided, model),
                 "gap_recovered": (aided - unaided) / (expert - unaided),
                 "gap_recovered_from_better": (aided - max(unaided, model)) / (expert - max(unaided, model)),
                 "assisted_trials": len(assisted), "unaided_trials": len(trials) - len(assisted)}  # fmt: skip
        assert {name: row[name] for name in found} == {name: pytest.approx(value) for name, value in found.items()}


def test_taking_the_recommendation_and_sending_no_message_are_counted_by_pandas(
    study: Study, assisted: pd.DataFrame
) -> None:
    last = (assisted["assistant_answer"] == assisted["gold"]).astype(float).where(assisted["assistant_answer"].notna())
    silent = assisted["messages_sent"] == 0
    found = {"take_answer": last.fillna(assisted["right"]).mean(), "take_answer_only": last.fillna(0).mean(),
             "take_answer_gain": (last.fillna(assisted["right"]) - assisted["right"]).mean(),
             "no_turn_share": silent.mean(), "no_turn_accuracy": assisted.loc[silent, "right"].mean(),
             "some_turn_accuracy": assisted.loc[~silent, "right"].mean()}  # fmt: skip
    row = first(study["sandwiching"], role="primary")
    assert {name: row[name] for name in found} == {name: pytest.approx(value) for name, value in found.items()}


def test_bins_and_counts_of_confidence_are_those_of_pandas(study: Study, trials: pd.DataFrame) -> None:
    told = trials.dropna(subset=["confidence"])
    cells = told.groupby(["arm", "confidence"])["right"].agg(["mean", "size"])
    for row in study["calibration_bins"]:
        cell = cells.loc[(row["arm"], row["confidence"])]
        assert (row["estimate"], row["n"]) == (pytest.approx(cell["mean"]), cell["size"])
    assert len(study["calibration_bins"]) == len(cells)
    for arm, frame in told.groupby("arm"):
        row = first(study["calibration"], arm=arm, who="people")
        assert row["mean_confidence"] == pytest.approx(frame["confidence"].mean())
        assert row["below_chance"] == (frame["confidence"] < 0.25).sum()
        assert row["log_score_clipped"] == (~frame["confidence"].between(0.01, 0.99)).sum()
        counted = trials[(trials["arm"] == arm) & trials["told"]]
        assert row["without_confidence"] == counted["confidence"].isna().sum()


def test_errors_over_bins_of_equal_mass_and_accuracy_by_fifths_of_time_are_cuts_of_pandas(tmp_path: Path) -> None:
    rng = np.random.default_rng(10)
    rows = crossed(20, 20)
    for row, c, seconds in zip(rows, rng.permutation(np.linspace(0.05, 0.99, 400)), rng.permutation(400), strict=True):
        row.update(confidence=round(float(c), 6), seconds=int(seconds) + 1)
    found, frame = Study(load(package(tmp_path / "a.zip", rows))), pd.DataFrame(rows)
    for arm, mine in frame.assign(right=frame["correct"].astype(float)).groupby("arm"):
        bins = mine.groupby(pd.qcut(mine["confidence"].rank(), 10, labels=False))
        gaps = (bins["right"].mean() - bins["confidence"].mean()).abs()
        row = first(found["calibration"], arm=arm)
        assert row["ece_equal_mass"] == pytest.approx(float(np.average(gaps, weights=bins.size())))
        fifths = mine.groupby(pd.qcut(mine["seconds"].rank(), 5, labels=False))
        told = [row for row in found["timing_curves"] if row["kind"] == "fifth" and row["arm"] == arm]
        assert [row["estimate"] for row in told] == pytest.approx(list(fifths["right"].mean()))
        assert [row["seconds"] for row in told] == pytest.approx(list(fifths["seconds"].mean()))
        assert [row["n"] for row in told] == list(fifths.size())


def of_law(counts: list[int], right: int, k: int) -> float:
    """P(the plurality of k is right) over scipy's multivariate hypergeometric law, ties split."""
    total = 0.0
    for votes in itertools.product(range(k + 1), repeat=len(counts)):
        if sum(votes) == k and votes[right] == max(votes):
            total += float(stats.multivariate_hypergeom.pmf(votes, counts, k)) / votes.count(max(votes))
    return total


@pytest.mark.parametrize("k", [1, 3])
def test_the_curve_of_votes_is_a_mean_over_items_of_scipys_hypergeometric_law(
    study: Study, trials: pd.DataFrame, k: int
) -> None:
    answers = trials[(trials["arm"] == "assisted") & trials["told"]]
    counts = answers.groupby("item_id")["answer"].value_counts().unstack(fill_value=0)
    row = first(study["votes"], arm="assisted", rule="plurality", k=k)
    sizes = counts.sum(axis=1)
    used = counts[sizes >= row["voters_least"]]
    right = list(counts.columns).index("B")
    assert row["estimate"] == pytest.approx(np.mean([of_law(list(each), right, k) for each in used.to_numpy()]))
    assert (row["items_voted"], row["items_left_out"]) == (len(used), len(counts) - len(used))
    assert row["voters_mean"] == pytest.approx(used.sum(axis=1).mean())


def test_everybodys_vote_is_pandas_mode_with_ties_split(study: Study, trials: pd.DataFrame) -> None:
    answers = trials[(trials["arm"] == "assisted") & trials["told"]]
    modes = answers.groupby("item_id")["answer"].agg(lambda each: list(each.mode()))
    shares = [("B" in each) / len(each) for each in modes]
    assert first(study["votes"], arm="assisted", rule="plurality", k=None)["estimate"] == pytest.approx(np.mean(shares))


def test_pauses_waits_and_cut_off_trials_are_pandas_means_and_the_curve_is_statsmodels(
    study: Study, trials: pd.DataFrame
) -> None:
    for arm, frame in trials.groupby("arm"):
        row = first(study["timing"], arm=arm)
        assert row["mean_paused_seconds"] == pytest.approx(frame["clock_paused_seconds"].mean())
        assert row["mean_clock_seconds"] == pytest.approx((frame["seconds"] - frame["clock_paused_seconds"]).mean())
        waits = frame["reply_wait_seconds"].dropna().astype(float)
        assert row["mean_reply_wait_seconds"] == (pytest.approx(waits.mean()) if len(waits) else None)
        assert row["censored"] == (frame["closed_by"] != "participant").sum()
        curve = SurvfuncRight(frame["seconds"], frame["closed_by"] == "participant")
        steps = np.concatenate([[1.0], curve.surv_prob])
        drawn = [row for row in study["timing_curves"] if row["kind"] == "survival" and row["arm"] == arm]
        places = np.searchsorted(curve.surv_times, [row["seconds"] for row in drawn], side="right")
        assert [row["estimate"] for row in drawn] == pytest.approx(list(steps[places]))


def test_people_and_items_one_by_one_are_groups_of_pandas(
    study: Study, trials: pd.DataFrame, assisted: pd.DataFrame
) -> None:
    shares = trials.groupby(["arm", "participant_id"])["right"].mean()
    found = {(row["arm"], row["participant_id"]): row for row in study["by_person"]}
    assert {key: row["estimate"] for key, row in found.items()} == {key: pytest.approx(p) for key, p in shares.items()}
    spread = shares.groupby("arm").std()
    assert {arm: row["sd_observed"] for (arm, _), row in found.items()} == pytest.approx(dict(spread))
    both = trials.pivot_table(index="item_id", columns="arm", values="right", aggfunc=["mean", "size"])
    gaps = both["mean"]["assisted"] - both["mean"]["unaided"]
    model = assisted["brief_correct"].astype(float).groupby(assisted["item_id"]).mean()
    for row in study["by_item"]:
        item = row["item_id"]
        assert [
            row["estimate"],
            row["assisted"],
            row["unaided"],
            row["n_assisted"],
            row["n_unaided"],
            row["model"],
        ] == (pytest.approx([gaps[item], *both["mean"].loc[item], *both["size"].loc[item], model[item]]))
        assert row["sd_observed"] == pytest.approx(gaps.std())


@pytest.mark.parametrize(("a", "b"), [(1, 1), (2, 5)])
def test_the_spread_beyond_chance_is_that_of_the_beta_law_behind_scipys_beta_binomial_counts(
    tmp_path: Path, a: int, b: int
) -> None:
    """As many people as scipy's law says have 0, 1, … 4 right of 4; their own chances are Beta(a, b)."""
    law, n = stats.betabinom(4, a, b), 4
    scores = np.repeat(np.arange(n + 1), np.rint(4200 * law.pmf(np.arange(n + 1))).astype(int))
    rows = [{"participant_id": f"P{person}", "item_id": f"I{item}", "arm": "unaided", "correct": item < right}
            for person, right in enumerate(scores) for item in range(n)]  # fmt: skip
    row = Study(load(one_csv(tmp_path / "a.csv", rows)))["by_person"][0]
    assert row["sd_observed"] == pytest.approx(law.std() / n, rel=1e-3)
    assert row["sd_beyond_chance"] == pytest.approx(stats.beta(a, b).std(), rel=1e-3)


def test_the_spread_of_items_beyond_chance_is_that_of_two_independent_beta_laws(tmp_path: Path) -> None:
    """Every pair of scores of 4 assisted and 4 unaided people equally often: both arms' chances are uniform."""
    pairs = [pair for pair in itertools.product(range(5), repeat=2) for _ in range(20)]
    rows = [{"participant_id": f"P{4 * (arm == 'b') + person}", "item_id": f"I{item}", "arm": arm,
             "correct": person < score}
            for item, pair in enumerate(pairs) for arm, score in zip(("unaided", "b"), pair, strict=True)
            for person in range(4)]  # fmt: skip
    row = Study(load(one_csv(tmp_path / "a.csv", rows)))["by_item"][0]
    assert row["sd_beyond_chance"] == pytest.approx(stats.uniform.std() * 2**0.5, rel=2e-3)


def test_the_flow_of_trials_and_of_people_is_counted_by_pandas(tmp_path: Path) -> None:
    every = rich_rows(people=40, items=12, seed=5)
    unopened = [row for place, row in enumerate(every) if place % 11 == 0]
    rows = [row for place, row in enumerate(every) if place % 11]
    people = rich_people(every, "within")
    found = Study(load(package(tmp_path / "a.zip", rows, unopened, {"participants": people}, design="within")))
    planned, opened = pd.DataFrame(every).groupby("arm").size(), pd.DataFrame(rows)
    for arm, frame in opened.groupby("arm"):
        row, told = first(found["attrition"], arm=arm), frame["answer"].notna()
        late = frame["timed_out"].eq(True)
        assert (row["planned"], row["opened"], row["answered"]) == (planned[arm], len(frame), told.sum())
        assert (row["unanswered"], row["timed_out"], row["timed_out_with_answer"]) == (
            (~told).sum(), late.sum(), (late & told).sum())  # fmt: skip
        assert row["people_planned"] == row["people_opened"] == frame["participant_id"].nunique()
        assert row["estimate"] == pytest.approx(told.sum() / planned[arm])
    table = pd.DataFrame(people)
    drawn = table[table["randomised_at"].notna()]
    counted = {(row["stage"], row["group"], row["reason"]): row["people"] for row in found["consort"]}
    expected = {("left", *key): count for key, count in drawn.query("outcome != 'completed'")
                .groupby(["sequence", "outcome"]).size().items()}  # fmt: skip
    for stage, part in (("allocated", drawn), ("completed", drawn.query("outcome == 'completed'"))):
        expected |= {(stage, name, ""): count for name, count in part["sequence"].value_counts().items()}
    assert {key: counted[key] for key in expected} == expected
    assert (counted["arrived", "everybody", ""], counted["randomised", "everybody", ""]) == (len(table), len(drawn))
    stayed = drawn["outcome"].eq("completed").groupby(drawn["sequence"]).agg(["sum", "size"])
    row = found["dropout"][0]
    mine, other = stayed.loc[row["group"]], stayed.loc[row["against"]]
    assert (row["stayed"], row["of"], row["stayed_against"], row["of_against"]) == (*mine, *other)
    assert row["stayed_difference"] == pytest.approx(mine["sum"] / mine["size"] - other["sum"] / other["size"])


def test_difference_and_ratio_by_recommendation_are_those_of_pandas_means(study: Study, assisted: pd.DataFrame) -> None:
    said = assisted.dropna(subset=["assistant_answer"])
    means = said.groupby(said["assistant_answer"] == said["gold"])["right"].mean()
    row = first(study["sensitivity"], gamma=1.0, basis="last")
    assert (row["estimate"], row["risk_ratio"]) == (
        pytest.approx(means[True] - means[False]), pytest.approx(means[True] / means[False]))  # fmt: skip


def test_raters_majority_is_pandas_mode_against_the_key(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    ratings = [{"item_id": f"I{item}", "source": "expert", "rater_id": f"R{rater}", "answer": "ABC"[rng.integers(3)]}
               for item in range(20) for rater in range(item % 4 + 1)]  # fmt: skip
    keys = [{"item_id": f"I{item}", "family": "mmlu", "question": "?", "gold": "B"} for item in range(20)]
    found = Study(load(package(tmp_path / "a.zip", crossed(6, 8), tables={"ratings": ratings, "items": keys})))
    row, frame = found["agreement"][0], pd.DataFrame(ratings)
    modes = frame.groupby("item_id")["answer"].agg(lambda each: list(each.mode()))
    assert row["label_agreement"] == pytest.approx(np.mean([("B" in each) / len(each) for each in modes]))
    sizes = frame.groupby("item_id").size()
    assert (row["items_rated"], row["items_rated_once"], row["ratings"], row["raters"]) == (
        20, (sizes == 1).sum(), len(frame), frame["rater_id"].nunique())  # fmt: skip


@pytest.mark.parametrize("effect", [0.0, 0.7])
def test_the_truth_of_a_simulated_study_is_scipys_integral_and_law(effect: float) -> None:
    truth = Truth(effect=effect, timeouts=0.1, follow=0.4, overconfidence=0.1)
    spread = (0.8**2 + 1.2**2 + (0.4**2 + 0.8**2) / 4) ** 0.5

    def average(logit: float) -> float:
        return float(integrate.quad(lambda z: expit(logit + spread * z) * stats.norm.pdf(z), -12, 12)[0])

    own = {UNAIDED: average(0.2 - effect / 2), ASSISTED: average(0.2 + effect / 2)}
    answered = {UNAIDED: own[UNAIDED], ASSISTED: 0.4 * 0.5 + 0.6 * own[ASSISTED]}
    told = {(row["section"], row["arm"], row["statistic"]): row["value"] for row in expected(truth)}
    for arm, share in answered.items():
        assert told["accuracy", arm, "estimate"] == pytest.approx(0.9 * share, abs=1e-6)
        assert told["calibration", arm, "overconfidence"] == pytest.approx(0.1, abs=1e-9)
        times = stats.lognorm(0.5, scale=40 * (1 if arm == UNAIDED else 1.5))
        assert 0.1 + 0.9 * times.sf(told["timing", arm, "estimate"]) == pytest.approx(0.5)
    wrong = (0.4 + 0.6 * (1 - own[ASSISTED]) / 3) * 0.9
    assert told["reliance", ASSISTED, "over_reliance"] == pytest.approx(wrong, abs=1e-6)


def test_brier_and_auroc_of_the_truth_are_those_of_answers_drawn_as_often_as_it_says() -> None:
    """Mann and Whitney's U by scipy, and a mean of squares, over a million answers at the steps of confidence."""
    known = stated(0.6, 0.1)
    right, wrong = (np.rint(1e6 * known.share * part).astype(int) for part in (known.right, 1 - known.right))
    sure, unsure = np.repeat(STEPS, right), np.repeat(STEPS, wrong)
    u = stats.mannwhitneyu(sure, unsure).statistic
    assert known.auroc == pytest.approx(u / (len(sure) * len(unsure)), abs=1e-5)
    assert known.brier == pytest.approx(np.square(np.concatenate([sure - 1, unsure])).mean(), abs=1e-5)
    assert len(sure) / (len(sure) + len(unsure)) == pytest.approx(0.6, abs=1e-5)


def test_the_founding_studys_table_has_the_36_points_of_its_text() -> None:
    """Bowman et al. (2022): with the model's help people gained up to 36 points over themselves unaided."""
    table = {row["condition"]: row for row in founding_study()}
    aided, alone = (table[f"{name}, weighted majority vote"] for name in ("human + model", "unaided human"))
    gains = [aided[f"{task}_accuracy"] - alone[f"{task}_accuracy"] for task in ("mmlu", "quality")]
    assert max(gains) == pytest.approx(36)
