"""A blinded run: outcomes are dealt out anew among trials, so that nothing in a report tells what an arm does.

Permuting the labels of the arms alone would leave reliance as it is, since an answer would stay with the brief that
it met. So the arm stays with all that came with it, and what people did moves: to another trial of the same person
within subjects, to another person between subjects. An answer keeps its distance from the key, so that right stays
right. Shares over all arms, sizes and missing values keep their order of magnitude; no contrast means anything.
"""

from __future__ import annotations

import string
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.inference import IntArray
from analysis.load import Package

if TYPE_CHECKING:
    import pandas as pd

OUTCOMES = ("correct", "confidence", "confidence_raw", "seconds", "timed_out", "closed_by", "answer_source",
            "clock_paused_seconds", "lateness_ms")  # fmt: skip
EMPTIED = ("probabilities", "late_answer", "late_confidence")
NOT_MOVED = "left out of a blinded run: it is the assistant's own record"
WHAT = "what people answered, and how long they took, belongs to other trials: nothing here tells what an arm does"


def permuted(package: Package, within: bool, seed: int) -> Package:
    """The package with its main trials' outcomes, and who stayed, moved about by a generator with this seed."""
    rng = np.random.default_rng(seed)
    tables = dict(package.tables)
    tables["responses"] = _responses(package.responses, within, rng)
    if "participants" in tables:
        tables["participants"] = _people(tables["participants"], rng)
    return replace(package, tables=tables)


def _responses(responses: pd.DataFrame, within: bool, rng: np.random.Generator) -> pd.DataFrame:
    import pandas as pd

    main = responses["trial_kind"].fillna("main") == "main" if "trial_kind" in responses else responses["arm"].notna()
    trials = responses[main].sort_values(["participant_id", "item_id"], kind="stable")
    source = trials.iloc[_sources(trials, within, rng)]
    moved = {name: source[name].array for name in OUTCOMES if name in trials}
    moved |= {name: None for name in EMPTIED if name in trials}
    if "answer" in trials:
        moved["answer"] = _answers(trials, source)
    return pd.concat([trials.assign(**moved), responses[~main]]).sort_index()


def _sources(trials: pd.DataFrame, within: bool, rng: np.random.Generator) -> IntArray:
    """For each row the place of the row whose outcome it gets; of the same task and number of options."""
    source = np.arange(len(trials))
    alike = [trials[name].fillna("").astype(str) for name in ("task", "n_options") if name in trials]
    for rows in trials.groupby(alike or trials["arm"].notna(), sort=True).indices.values():
        people = list(trials.iloc[rows].groupby("participant_id", sort=True).indices.values())
        own = [np.asarray(rows)[np.asarray(places)] for places in people]
        others = [own[place] for place in rng.permutation(len(own))]
        for mine, theirs in zip(own, own if within else others, strict=True):
            source[mine] = rng.permutation(np.resize(theirs, len(mine)))
    return source


def _answers(trials: pd.DataFrame, source: pd.DataFrame) -> Any:
    """The other trial's answer, as far from this trial's key as it was from its own."""
    given = source["answer"].to_numpy()
    if "gold" not in trials:
        return given
    keys = (trials["gold"].to_numpy(), source["gold"].to_numpy())
    sizes = trials["n_options"].fillna(4).to_numpy(dtype=int) if "n_options" in trials else np.full(len(trials), 4)
    return np.array([_letter(*row) for row in zip(given, *keys, sizes, strict=True)], dtype=object)


def _letter(given: Any, key: Any, their_key: Any, options: int) -> Any:
    letters = string.ascii_uppercase
    if not all(isinstance(each, str) for each in (given, key, their_key)):
        return given if isinstance(given, str) else None
    size = max(options, *(letters.index(each) + 1 for each in (given, key, their_key)))
    return letters[(letters.index(key) + letters.index(given) - letters.index(their_key)) % size]


def _people(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Outcomes of randomised people, moved among them."""
    if not {"outcome", "randomised_at"} <= set(people):
        return people
    drawn = people["randomised_at"].notna().to_numpy()
    outcome = people["outcome"].to_numpy(dtype=object, copy=True)
    outcome[drawn] = rng.permutation(outcome[drawn])
    return people.assign(outcome=outcome)
