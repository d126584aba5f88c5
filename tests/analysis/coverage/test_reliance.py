"""Reliance after an initial answer: 40 people, 24 items, half of them assisted, advice right in half of these."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, ndtri

from analysis.reliance import reliance
from tests.analysis.coverage.harness import ITEMS, PEOPLE, ends, least, package, rows, run
from tests.analysis.coverage.people import LETTERS, Array, crossed, frame, normal, options

pytestmark = pytest.mark.coverage
SHARES = ("over_reliance", "under_reliance", "rair", "rsr", "switch_fraction", "over_reliance_after_other",
          "right_start_followed_wrong", "agreement", "accuracy_gap")  # fmt: skip
ESTABLISHED = (*SHARES, "dprime", "criterion")


def behaviour(rng: np.random.Generator, u: Array, w: Array, g: Array, h: Array) -> dict[str, Array]:
    """Initial option, advice and answer (the key is 0); people differ in ability and in giving way."""
    n = len(u)
    initial = options(rng, rng.random(n) < expit(u + w), np.zeros(n, dtype=np.intp))
    advice = options(rng, rng.random(n) < 0.5, np.zeros(n, dtype=np.intp))
    gives_way = rng.random(n) < expit(-0.2 + g + h + 0.6 * (advice == 0))
    return {"initial": initial, "advice": advice, "answer": np.where(gives_way, advice, initial)}


@cache
def truth() -> dict[str, float]:
    rng, n = np.random.default_rng(1), 4_000_000
    b = behaviour(rng, *(rng.normal(0, sd, n) for sd in (0.8, 1.2, 0.8, 0.5)))
    right, start, followed = b["advice"] == 0, b["initial"] == 0, b["answer"] == b["advice"]
    correct, other = b["answer"] == 0, b["initial"] != b["advice"]
    hit, alarm = followed[right].mean(), followed[~right].mean()
    return {
        "over_reliance": alarm, "under_reliance": 1 - hit, "rair": correct[~start & right].mean(),
        "rsr": correct[start & ~right].mean(), "switch_fraction": followed[other].mean(),
        "over_reliance_after_other": followed[other & ~right].mean(),
        "right_start_followed_wrong": followed[start & ~right].mean(), "agreement": followed.mean(),
        "accuracy_gap": correct[right].mean() - correct[~right].mean(),
        "dprime": ndtri(hit) - ndtri(alarm), "criterion": -(ndtri(hit) + ndtri(alarm)) / 2,
    }  # fmt: skip


def responses(seed: int, people: int = PEOPLE, items: int = ITEMS) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    person, item = crossed(people, items)
    b = behaviour(rng, normal(rng, 0.8, person, people), normal(rng, 1.2, item, items),
                  normal(rng, 0.8, person, people), normal(rng, 0.5, item, items))  # fmt: skip
    aided = rng.permuted(np.tile(np.arange(items) % 2 == 1, (people, 1)), axis=1).ravel()
    answer = np.where(aided, b["answer"], b["initial"])

    def seen(options: Array) -> Array:
        return np.where(aided, LETTERS[options], None)

    return frame(person, item, np.where(aided, "assisted", "unaided"), gold="A", answer=LETTERS[answer],
                 correct=answer == 0, initial_answer=seen(b["initial"]), initial_correct=b["initial"] == 0,
                 brief_target=seen(b["advice"]), assistant_first_answer=seen(b["advice"]),
                 assistant_answer=seen(b["advice"]))  # fmt: skip


@pytest.mark.parametrize(("people", "items"), [(PEOPLE, ITEMS), (16, 16)])
def test_reliance(people: int, items: int) -> None:
    def study(seed: int) -> dict[str, tuple[float | None, float | None, float]]:
        row = next(row for row in rows(reliance, package(responses(seed, people, items))) if row["basis"] == "brief")
        return {name: (*ends(row, name), known) for name, known in truth().items()}

    found = run(f"reliance, {people} × {items}", study)
    if people == PEOPLE:
        assert all(found[name] >= least() for name in ESTABLISHED)
