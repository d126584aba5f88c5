"""How much people and items differ: everybody's share of right answers, and every item's own effect.

One person's or one item's numbers describe; with few answers each they differ by chance alone. So the standard
deviation beyond chance stands beside them: that of the shares, less the binomial variance expected of so many
answers (method of moments; 0 where chance explains all of it).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.comparators import comparators
from analysis.exclusions import outcome
from analysis.inference import FloatArray
from analysis.load import Package
from analysis.plan import Plan, Row, Section

if TYPE_CHECKING:
    import pandas as pd

_LABELS = {"se": None, "df": None, "population": "fixed", "timeouts": "composite", "exclusions": "none"}
_DESCRIBES = "describes one {}; differs from others by chance too"


def by_person(package: Package, plan: Plan, trials: pd.DataFrame) -> Section:
    """A row per task, arm and person: ``estimate`` = right answers / opened main trials, with Wilson's interval.

    ``sd_observed`` is the standard deviation over all persons of the arm with two answers or more, ``sd_beyond_chance``
    = √(sd_observed² − mean of p(1 − p)/(n − 1)), 0 where chance explains all of it.

    Returns
    -------
    Section
        Shares, 0-1, and standard deviations of shares.

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22:209; Hedges & Olkin (1985), Statistical Methods for Meta-Analysis
    (moments).
    """
    rows: list[Row] = []
    for task, arm, frame in _cuts(plan, trials, plan.arms):
        people = _sums(frame, "participant_id")
        share, n = people["right"] / people["n"], people["n"]
        low, high = wilson(share, n, plan.level)
        spread = _spread(share, share * (1 - share) / np.maximum(n - 1, 1), n > 1)
        rows += [
            {"task": task, "arm": arm, "participant_id": str(name), "primary": False, "estimate": each, "low": ends[0],
             "high": ends[1], "level": plan.level, "method": "Wilson", "n": int(count), "participants": 1,
             "items": int(count), **_LABELS, **spread, "notes": _DESCRIBES.format("person")}
            for name, each, count, *ends in zip(people["name"], share, n, low, high, strict=True)
        ]  # fmt: skip
    return Section(rows, "" if rows else "no main trial has been opened")


def by_item(package: Package, plan: Plan, trials: pd.DataFrame) -> Section:
    """A row per task, assisted arm and item met in both arms: ``estimate`` = ``assisted`` minus ``unaided``, its shares
    of right answers among ``n_assisted`` and ``n_unaided`` trials, with Newcombe's interval.

    ``model`` is the share of the default comparator on the item. ``sd_observed`` and ``sd_beyond_chance`` are as in
    ``by_person``, of the differences, chance being the sum of both arms'.

    Returns
    -------
    Section
        Shares, 0-1, their differences, and standard deviations of differences.

    References
    ----------
    Newcombe (1998), Stat. Med. 17:873; Hedges & Olkin (1985), Statistical Methods for Meta-Analysis (moments).
    """
    if not plan.unaided:
        return Section(reason="no arm without an assistant to compare with")
    rows = [
        row
        for task, arm, frame in _cuts(plan, trials, plan.assisted)
        for row in _of_arm(package, plan, frame, trials[trials["task"] == task], task, arm)
    ]
    return Section(rows, "" if rows else "no item was met both with and without an assistant")


def _of_arm(package: Package, plan: Plan, frame: pd.DataFrame, trials: pd.DataFrame, task: str, arm: str) -> list[Row]:
    aided, alone = _sums(frame, "item_id"), _sums(trials[trials["arm"] == plan.unaided], "item_id")
    names, mine, theirs = np.intersect1d(aided["name"], alone["name"], return_indices=True)
    if not len(names):
        return []
    first, second = (aided["right"] / aided["n"])[mine], (alone["right"] / alone["n"])[theirs]
    sizes = aided["n"][mine], alone["n"][theirs]
    low, high = newcombe(first, second, *sizes, plan.level)
    chance = sum(share * (1 - share) / np.maximum(n - 1, 1) for share, n in zip((first, second), sizes, strict=True))
    spread = _spread(first - second, np.asarray(chance), (sizes[0] > 1) & (sizes[1] > 1))
    model, comparator = _model(package, arm, frame)
    return [
        {"task": task, "arm": arm, "item_id": str(name), "primary": False, "estimate": assisted - unaided,
         "low": ends[0], "high": ends[1], "level": plan.level, "method": "Newcombe", "n": int(n + m),
         "participants": int(n + m), "items": 1, **_LABELS, "assisted": assisted, "unaided": unaided,
         "n_assisted": int(n), "n_unaided": int(m), "model": model.get(str(name)), "comparator": comparator, **spread,
         "notes": _DESCRIBES.format("item")}
        for name, assisted, unaided, n, m, *ends in zip(names, first, second, *sizes, low, high, strict=True)
    ]  # fmt: skip


def _cuts(plan: Plan, trials: pd.DataFrame, arms: tuple[str, ...]) -> list[tuple[str, str, pd.DataFrame]]:
    cuts = [(task, arm, trials[(trials["task"] == task) & (trials["arm"] == arm)])
            for task in sorted(trials["task"].unique()) for arm in arms]  # fmt: skip
    return [cut for cut in cuts if len(cut[2])]


def _sums(frame: pd.DataFrame, name: str) -> dict[str, Any]:
    """Right answers and opened trials of each person or item, by name."""
    right, _ = outcome(frame, "composite")
    names, codes = np.unique(frame[name].to_numpy(dtype=str), return_inverse=True)
    return {"name": names, "right": np.bincount(codes, right), "n": np.bincount(codes).astype(float)}


def _model(package: Package, arm: str, frame: pd.DataFrame) -> tuple[dict[str, float], str]:
    default = comparators(package, arm, frame)[0]
    known = ~np.isnan(default.values)
    names, codes = np.unique(frame["item_id"].to_numpy(dtype=str)[known], return_inverse=True)
    means = np.bincount(codes, default.values[known]) / np.bincount(codes) if len(names) else np.zeros(0)
    return {str(name): float(mean) for name, mean in zip(names, means, strict=True)}, default.name


def _spread(values: FloatArray, chance: FloatArray, some: FloatArray) -> Row:
    """Standard deviations over those with at least two answers; ``None`` for fewer than two of them."""
    if some.sum() < 2:
        return {"sd_observed": None, "sd_beyond_chance": None}
    observed = float(values[some].var(ddof=1))
    beyond = max(0.0, observed - float(chance[some].mean()))
    return {"sd_observed": observed**0.5, "sd_beyond_chance": beyond**0.5}


def wilson(share: FloatArray, n: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Score interval of each share of ``n``: (p + z²/2n ± z √(p(1 − p)/n + z²/4n²))/(1 + z²/n).

    Returns
    -------
    tuple
        Lower and upper bounds, shares.

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22:209.
    """
    from scipy.special import ndtri

    z = float(ndtri(0.5 + level / 2))
    centre, reach = share + z * z / (2 * n), z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (centre - reach) / (1 + z * z / n), (centre + reach) / (1 + z * z / n)


def newcombe(
    first: FloatArray, second: FloatArray, n: FloatArray, m: FloatArray, level: float
) -> tuple[FloatArray, FloatArray]:
    """Hybrid score interval of each difference of two independent shares, from their Wilson bounds l and u.

    d − √((p₁ − l₁)² + (u₂ − p₂)²) to d + √((u₁ − p₁)² + (p₂ − l₂)²).

    Returns
    -------
    tuple
        Lower and upper bounds, shares.

    References
    ----------
    Newcombe (1998), Stat. Med. 17:873, method 10.
    """
    (low1, high1), (low2, high2) = wilson(first, n, level), wilson(second, m, level)
    gap = first - second
    return (gap - np.sqrt((first - low1) ** 2 + (high2 - second) ** 2),
            gap + np.sqrt((high1 - first) ** 2 + (second - low2) ** 2))  # fmt: skip
