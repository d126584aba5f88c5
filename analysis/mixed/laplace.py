"""Laplace approximation of the crossed logistic model's likelihood, with its exact gradient.

Half the deviance is L = -ℓ(y | b̂) + ½|b̂|² + ½ log|H|, b̂ the mode of the spherical effects given the fixed
effects β and the standard deviations θ (Bates et al. 2015, J. Stat. Softw. 67(1), section 3; Breslow & Clayton
1993). The gradient follows b̂ through the implicit function theorem. In the ``joint`` form (lme4's nAGQ=0) β
too is taken at the joint mode, which biases it towards 0 by some per cent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from analysis.inference import FloatArray
from analysis.mixed.blocks import Crossing, Factor, Pair

_STEPS = 60
_SMALL = 1e-14
_RUNAWAY = 15.0


class NoMode(ArithmeticError):
    """The penalised likelihood has no mode that Newton's method reaches."""


@dataclass
class Mode:
    """Where the penalised likelihood is largest for one (β, θ), and everything computed there."""

    beta: FloatArray
    effects: Pair
    factor: Factor
    residual: FloatArray
    weights: FloatArray
    penalised: float
    fixed: FixedPart | None

    @property
    def half_deviance(self) -> float:
        return self.penalised + self.factor.logdet / 2


@dataclass
class FixedPart:
    """H⁻¹Z'WX per column, and X'WX - X'WZ H⁻¹ Z'WX, the information on β given θ."""

    spread: list[Pair]
    information: FloatArray


class Laplace:
    """L and its gradient for one data set; remembers the last mode as the next start."""

    def __init__(self, crossing: Crossing) -> None:
        self.data = crossing
        width = crossing.z.shape[1]
        self._effects: Pair = (np.zeros((crossing.sizes[0], width)), np.zeros((crossing.sizes[1], width)))
        self._beta = np.zeros(crossing.x.shape[1])

    def mode(self, scales: Pair, beta: FloatArray | None = None) -> Mode:
        """Newton's method with step halving; β is at its joint mode when it is not given."""
        start = self._beta if beta is None else beta
        effects, value = self._effects, self._penalised(scales, start, self._effects)
        for _ in range(_STEPS):
            state = self._state(scales, start, effects, value, beta is None)
            step, step_beta, decrement = self._step(state)
            if decrement < _SMALL:
                self._effects, self._beta = effects, start
                return state
            start, effects, value = self._walk(scales, state, step, step_beta, decrement)
            if beta is None and np.abs(start).max() > _RUNAWAY:
                raise NoMode("the effects run away, so the arms are separated, or nearly so")
        raise NoMode("the mode of the effects was not found")

    def gradient(self, mode: Mode) -> tuple[FloatArray, Pair]:
        """dL/dβ (zeros in the joint form) and dL/dθ per factor."""
        data, scales = self.data, mode.factor.scales
        corner, cross, lower = self._scaled_inverse(mode)
        so, si = scales
        q = corner * np.outer(so, so) + lower * np.outer(si, si) + cross * np.outer(so, si)
        q += (cross * np.outer(so, si)).transpose(0, 2, 1)
        leverage = np.einsum("nml,nml->n", data.products, q[data.cell])
        half = 0.5 * mode.weights * (1 - 2 * (data.y - mode.residual)) * leverage
        effects, beta = self._adjoint(mode, half)
        pulled = half - mode.weights * (data.predictor(scales, effects) + data.x @ beta)
        sums = mode.factor.sums
        direct = (
            np.einsum("cml,cml->m", sums, corner * so + cross * si),
            np.einsum("cml,cml->m", sums, lower * si + cross.transpose(0, 2, 1) * so),
        )
        slopes = [
            direct[side]
            + (data.z * (mode.effects[side][codes] * (pulled - mode.residual)[:, None])).sum(axis=0)
            + (data.z * (effects[side][codes] * mode.residual[:, None])).sum(axis=0)
            for side, codes in enumerate((data.outer, data.inner))
        ]
        fixed = data.x.T @ (pulled - mode.residual) if mode.fixed is None else np.zeros(data.x.shape[1])
        return np.asarray(fixed), (slopes[0], slopes[1])

    def fixed_part(self, factor: Factor, weights: FloatArray) -> FixedPart:
        data = self.data
        weighted = data.x * weights[:, None]
        parts = [data.transposed(factor.scales, column) for column in weighted.T]
        spread = [factor.solve(part) for part in parts]
        explained = np.array([[_dot(one, other) for other in spread] for one in parts])
        return FixedPart(spread, weighted.T @ data.x - explained)

    def _penalised(self, scales: Pair, beta: FloatArray, effects: Pair) -> float:
        eta = self.data.x @ beta + self.data.predictor(scales, effects)
        signed = np.where(self.data.y > 0, eta, -eta)
        return float(np.logaddexp(0, -signed).sum() + _dot(effects, effects) / 2)

    def _state(self, scales: Pair, beta: FloatArray, effects: Pair, value: float, joint: bool) -> Mode:
        chance = expit(self.data.x @ beta + self.data.predictor(scales, effects))
        weights = chance * (1 - chance)
        factor = Factor(self.data, scales, weights)
        fixed = self.fixed_part(factor, weights) if joint else None
        return Mode(beta, effects, factor, self.data.y - chance, weights, value, fixed)

    def _step(self, mode: Mode) -> tuple[Pair, FloatArray, float]:
        pull = self.data.transposed(mode.factor.scales, mode.residual)
        downhill = (pull[0] - mode.effects[0], pull[1] - mode.effects[1])
        step = mode.factor.solve(downhill)
        if mode.fixed is None:
            return step, np.zeros_like(mode.beta), _dot(downhill, step)
        slope = self.data.x.T @ mode.residual
        step, beta = _eliminated(mode.fixed, downhill, step, slope)
        return step, beta, _dot(downhill, step) + float(slope @ beta)

    def _walk(
        self, scales: Pair, mode: Mode, step: Pair, step_beta: FloatArray, decrement: float
    ) -> tuple[FloatArray, Pair, float]:
        length = 1.0
        for _ in range(30):
            beta = mode.beta + length * step_beta
            effects = (mode.effects[0] + length * step[0], mode.effects[1] + length * step[1])
            value = self._penalised(scales, beta, effects)
            if value <= mode.penalised - 1e-4 * length * decrement or (decrement < 1e-6 and length == 1):
                return beta, effects, value
            length /= 2
        raise NoMode("no step lowers the penalised deviance")

    def _scaled_inverse(self, mode: Mode) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Blocks of H⁻¹ for each cell: outer-outer, outer-inner, inner-inner."""
        corner, cross, lower = mode.factor.inverse_blocks()
        outer, inner = self.data.cells
        return corner[outer], cross, lower[inner]

    def _adjoint(self, mode: Mode, rows: FloatArray) -> tuple[Pair, FloatArray]:
        right = self.data.transposed(mode.factor.scales, rows)
        solved = mode.factor.solve(right)
        if mode.fixed is None:
            return solved, np.zeros(self.data.x.shape[1])
        return _eliminated(mode.fixed, right, solved, self.data.x.T @ rows)


def _eliminated(fixed: FixedPart, right: Pair, solved: Pair, slope: FloatArray) -> tuple[Pair, FloatArray]:
    """Solution of the system of effects and β together, from the solution for the effects alone."""
    rest = slope - np.array([_dot(column, right) for column in fixed.spread])
    beta = np.linalg.solve(fixed.information, rest)
    sides = [
        solved[side] - sum((b * column[side] for b, column in zip(beta, fixed.spread, strict=True)), start=0.0)
        for side in (0, 1)
    ]
    return (np.asarray(sides[0]), np.asarray(sides[1])), beta


def _dot(one: Pair, other: Pair) -> float:
    return float((one[0] * other[0]).sum() + (one[1] * other[1]).sum())
