"""What an analysis of the simulated study should find: the expected value of each statistic, from the parameters."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from analysis.simulate import OPTIONS, UNAIDED, Truth
from analysis.synthetic.confidence import stated

Row = dict[str, Any]
SPREAD = 0.5  # of log seconds
ASSISTED_SLOWER = 1.5


def expected(truth: Truth) -> list[Row]:
    """Rows of ``section arm statistic value``: names as in results.json, for its primary row of that arm.

    Values hold for unlimited people and items: expectations over the normal spreads (``simulate.Truth``), the steps of
    confidence (``confidence.Stated``), and P(T > t) = ½ of log-normal times.

    Returns
    -------
    list of dict
        In the unit of each statistic in results.json.

    References
    ----------
    Zeger, Liang & Albert (1988), Biometrics 44:1049 (a share over normal effects).
    """
    rows = [
        row
        for arm in truth.arms
        for row in (*_answers(truth, arm), *_confidence(truth, arm), *_time(truth, arm))
    ]  # fmt: skip
    for arm in truth.assisted:
        rows += [*_against(truth, arm), *_reliance(truth, arm)]
    return rows


def _row(section: str, arm: str, statistic: str, value: float) -> Row:
    return {"section": section, "arm": arm, "statistic": statistic, "value": value}


def _answers(truth: Truth, arm: str) -> Iterator[Row]:
    yield _row("accuracy", arm, "estimate", truth.accuracy(arm))


def _confidence(truth: Truth, arm: str) -> Iterator[Row]:
    known = stated(truth.answered(arm), truth.overconfidence)
    for name in ("brier", "overconfidence", "auroc"):
        yield _row("calibration", arm, name, getattr(known, name))


def median_seconds(truth: Truth, arm: str) -> float:
    """Median of the uncut time to an answer, in seconds."""
    return truth.median_seconds * (1 if arm == UNAIDED else ASSISTED_SLOWER)


def _time(truth: Truth, arm: str) -> Iterator[Row]:
    """The median where the curve gets so far: P(T > t) = lost + (1 - lost)(1 - Φ(z)) = ½."""
    from scipy import stats

    if truth.timeouts >= 0.5:
        return
    place = stats.norm.ppf(0.5 / (1 - truth.timeouts))
    median = median_seconds(truth, arm) * math.exp(SPREAD * float(place))
    if median < truth.limit_seconds:
        yield _row("timing", arm, "estimate", median)


def _against(truth: Truth, arm: str) -> Iterator[Row]:
    unaided, assisted, model = truth.accuracy(UNAIDED), truth.accuracy(arm), truth.reliability_of(arm)
    yield _row("contrasts", arm, "estimate", assisted - unaided)
    named = {"unaided": unaided, "assisted": assisted, "model": model, "expert": truth.expert,
             "assisted_minus_model": assisted - model, "complementarity": assisted - max(unaided, model)}  # fmt: skip
    if truth.expert != unaided:
        named["gap_recovered"] = (assisted - unaided) / (truth.expert - unaided)
    for name, value in named.items():
        yield _row("sandwiching", arm, name, value)


def _reliance(truth: Truth, arm: str) -> Iterator[Row]:
    """By the drawn brief. Who does not follow may give the same answer by themselves."""
    own, heeded, counted = truth.own(arm), truth.heeded, 1 - truth.timeouts
    named = {
        "over_reliance": (heeded + (1 - heeded) * (1 - own) / (OPTIONS - 1)) * counted,
        "under_reliance": 1 - (heeded + (1 - heeded) * own) * counted,
        "no_advice": 1 - truth.ask,
    }
    if truth.initial:
        named |= {"rair": heeded * counted, "rsr": (1 - heeded) * counted}
    for name, value in named.items():
        yield _row("reliance", arm, name, value)
