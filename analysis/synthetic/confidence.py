"""Confidence on the five steps of Bowman et al. 2022 whose calibration is known exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.faults import PlanError
from analysis.inference import BoolArray, FloatArray

STEPS = np.array([0.25, 0.42, 0.60, 0.80, 1.00])
STEEPEST = 60.0


@dataclass(frozen=True)
class Stated:
    """How often each step is chosen (``share``), and how often it is then right (``right``)."""

    share: FloatArray
    right: FloatArray

    @property
    def brier(self) -> float:
        """Expected (c - y)², squared probability."""
        return float(self.share @ (self.right * (1 - STEPS) ** 2 + (1 - self.right) * STEPS**2))

    @property
    def overconfidence(self) -> float:
        """Expected c - y, signed, a probability."""
        return float(self.share @ (STEPS - self.right))

    @property
    def auroc(self) -> float:
        """P(a right answer was given more confidence than a wrong one), ties counted half; 0-1."""
        right, wrong = self._given()
        return float(right @ (np.cumsum(wrong) - wrong / 2))

    def draw(self, correct: BoolArray, rng: np.random.Generator) -> FloatArray:
        """A step per answer, given whether it is right: so that each step is right as often as ``right`` says."""
        right, wrong = (np.cumsum(share)[:-1] for share in self._given())
        chance = rng.random(len(correct))
        places = np.where(correct, np.searchsorted(right, chance), np.searchsorted(wrong, chance))
        return np.asarray(STEPS[places], dtype=np.float64)

    def _given(self) -> tuple[FloatArray, FloatArray]:
        """Shares of the steps among right and among wrong answers (Bayes)."""
        among = [self.share * self.right, self.share * (1 - self.right)]
        right, wrong = (each / each.sum() if each.sum() else self.share for each in among)
        return right, wrong


def stated(accuracy: float, overconfidence: float) -> Stated:
    """Steps whose expected accuracy is ``accuracy``, each right with its confidence minus ``overconfidence``.

    The shares are tilted exponentially, share ∝ exp(t c), with t solving Σ share · right = accuracy.

    Returns
    -------
    Stated
        Shares of answers and chances of being right at each step, 0-1.

    Raises
    ------
    PlanError
        Where the five steps cannot express that.

    References
    ----------
    Bowman et al. (2022), arXiv:2211.03540, for the five steps.
    """
    from scipy import optimize

    right = np.clip(STEPS - overconfidence, 0, 1)
    if not right[0] < accuracy < right[-1]:
        raise PlanError(f"an accuracy of {accuracy:.2f} has no confidence on {STEPS[0]:.2f}-1 that is "
                        f"{overconfidence:+.2f} too high: choose another --overconfidence")  # fmt: skip
    ends = [_tilted(tilt) @ right - accuracy for tilt in (-STEEPEST, STEEPEST)]
    if ends[0] > 0 or ends[1] < 0:
        return Stated(_tilted(-STEEPEST if ends[0] > 0 else STEEPEST), right)
    tilt = optimize.brentq(lambda each: float(_tilted(each) @ right - accuracy), -STEEPEST, STEEPEST)
    return Stated(_tilted(float(tilt)), right)


def _tilted(tilt: float) -> FloatArray:
    weights = np.exp(tilt * (STEPS - STEPS.mean()))
    return np.asarray(weights / weights.sum(), dtype=np.float64)
