"""Who arrived, was randomised, stayed and counts; whether leaving differs by arm; bounds where it does."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.exclusions import as_numbers, planned_trials
from analysis.inference import TOO_FEW, FloatArray
from analysis.load import Package
from analysis.plan import Plan, Row, Section

if TYPE_CHECKING:
    import pandas as pd

EVERYBODY = "everybody"
_MONOTONE = "assumes that the arm moves people's staying in one direction only"
_NEEDS = "needs participants.csv with randomised_at"


def consort(package: Package, plan: Plan, trials: pd.DataFrame) -> Section:
    """``people`` at each stage, in the order of CONSORT 2010: everybody up to randomisation, then by group.

    Groups are arms between subjects and sequences within. ``stage`` left is followed by reasons.

    Returns
    -------
    Section
        Counts of people.

    References
    ----------
    Schulz, Altman & Moher (2010), CONSORT 2010 statement, BMJ 340:c332.
    """
    people = _people(package)
    if people is None:
        return Section(reason=_NEEDS)
    rows = [_stage("arrived", EVERYBODY, len(people))]
    if "consented_at" in people:
        rows.append(_stage("consented", EVERYBODY, int(people["consented_at"].notna().sum())))
    drawn = people[people["randomised_at"].notna()]
    rows += _reasons(people[people["randomised_at"].isna()], EVERYBODY, "not randomised")
    rows.append(_stage("randomised", EVERYBODY, len(drawn)))
    names = _groups(plan, drawn)
    for name in sorted(names.dropna().unique()):
        rows += _group_rows(drawn[names == name], str(name), trials)
    return Section(rows)


def _people(package: Package) -> pd.DataFrame | None:
    people = package.get("participants")
    return people if people is not None and len(people) and "randomised_at" in people else None


def _groups(plan: Plan, drawn: pd.DataFrame) -> pd.Series[str]:
    import pandas as pd

    for column in ("assigned_arm",) if plan.design == "between" else ("sequence",):
        if column in drawn and drawn[column].notna().any():
            return drawn[column]
    return pd.Series("randomised people", index=drawn.index)


def _stage(stage: str, group: str, people: int, reason: str = "") -> Row:
    return {"stage": stage, "group": group, "reason": reason, "people": people}


def _reasons(people: pd.DataFrame, group: str, stage: str) -> Iterator[Row]:
    if people.empty:
        return
    why = (
        people["outcome"].fillna("not finished") if "outcome" in people else people["participant_id"].map(lambda _: "")
    )
    for reason, count in sorted(why.value_counts().items()):
        yield _stage(stage, group, int(count), str(reason).replace("_", " "))


def _group_rows(people: pd.DataFrame, group: str, trials: pd.DataFrame) -> Iterator[Row]:
    yield _stage("allocated", group, len(people))
    mine = trials[trials["participant_id"].isin(people["participant_id"])]
    yield _stage("opened a main trial", group, int(mine["participant_id"].nunique()))
    if "outcome" in people and people["outcome"].notna().any():
        done = people["outcome"] == "completed"
        yield from _reasons(people[~done], group, "left")
        yield _stage("completed", group, int(done.sum()))
    yield _stage("analysed", group, int(mine["participant_id"].nunique()))
    out = mine.groupby("participant_id")["left_out"].any()
    yield _stage("under a declared exclusion", group, int(out.sum()))


def dropout(package: Package, plan: Plan, trials: pd.DataFrame) -> Section:
    """Per group against the first (the unaided arm between subjects): who stayed, and what leaving may hide.

    ``stayed`` people ``of`` so many, ``stayed_against`` of ``of_against`` in the first group; ``stayed_difference`` of
    these shares; ``p_fisher`` (``fisher_exact``). A person stayed who completed, or without outcomes opened every
    planned main trial. Between people also ``lee_low`` to ``lee_high`` (``lee_bounds``), each person counting by their
    own mean, and ``lee_ci_low`` to ``lee_ci_high``: ends ∓ c × SE, SE by a jackknife over people, c solving
    Φ(c + width / larger SE) − Φ(−c) = ``level``.

    Returns
    -------
    Section
        Counts of people; a difference of shares; a probability; differences of accuracy in shares.

    References
    ----------
    Fisher (1935), The Design of Experiments, chapter 2; Lee (2009), Rev. Econ. Stud. 76:1071; Imbens & Manski (2004),
    Econometrica 72:1845.
    """
    people = _people(package)
    if people is None:
        return Section(reason=_NEEDS)
    drawn = people[people["randomised_at"].notna()]
    stayed, names = _stayed(package, drawn, trials), _groups(plan, drawn)
    order = sorted(names.dropna().unique(), key=lambda name: (name != plan.unaided, str(name)))
    if len(order) < 2:
        return Section(reason="needs at least two randomised groups of people")
    scores = _scores(trials, drawn)
    first = (names == order[0]).to_numpy()
    rows = []
    for name in order[1:]:
        mine = (names == name).to_numpy()
        row = _retention(stayed, mine, first) | {"group": str(name), "against": str(order[0]), "level": plan.level}
        rows.append(row | (_lee_row(plan, scores, stayed, mine, first) if plan.design == "between" else {}))
    return Section(rows)


def _stayed(package: Package, drawn: pd.DataFrame, trials: pd.DataFrame) -> FloatArray:
    if "outcome" in drawn and drawn["outcome"].notna().any():
        return as_numbers(drawn["outcome"] == "completed")
    planned = planned_trials(package)
    base = trials if planned is None else planned
    wanted = base.groupby("participant_id").size()
    opened = trials.groupby("participant_id").size().reindex(wanted.index).fillna(0)
    full = (opened >= wanted).reindex(drawn["participant_id"])
    return as_numbers(full.fillna(False))


def _scores(trials: pd.DataFrame, drawn: pd.DataFrame) -> FloatArray:
    """Each person's share of right answers over opened main trials, unanswered = wrong; nan without any."""
    means = trials.assign(scored=trials["scored"].fillna(0.0)).groupby("participant_id")["scored"].mean()
    return as_numbers(means.reindex(drawn["participant_id"]))


def fisher_exact(table: Sequence[Sequence[int]]) -> float:
    """Two-sided p of a 2 × 2 table: all tables with these margins that are no more probable than it.

    As scipy.stats has it, whose import takes longer than many a report.

    Returns
    -------
    float
        A probability.

    References
    ----------
    Fisher (1935), The Design of Experiments, chapter 2.
    """
    from scipy.special import gammaln

    (a, b), (c, d) = table
    cells = np.arange(max(0, a - d), min(a + b, a + c) + 1)
    others = np.array([cells, a + b - cells, a + c - cells, d - a + cells])
    chances = np.exp(-gammaln(others + 1).sum(axis=0) + gammaln(np.array([a, b, c, d]) + 1).sum())
    return float(min(1.0, chances[chances <= 1 + 1e-7].sum() / chances.sum()))


def _retention(stayed: FloatArray, mine: Any, first: Any) -> Row:
    kept, gone = (int(stayed[mine].sum()), int(stayed[first].sum())), (int(mine.sum()), int(first.sum()))
    table = [[kept[0], gone[0] - kept[0]], [kept[1], gone[1] - kept[1]]]
    share = (kept[0] / gone[0] if gone[0] else None, kept[1] / gone[1] if gone[1] else None)
    return {
        "stayed": kept[0], "of": gone[0], "stayed_against": kept[1], "of_against": gone[1],
        "stayed_difference": None if None in share else share[0] - share[1],  # type: ignore[operator]
        "p_fisher": fisher_exact(table),
    }  # fmt: skip


def _lee_row(plan: Plan, scores: FloatArray, stayed: FloatArray, mine: Any, first: Any) -> Row:
    observed = (stayed == 1) & ~np.isnan(scores)
    outcome, group = scores, np.where(mine, 1, np.where(first, 0, -1))
    low, high = lee_bounds(outcome, observed, group)
    if low is None or high is None:
        return {"lee_low": None, "lee_high": None, "lee_ci_low": None, "lee_ci_high": None,
                "notes": "undefined: a group in which nobody stayed"}  # fmt: skip
    ends = _imbens_manski(outcome, observed, group, low, high, plan.level)
    return {
        "lee_low": low,
        "lee_high": high,
        "lee_ci_low": ends[0],
        "lee_ci_high": ends[1],
        "notes": f"Lee bounds: people as units, {_MONOTONE}; coverage not established",
    }


def lee_bounds(outcome: FloatArray, observed: Any, group: Any) -> tuple[float | None, float | None]:
    """Bounds on mean(outcome | group 1) − mean(outcome | group 0) of those who stay either way.

    With r the shares observed, the group that kept more is trimmed by q = (r_more − r_less)/r_more.

    Returns
    -------
    Lower and upper bound in the unit of ``outcome``; ``None`` where nobody of a group stayed.

    References
    ----------
    Lee (2009), Review of Economic Studies 76:1071. Assumes that the group moves staying in one direction only.
    """
    kept = [outcome[(group == side) & observed] for side in (0, 1)]
    sizes = [int((group == side).sum()) for side in (0, 1)]
    if any(len(each) == 0 for each in kept):
        return None, None
    rates = [len(each) / size for each, size in zip(kept, sizes, strict=True)]
    more = int(rates[1] >= rates[0])
    q = (rates[more] - rates[1 - more]) / rates[more]
    low, high = trimmed_means(kept[more], q)
    other = float(kept[1 - more].mean())
    return (low - other, high - other) if more else (other - high, other - low)


def trimmed_means(values: FloatArray, q: float) -> tuple[float, float]:
    """The mean without the top share ``q``, and without the bottom share ``q``; cut values count in part.

    For 0/1 values these are max(0, (ȳ − q)/(1 − q)) and min(1, ȳ/(1 − q)).

    Returns
    -------
    Lower and upper mean, in the unit of ``values``.

    References
    ----------
    Lee (2009), Review of Economic Studies 76:1071.
    """
    ordered = np.sort(values)
    if q >= 1:
        return float(ordered[0]), float(ordered[-1])
    keep = len(ordered) * (1 - q)
    weights = np.clip(keep - np.arange(len(ordered)), 0, 1)
    return float(weights @ ordered / keep), float(weights @ ordered[::-1] / keep)


def _imbens_manski(
    outcome: FloatArray, observed: Any, group: Any, low: float, high: float, level: float
) -> tuple[float | None, float | None]:
    from scipy import optimize
    from scipy.special import ndtr

    places = np.flatnonzero(group >= 0)
    if min((group == side).sum() for side in (0, 1)) < TOO_FEW:
        return None, None
    replicates = []
    for place in places:
        kept = np.ones(len(group), dtype=bool)
        kept[place] = False
        replicates.append(lee_bounds(outcome[kept], observed[kept], group[kept]))
    if any(None in each for each in replicates):
        return None, None
    gaps = np.array(replicates, dtype=float) - np.array([low, high])
    se = np.sqrt((len(places) - 1) / len(places) * np.square(gaps).sum(axis=0))
    widest = max(float(se.max()), 1e-12)

    def surplus(c: float) -> float:
        return float(ndtr(c + (high - low) / widest) - ndtr(-c) - level)

    c = float(optimize.brentq(surplus, 0, 10)) if surplus(0) < 0 else 0.0
    return (low - c * float(se[0]), high + c * float(se[1])) if not math.isnan(widest) else (None, None)
