"""Pseudo-random numbers that R and Python draw alike, for studies that both analyse."""

import numpy as np

from analysis.inference import FloatArray


class ParkMiller:
    """The minimal standard generator of Park & Miller (1988), Commun. ACM 31:1192, started at ``state``."""

    def __init__(self, state: int) -> None:
        self.state = state

    def uniform(self, count: int) -> FloatArray:
        """Numbers between 0 and 1."""
        drawn = np.zeros(count)
        for place in range(count):
            self.state = 16807 * self.state % 2147483647
            drawn[place] = self.state / 2147483647
        return drawn

    def normal(self, count: int) -> FloatArray:
        """Sums of twelve uniform numbers less 6: nearly normal, of variance 1."""
        return np.asarray(self.uniform(12 * count).reshape(count, 12).sum(axis=1) - 6)
