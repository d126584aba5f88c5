"""The pigeonhole bootstrap of crossed data: people and items drawn again, each row weighing by both.

Row r gets the weight W_p V_i, W and V multinomial and independent (Owen 2007, Annals of Applied Statistics
1:386; McCullagh 2000, Bernoulli 6:285). It is conservative: residual variance enters about three times. For a
mean of complete data its variance is σ²_people/P + σ²_items/I + σ²_rest/(PI), the σ² being those of the empirical
means (divided by P, I and PI).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from analysis.estimates import Clusters, FloatArray, Spec

DRAWS = 2000
_AT_ONCE = 500


def weighted_sums(columns: FloatArray, clusters: Clusters, spec: Spec, seed: int, draws: int = DRAWS) -> FloatArray:
    """Sums over rows of each of ``columns`` (rows, k) under every draw's weights: (draws, k).

    With ``spec.population`` fixed only people are drawn, with ``spec.people`` these only items. The same seed
    and the same numbers of people and items give the same weights.

    Returns
    -------
    (draws, k), in the unit of the columns.

    References
    ----------
    Owen (2007), Annals of Applied Statistics 1:386.
    """
    from scipy import sparse

    rng = np.random.default_rng(seed)
    shape = clusters.participants, clusters.items
    cells = [sparse.csr_matrix((column, (clusters.participant, clusters.item)), shape) for column in columns.T]
    found = []
    for start in range(0, draws, _AT_ONCE):
        count = min(_AT_ONCE, draws - start)
        people = _weights(rng, count, shape[0], drawn=spec.people == "random")
        items = _weights(rng, count, shape[1], drawn=spec.population == "random" or spec.people == "these")
        found.append(np.column_stack([((cell.T @ people.T).T * items).sum(axis=1) for cell in cells]))
    return np.concatenate(found)


def drawn_ratios(columns: FloatArray, clusters: Clusters, spec: Spec) -> tuple[FloatArray, str]:
    """Each draw's ratio of the first two columns, less that of the next two; undefined draws are left out and told."""
    sums = weighted_sums(columns, clusters, spec, spec.pigeonhole or 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = sums[:, ::2] / sums[:, 1::2]
    drawn = shares[:, 0] - (shares[:, 1] if shares.shape[1] > 1 else 0.0)
    kept = drawn[np.isfinite(drawn)]
    lost = len(drawn) - len(kept)
    return kept, f"{lost} of {len(drawn)} draws are undefined" if lost else ""


def _weights(rng: np.random.Generator, draws: int, size: int, drawn: bool) -> FloatArray:
    if not drawn:
        return np.ones((draws, size))
    return rng.multinomial(size, np.full(size, 1 / size), draws).astype(np.float64)
