"""Maximum likelihood of the crossed logistic model, and its marginal effect."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize
from scipy.special import expit

from analysis.inference import FloatArray
from analysis.mixed.blocks import Crossing, Pair
from analysis.mixed.laplace import Laplace, Mode, NoMode

# Three steps of the Hessian's differences; so small a spread, in logits, moves a share by less than .0001.
SINGULAR = 0.03
_NODES = 41
_FLAT = 2e-3
_EXTREME = 8.0
Places = tuple[tuple[int, int], ...]


class Refused(ValueError):
    """The model cannot be fitted to these data; the message says why."""


@dataclass(frozen=True)
class Fit:
    """A fitted model. Effects and spreads are in logits.

    ``sd`` is (2, r): standard deviations of participants and items, per column of the random design;
    ``covariance`` is of (β, the free positive ``sd`` in the order of ``free``), of β alone for a preview.
    """

    beta: FloatArray
    sd: FloatArray
    covariance: FloatArray
    free: Places
    deviance: float
    converged: bool
    singular: bool
    preview: bool

    @property
    def se(self) -> FloatArray:
        """Standard errors of β, in logits."""
        return np.sqrt(np.diag(self.covariance)[: len(self.beta)])


@dataclass(frozen=True)
class Marginal:
    """Shares in both arms over a population of people and items, their difference and its standard error."""

    first: float
    second: float
    se: float

    @property
    def difference(self) -> float:
        """Share on the second side minus the first."""
        return self.second - self.first


def fit(
    y: Any, x: Any, participants: Any, items: Any, z: Any = None, *, without: Places = (), preview: bool = False
) -> Fit:
    """Fits logit P(y = 1) = xβ + z(u_participant + w_item), u and w normal with a diagonal covariance.

    Parameters
    ----------
    y : 0 or 1 per row.
    x : (n, k) fixed design, its first column the intercept.
    participants, items : one id per row.
    z : (n, r) random design of both factors; by default the intercept alone.
    without : (factor, column) pairs whose spread is held at 0: factor 0 participants, 1 items.
    preview : take β at the joint mode (lme4's nAGQ=0): several times faster, biased towards 0 by some
        per cent, and its covariance ignores that the spreads are estimated.

    Returns
    -------
    Fit
        In logits. Deviance = -2 log L by Laplace's approximation; standard errors from the joint Hessian of
        (β, sd), central differences of the exact gradient. A spread on its boundary is 0 and stays in the fit.

    Raises
    ------
    Refused
        Without variation in y, or when the fixed effects run away (separation).

    References
    ----------
    Baayen, Davidson & Bates (2008), J. Mem. Lang. 59:390 (model); Bates et al. (2015), J. Stat. Softw. 67(1).
    """
    try:
        return _fitted(_Model(y, x, participants, items, z, without), preview)
    except (NoMode, np.linalg.LinAlgError) as error:
        raise Refused(f"the model could not be fitted: {error}") from None


def _fitted(model: _Model, preview: bool) -> Fit:
    """The joint mode of β and effects first: it is the preview, and whitens β for the full fit."""
    rough = model.minimise(model.start(), joint=True)
    if preview:
        return model.finished(rough, preview=True)
    return model.finished(model.minimise(rough.point, joint=False, whiten=rough.whitener), preview=False)


def marginal(fitted: Fit, first: FloatArray, second: FloatArray) -> Marginal:
    """Average marginal effect of going from design row ``first`` to ``second`` (x and z alike).

    p = E[expit(xβ + sZ)], s² = Σ (z_m sd_m)² over both factors, by 41-point Gauss-Hermite quadrature; the
    standard error by the delta method on (β, sd).

    Returns
    -------
    Marginal
        Shares of 1 and their difference: a population's, not these people's.

    References
    ----------
    Zeger, Liang & Albert (1988), Biometrics 44:1049; Hedeker et al. (2018), Biometrics 74:354.
    """
    values, slopes = zip(*(_share(fitted, row) for row in (first, second)), strict=True)
    slope = slopes[1] - slopes[0]
    size = len(fitted.covariance)
    variance = float(slope[:size] @ fitted.covariance @ slope[:size])
    return Marginal(values[0], values[1], math.sqrt(max(variance, 0.0)))


def _share(fitted: Fit, row: FloatArray) -> tuple[float, FloatArray]:
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    weights = weights / weights.sum()
    z = row[: fitted.sd.shape[1]]
    spread = math.sqrt(float(((fitted.sd * z) ** 2).sum()))
    chance = expit(row @ fitted.beta + spread * nodes)
    density = weights * chance * (1 - chance)
    by_spread = float(density @ nodes) / spread if spread else 0.0
    by_sd = [by_spread * z[column] ** 2 * fitted.sd[side, column] for side, column in fitted.free]
    return float(weights @ chance), np.concatenate([density.sum() * row, by_sd])


@dataclass
class _Point:
    beta: FloatArray
    sd: FloatArray
    converged: bool
    mode: Mode
    whitener: FloatArray

    @property
    def point(self) -> tuple[FloatArray, FloatArray]:
        return self.beta, self.sd


class _Model:
    def __init__(self, y: Any, x: Any, participants: Any, items: Any, z: Any, without: Any) -> None:
        outcome, design = np.asarray(y, dtype=float), np.asarray(x, dtype=float)
        if not 0 < outcome.mean() < 1:
            raise Refused("every answer is the same")
        random = np.ones((len(outcome), 1)) if z is None else np.asarray(z, dtype=float)
        codes = [np.unique(np.asarray(ids), return_inverse=True)[1] for ids in (participants, items)]
        self.swapped = bool(codes[1].max() > codes[0].max())
        codes = codes[::-1] if self.swapped else codes
        self.laplace = Laplace(Crossing.of(outcome, design, random, codes[0], codes[1]))
        self.shape = (2, random.shape[1])
        self.free = tuple(place for place in np.ndindex(self.shape) if place not in set(without))
        self._at = tuple(np.array(self.free).T)

    def start(self) -> tuple[FloatArray, FloatArray]:
        sd = np.zeros(self.shape)
        sd[self._at] = 0.7
        return np.zeros(self.laplace.data.x.shape[1]), sd

    def minimise(self, start: tuple[FloatArray, FloatArray], joint: bool, whiten: FloatArray | None = None) -> _Point:
        """Quasi-Newton without bounds: L is even in every sd, so a sign means nothing and 0 is no wall."""
        beta, sd = start
        root = np.eye(len(beta)) if whiten is None else whiten
        count = 0 if joint else len(beta)

        def unpack(v: FloatArray) -> tuple[FloatArray, FloatArray]:
            found = np.zeros(self.shape)
            found[self._at] = v[count:]
            return beta + root @ v[:count] if count else beta, found

        def target(v: FloatArray) -> tuple[float, FloatArray]:
            at, spread = unpack(v)
            if np.abs(spread).max() > 50:
                return math.inf, np.zeros_like(v)
            mode = self._mode(at, spread, joint)
            by_beta, by_sd = self._gradient(mode)
            return mode.half_deviance, np.concatenate([root.T @ by_beta if count else [], by_sd])

        found = optimize.minimize(
            target, np.concatenate([np.zeros(count), sd[self._at]]), jac=True, method="BFGS",
            options={"gtol": _FLAT, "maxiter": 200},
        )  # fmt: skip
        at, spread = unpack(found.x)
        mode = self._mode(at, np.abs(spread), joint)
        information = (mode.fixed or self.laplace.fixed_part(mode.factor, mode.weights)).information
        whitener = np.linalg.cholesky(np.linalg.inv(information))
        return _Point(mode.beta, np.abs(spread), bool(np.abs(found.jac).max() < 10 * _FLAT), mode, whitener)

    def finished(self, point: _Point, preview: bool) -> Fit:
        if np.abs(point.beta).max() > _EXTREME:
            raise Refused("the effects run away: the arms are separated, or nearly so")
        zero = [place for place in self.free if point.sd[place] < SINGULAR]
        kept = tuple(place for place in self.free if place not in zero)
        sd = np.where(point.sd < SINGULAR, 0.0, point.sd)
        covariance = point.whitener @ point.whitener.T if preview else self._covariance(point, kept)
        return Fit(
            beta=point.beta,
            sd=sd,
            covariance=covariance,
            free=() if preview else kept,
            deviance=2 * point.mode.half_deviance,
            converged=point.converged,
            singular=bool(zero),
            preview=preview,
        )

    def _covariance(self, point: _Point, kept: Places) -> FloatArray:
        """Inverse Hessian of L in (β, sd), β in whitened units so that every step is of a like size."""
        places, count = tuple(np.array(kept, dtype=int).reshape(-1, 2).T), len(point.beta)
        root = np.eye(count + len(kept))
        root[:count, :count] = point.whitener
        rows = []
        for direction in np.eye(len(root)) * 0.01:
            sides = []
            for sign in (1, -1):
                shift, sd = sign * root @ direction, point.sd.copy()
                sd[places] += shift[count:]
                by_beta, by_sd = self._gradient(self._mode(point.beta + shift[:count], sd, joint=False))
                whole = dict(zip(self.free, by_sd, strict=True))
                sides.append(root.T @ np.concatenate([by_beta, [whole[place] for place in kept]]))
            rows.append((sides[0] - sides[1]) / 0.02)
        hessian = np.array(rows)
        inverse = root @ np.linalg.inv((hessian + hessian.T) / 2) @ root.T
        if (np.diag(inverse) <= 0).any():
            raise Refused("the likelihood is flat at its maximum: standard errors do not exist")
        return np.asarray(inverse)

    def _mode(self, beta: FloatArray, sd: FloatArray, joint: bool) -> Mode:
        sides: Pair = (sd[1], sd[0]) if self.swapped else (sd[0], sd[1])
        return self.laplace.mode(sides, None if joint else beta)

    def _gradient(self, mode: Mode) -> tuple[FloatArray, FloatArray]:
        by_beta, sides = self.laplace.gradient(mode)
        by_sd = np.stack(sides[::-1] if self.swapped else sides)
        return by_beta, by_sd[self._at]
