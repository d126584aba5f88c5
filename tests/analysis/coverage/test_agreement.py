"""Agreement of three raters on 40 items: the target is these raters' agreement on unlimited items."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from analysis.agreement import agreeing, agreement, fleiss, krippendorff
from tests.analysis.coverage.harness import ends, least, package, rows, run
from tests.analysis.coverage.people import LETTERS, Array, frame, options

pytestmark = pytest.mark.coverage
RATERS, RATED = 3, 40
ESTABLISHED = ("alpha", "fleiss_kappa", "percent_agreement", "label_agreement")


def chosen(rng: np.random.Generator, items: int) -> tuple[Array, Array]:
    """Keys, and options chosen (items × raters), items differing in how hard they are."""
    gold = rng.integers(0, 4, items)
    right = rng.random((items, RATERS)) < expit(1.0 + rng.normal(0, 1.2, items))[:, None]
    return gold, np.stack([options(rng, right[:, rater], gold) for rater in range(RATERS)], axis=1)


@cache
def truth() -> dict[str, float]:
    gold, answers = chosen(np.random.default_rng(1), 1_000_000)
    counts = np.stack([(answers == option).sum(axis=1) for option in range(4)], axis=1).astype(float)
    most = counts.max(axis=1)
    label = (counts[np.arange(len(gold)), gold] == most) / (counts == most[:, None]).sum(axis=1)
    return {
        "alpha": krippendorff(answers[:200_000].astype(float)),
        "fleiss_kappa": fleiss(counts),
        "percent_agreement": float(agreeing(counts).mean()),
        "label_agreement": float(label.mean()),
    }


def test_agreement() -> None:
    def study(seed: int) -> dict[str, tuple[float | None, float | None, float]]:
        gold, answers = chosen(np.random.default_rng(seed), RATED)
        item, rater = (grid.ravel() for grid in np.indices(answers.shape))
        ids = np.array([f"I{code:04d}" for code in range(RATED)], dtype=object)
        ratings = pd.DataFrame({"item_id": ids[item], "source": "expert", "answer": LETTERS[answers.ravel()],
                                "rater_id": [f"R{code}" for code in rater]})  # fmt: skip
        items = pd.DataFrame({"item_id": ids, "gold": LETTERS[gold]})
        some = frame(np.arange(3), np.arange(3), "unaided", correct=np.ones(3))
        row = rows(agreement, package(some, ratings=ratings, items=items))[0]
        return {name: (*ends(row, name), known) for name, known in truth().items()}

    found = run(f"agreement, {RATERS} raters, {RATED} items", study)
    assert all(found[name] >= least() for name in ESTABLISHED)
