"""Linear algebra of two crossed random factors, by block elimination.

The penalised Hessian of the spherical effects is H = [[A, C], [C', B]], A and B block-diagonal over the levels
of the two factors. The factor with more levels (outer) is eliminated block by block, which leaves a dense
Schur complement S = B - C'A⁻¹C as wide as the smaller factor (inner) times its effects. Only the entries of
H⁻¹ at the pattern of H are ever formed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg, sparse

from analysis.inference import FloatArray, IntArray

_DENSE_SHARE = 0.15
_BATCH = 2_000_000
Pair = tuple[FloatArray, FloatArray]


@dataclass(frozen=True)
class Crossing:
    """Rows sorted by (outer, inner): outcome ``y``, fixed design ``x`` (n, k), random design ``z`` (n, r)."""

    y: FloatArray
    x: FloatArray
    z: FloatArray
    outer: IntArray
    inner: IntArray

    @classmethod
    def of(cls, y: FloatArray, x: FloatArray, z: FloatArray, outer: IntArray, inner: IntArray) -> Crossing:
        order = np.lexsort((inner, outer))
        return cls(y[order], x[order], z[order], outer[order], inner[order])

    @cached_property
    def sizes(self) -> tuple[int, int]:
        return int(self.outer.max()) + 1, int(self.inner.max()) + 1

    @cached_property
    def starts(self) -> IntArray:
        """First row of each (outer, inner) cell."""
        new = (np.diff(self.outer) != 0) | (np.diff(self.inner) != 0)
        return np.concatenate([[0], np.flatnonzero(new) + 1])

    @cached_property
    def cell(self) -> IntArray:
        """Each row's cell."""
        return np.repeat(np.arange(len(self.starts)), np.diff([*self.starts, len(self.y)]))

    @cached_property
    def cells(self) -> tuple[IntArray, IntArray]:
        """Each cell's outer and inner level."""
        return self.outer[self.starts], self.inner[self.starts]

    @cached_property
    def pointers(self) -> IntArray:
        return np.concatenate([[0], np.cumsum(np.bincount(self.cells[0], minlength=self.sizes[0]))])

    @cached_property
    def products(self) -> FloatArray:
        """z z' of each row, (n, r, r)."""
        return self.z[:, :, None] * self.z[:, None, :]

    @cached_property
    def dense(self) -> bool:
        return len(self.starts) >= _DENSE_SHARE * self.sizes[0] * self.sizes[1]

    def batches(self) -> Iterator[tuple[IntArray, IntArray]]:
        """Outer levels with equally many cells, and those cells (levels, cells of each)."""
        counts, width = np.diff(self.pointers), self.z.shape[1]
        for size in np.unique(counts[counts > 0]):
            levels = np.flatnonzero(counts == size)
            step = max(1, int(_BATCH // (size * width) ** 2))
            for start in range(0, len(levels), step):
                chosen = levels[start : start + step]
                yield chosen, self.pointers[chosen][:, None] + np.arange(size)

    def predictor(self, scales: Pair, effects: Pair) -> FloatArray:
        """Z b of each row for spherical effects (levels, r) of both factors."""
        total = (effects[0] * scales[0])[self.outer] + (effects[1] * scales[1])[self.inner]
        return np.asarray((self.z * total).sum(axis=1))

    def transposed(self, scales: Pair, rows: FloatArray) -> Pair:
        """Z' v of a vector over rows, per factor (levels, r)."""
        parts = self.z * rows[:, None]
        return (
            _sums(self.outer, parts, self.sizes[0]) * scales[0],
            _sums(self.inner, parts, self.sizes[1]) * scales[1],
        )


class Factor:
    """H = Z'WZ + I for one set of weights, factorised."""

    def __init__(self, crossing: Crossing, scales: Pair, weights: FloatArray) -> None:
        self.crossing, self.scales = crossing, scales
        width = crossing.z.shape[1]
        self.sums = np.add.reduceat(crossing.products * weights[:, None, None], crossing.starts, axis=0)
        outer, inner = crossing.cells
        a = _sums(outer, self.sums, crossing.sizes[0]) * np.outer(scales[0], scales[0]) + np.eye(width)
        self.a_inverse = np.linalg.inv(a)
        cross = self.sums * np.outer(scales[0], scales[1])
        self.k_blocks = self.a_inverse[outer] @ cross
        b = _sums(inner, self.sums, crossing.sizes[1]) * np.outer(scales[1], scales[1]) + np.eye(width)
        self.k = self._matrix(self.k_blocks)
        self.schur = linalg.cholesky(self._complement(b, self._matrix(cross)), lower=True, check_finite=False)
        self.logdet = float(np.linalg.slogdet(a)[1].sum() + 2 * np.log(np.diag(self.schur)).sum())

    def solve(self, right: Pair) -> Pair:
        """H⁻¹ v for v given per factor (levels, r)."""
        first = np.einsum("gml,gl->gm", self.a_inverse, right[0])
        rest = right[1].ravel() - self.k.T @ right[0].ravel()
        inner = linalg.cho_solve((self.schur, True), rest, check_finite=False)
        return first - (self.k @ inner).reshape(first.shape), inner.reshape(right[1].shape)

    def inverse_blocks(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Blocks of H⁻¹: per outer level, per cell (outer, inner), per inner level; each (…, r, r)."""
        crossing, width = self.crossing, self.crossing.z.shape[1]
        whole = _inverse(self.schur)
        corner, at_cells = self.a_inverse.copy(), np.empty_like(self.k_blocks)
        for levels, cells in crossing.batches():
            count, size = cells.shape
            k = self.k_blocks[cells].transpose(0, 2, 1, 3).reshape(count, width, size * width)
            columns = (crossing.cells[1][cells][:, :, None] * width + np.arange(width)).reshape(count, size * width)
            product = k @ whole[columns[:, :, None], columns[:, None, :]]
            corner[levels] += product @ k.transpose(0, 2, 1)
            at_cells[cells] = -product.reshape(count, width, size, width).transpose(0, 2, 1, 3)
        inner = np.arange(crossing.sizes[1])
        shaped = whole.reshape(crossing.sizes[1], width, crossing.sizes[1], width)
        return np.asarray(corner, dtype=np.float64), at_cells, shaped[inner, :, inner, :]

    def _matrix(self, blocks: FloatArray) -> FloatArray | sparse.csr_matrix:
        crossing, width = self.crossing, self.crossing.z.shape[1]
        shape = (crossing.sizes[0] * width, crossing.sizes[1] * width)
        if crossing.dense:
            full = np.zeros((crossing.sizes[0], width, crossing.sizes[1], width))
            full[crossing.cells[0], :, crossing.cells[1], :] = blocks
            return full.reshape(shape)
        return sparse.bsr_matrix((blocks, crossing.cells[1], crossing.pointers), shape=shape).tocsr()

    def _complement(self, b: FloatArray, cross: FloatArray | sparse.csr_matrix) -> FloatArray:
        product = cross.T @ self.k
        schur: FloatArray = -np.asarray(product.toarray() if sparse.issparse(product) else product, dtype=np.float64)
        levels, width = self.crossing.sizes[1], self.crossing.z.shape[1]
        place = np.arange(levels)
        schur.reshape(levels, width, levels, width)[place, :, place, :] += b
        return np.asarray(schur)


def _inverse(lower: FloatArray) -> FloatArray:
    """Inverse of L L' from its Cholesky factor."""
    found, _ = linalg.lapack.dpotri(lower, lower=1)
    found = np.tril(found)
    return np.asarray(found + np.tril(found, -1).T)


def _sums(codes: IntArray, values: FloatArray, size: int) -> FloatArray:
    """Sums of rows by code, for values of any trailing shape."""
    flat = values.reshape(len(values), -1)
    columns = [np.bincount(codes, column, minlength=size) for column in flat.T]
    return np.asarray(np.stack(columns, axis=1).reshape(size, *values.shape[1:]), dtype=np.float64)
