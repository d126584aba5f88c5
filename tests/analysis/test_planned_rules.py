"""The frozen time-out rule and weights make the primary rows; the others stand beside them."""

from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis.load import load
from analysis.report import write_study
from analysis.results import Study
from tests.analysis.packages import package, response

UNITS = {"item": "item_id", "participant": "participant_id"}


def study(home: Path, **analysis: Any) -> Study:
    """People meet unequally many items in both arms, some of them more often assisted, and a tenth is not answered."""
    rng = np.random.default_rng(1952)
    rows = []
    for person in range(16):
        for item in rng.choice(12, int(rng.integers(5, 12)), replace=False):
            arm = "assisted" if rng.random() < 0.3 + 0.04 * item else "unaided"
            chance = 0.3 + 0.04 * item + (0.1 if arm == "assisted" else 0)
            answer = None if rng.random() < 0.1 else "B" if rng.random() < chance else "A"
            rows.append(response(person, int(item), arm, answer=answer))
    told = [{"run_id": "r", "comparator": "as_deployed", "assistant": "helper", "method": "first_reply", "repeat": 1,
             "order": "ABCD", "outcome": "answered", "dataset": "mmlu-own", "model": "m", "item_id": f"I{item}",
             "gold": "B", "answer": "B" if item % 2 else "C", "correct": bool(item % 2)}
            for item in range(12)]  # fmt: skip
    found = package(home / "export.zip", rows, tables={"baselines": told}, analysis=analysis)
    return Study(load(found), mixed="full")


def counted(found: Study, missing: bool) -> pd.DataFrame:
    """Trials with 1 or 0 as ``right``, without those that nobody answered where these are left out."""
    trials = found.trials.astype({"arm": str})
    trials = trials.dropna(subset="scored") if missing else trials
    return trials.assign(right=trials["scored"].fillna(0))


def mean(trials: pd.DataFrame, weights: str) -> dict[str, float]:
    if weights == "response":
        return dict(trials.groupby("arm")["right"].mean())
    units = trials.groupby(["arm", UNITS[weights]])["right"].mean()
    return dict(units.groupby("arm").mean())


def primary(found: Study, section: str) -> list[dict[str, Any]]:
    return [row for row in found[section] if row["primary"]]


@pytest.mark.parametrize("timeouts", ["wrong", "missing"])
@pytest.mark.parametrize("weights", ["response", "item", "participant"])
def test_accuracies_contrast_and_sandwich_are_the_planned_means_of_pandas(
    tmp_path: Path, weights: str, timeouts: str
) -> None:
    found = study(tmp_path, weights=weights, timeouts=timeouts)
    known = mean(counted(found, timeouts == "missing"), weights)
    shares = {row["arm"]: row["estimate"] for row in primary(found, "accuracy")}
    assert shares == {arm: pytest.approx(share) for arm, share in known.items()}
    contrast, sandwich = primary(found, "contrasts")[0], primary(found, "sandwiching")[0]
    assert contrast["estimate"] == pytest.approx(known["assisted"] - known["unaided"])
    assert (sandwich["unaided"], sandwich["assisted"]) == pytest.approx((known["unaided"], known["assisted"]))
    assisted = found.trials[found.trials["arm"] == "assisted"].astype({"arm": str})
    model = assisted.assign(right=(assisted["item_id"].str[1:].astype(int) % 2).astype(float))
    assert sandwich["model"] == pytest.approx(mean(model, weights)["assisted"])
    assert sandwich["model_trials"] == len(assisted)


@pytest.mark.parametrize("weights", ["item", "participant"])
def test_a_weighted_contrasts_error_is_that_of_statsmodels_weighted_regression(tmp_path: Path, weights: str) -> None:
    """Weighted least squares of right on arm, clustered both ways, by person, by item: the largest."""
    found = study(tmp_path, weights=weights)
    trials = counted(found, missing=False)
    weight = 1 / trials.groupby(["arm", UNITS[weights]])["right"].transform("size")
    codes = np.column_stack([pd.factorize(trials[key])[0] for key in ("participant_id", "item_id")])
    model = sm.WLS(trials["right"], sm.add_constant((trials["arm"] == "assisted").astype(float)), weight)
    errors = [
        model.fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": True}, use_t=True).bse["arm"]
        for groups in (codes, codes[:, 0], codes[:, 1])
    ]
    row, n = primary(found, "contrasts")[0], len(trials)
    error = float(np.nanmax(errors)) * ((n - 2) / (n - 1)) ** 0.5  # ours has no correction for rows
    assert row["se"] == pytest.approx(error, rel=1e-6)
    reach = error * stats.t.ppf(0.975, 11)
    assert (row["low"], row["high"]) == pytest.approx((row["estimate"] - reach, row["estimate"] + reach))


def test_the_mixed_model_leaves_out_what_was_planned_to_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "wrong").mkdir()
    found, other = study(tmp_path, timeouts="missing"), study(tmp_path / "wrong", timeouts="wrong")
    row = primary(found, "mixed_model")[0]
    assert (row["n"], row["timeouts"]) == (int(found.trials["scored"].notna().sum()), "missing")
    assert primary(other, "mixed_model")[0]["n"] == len(other.trials)


def test_the_other_rule_and_the_other_weights_stand_beside(tmp_path: Path) -> None:
    found = study(tmp_path, weights="item", timeouts="missing")
    for section in ("accuracy", "contrasts", "sandwiching"):
        rules = {(row["timeouts"], row["weights"]) for row in found[section] if not row["primary"]}
        assert {("composite", "item"), ("lowest", "item"), ("missing", "response")} <= rules
    write_study(found, tmp_path / "out")
    text = unescape((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
    for said in ("a trial without a counted answer is left out", "as the mean over items of each item's own share",
                 "each trial weighs the same", "unanswered = wrong", "count unanswered trials as not right",
                 "Each item weighs the same in accuracies"):  # fmt: skip
        assert said in text, said
    assert "a counted answer is wrong" not in text
