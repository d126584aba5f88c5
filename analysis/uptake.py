"""How an assistant's option is taken up: agreement, switching after an own answer, signal detection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from analysis.exclusions import as_numbers
from analysis.inference import Clusters, Estimate, FloatArray, IntArray, Spec, jackknife_of, proportion, sums_without
from analysis.inference import undefined as no_estimate

if TYPE_CHECKING:
    import pandas as pd

SWITCHES = ("switch_fraction", "over_reliance_after_other", "right_start_followed_wrong")


def uptake(
    frame: pd.DataFrame, column: str, marks: Mapping[str, FloatArray], groups: Clusters, spec: Spec
) -> dict[str, Estimate]:
    """The statistics by name; ``marks`` are 0/1 per row (right, wrong, followed), ``column`` holds the option.

    ``agreement`` = P(answer = option). After an initial answer: ``switch_fraction`` = P(answer = option |
    initial ≠ option), ``over_reliance_after_other`` the same where the option is wrong,
    ``right_start_followed_wrong`` = P(answer = option | initial right, option wrong); then ``detection``.

    Returns
    -------
    dict of Estimate
        Shares of trials, 0-1; ratios of sums, not means of people's ratios.

    References
    ----------
    Yin, Vaughan & Wallach (2019), CHI; Zhang, Liao & Bellamy (2020), FAT*.
    """
    named = {"agreement": proportion(marks["followed"], marks["right"] + marks["wrong"], groups, spec)}
    return named | _switches(frame, column, marks, groups, spec) | detection(marks, groups, spec)


def _switches(
    frame: pd.DataFrame, column: str, m: Mapping[str, FloatArray], groups: Clusters, spec: Spec
) -> dict[str, Estimate]:
    if "initial_answer" not in frame or frame["initial_answer"].isna().all():
        return dict.fromkeys(SWITCHES, no_estimate("no initial answer was asked for", groups, spec))
    start, option = frame["initial_answer"], frame[column]
    other = (start.notna() & option.notna() & (start != option)).to_numpy(dtype=float)
    right_start = (as_numbers(frame["initial_correct"]) == 1) if "initial_correct" in frame else np.zeros(len(frame))
    return {
        "switch_fraction": proportion(m["followed"], other * (m["right"] + m["wrong"]), groups, spec),
        "over_reliance_after_other": proportion(m["followed"], other * m["wrong"], groups, spec),
        "right_start_followed_wrong": proportion(m["followed"], right_start * m["wrong"], groups, spec),
    }


def detection(m: Mapping[str, FloatArray], groups: Clusters, spec: Spec) -> dict[str, Estimate]:
    """Telling right from wrong options: signal = the option is right, "yes" = it is the answer.

    d′ = z(H) − z(F) and c = −½(z(H) + z(F)), with the log-linear correction (h + ½)/(n + 1). d′ = 0: taken
    equally often when right and wrong; c < 0: taken more often than not. Two-way jackknife.

    Returns
    -------
    dict of Estimate
        ``dprime`` and ``criterion``, in standard deviations.

    References
    ----------
    Stanislaw & Todorov (1999), Behav. Res. Methods 31:137; Hautus (1995), Behav. Res. Methods 27:46.
    """
    columns = np.column_stack([m["followed"] * m["right"], m["right"], m["followed"] * m["wrong"], m["wrong"]])
    rows = columns[:, 1] + columns[:, 3] > 0
    used, kept = groups.only(rows), columns[rows]
    found = {}
    for place, name in enumerate(("dprime", "criterion")):
        if not (kept[:, 1].any() and kept[:, 3].any()):
            found[name] = no_estimate("needs both right and wrong options", used, spec, len(kept))
            continue

        def replicates(codes: IntArray, place: int = place) -> FloatArray:
            return _detected(sums_without(codes, kept))[place]

        found[name] = jackknife_of(float(_detected(kept.sum(axis=0))[place]), replicates, used, spec)
    return found


def _detected(sums: FloatArray) -> tuple[FloatArray, FloatArray]:
    """d′ and c of (hits, signals, false alarms, noises) along the last axis."""
    from scipy.special import ndtri

    hits, signals, alarms, noises = np.moveaxis(sums, -1, 0)
    hit, alarm = ndtri((hits + 0.5) / (signals + 1)), ndtri((alarms + 0.5) / (noises + 1))
    return np.asarray(hit - alarm), np.asarray(-(hit + alarm) / 2)
