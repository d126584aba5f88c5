"""What an interval is made of and made into: clusters of rows, how it is wanted, and the estimate with its labels."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]
Population = Literal["random", "fixed"]
_DENSE = 8


@dataclass(frozen=True, slots=True)
class Estimate:
    """One number with its interval and everything needed to read it; undefined parts are ``None``.

    ``n`` counts rows, ``participants`` and ``items`` the clusters (an item cluster is a passage where
    there is one); ``population`` says whether items are a sample (random) or all that matters (fixed).
    """

    estimate: float | None
    low: float | None
    high: float | None
    level: float
    se: float | None
    df: int | None
    method: str
    n: int
    participants: int
    items: int
    population: str
    timeouts: str
    exclusions: str
    notes: str

    def as_row(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Spec:
    """How an interval is wanted, and the labels that its row carries.

    ``people="these"`` drops the participant part of the variance: the interval then speaks of the people
    at hand and of the items that they might have met. ``pigeonhole`` is the seed of that bootstrap where it
    is wanted.
    """

    level: float = 0.95
    population: Population = "random"
    people: Literal["random", "these"] = "random"
    timeouts: str = "composite"
    exclusions: str = "none"
    notes: tuple[str, ...] = ()
    pigeonhole: int | None = None

    def noted(self, *notes: str) -> "Spec":
        return replace(self, notes=self.notes + tuple(note for note in notes if note))


@dataclass(frozen=True, slots=True)
class Clusters:
    """Integer codes, from 0 without gaps, of each row's participant, item cluster and their cell."""

    participant: IntArray
    item: IntArray
    cell: IntArray

    @classmethod
    def of(cls, participants: Any, items: Any) -> "Clusters":
        """Codes for two equally long sequences of ids."""
        person, thing = _codes(participants), _codes(items)
        width = int(thing.max(initial=0)) + 1
        return cls(person, thing, _codes(person * width + thing))

    @classmethod
    def coded(cls, participant: IntArray, item: IntArray, cell: IntArray) -> "Clusters":
        """The same from codes that may have gaps."""
        return cls(_codes(participant), _codes(item), _codes(cell))

    def only(self, rows: BoolArray) -> "Clusters":
        """The same for the chosen rows."""
        if rows.all():
            return self
        return Clusters.coded(self.participant[rows], self.item[rows], self.cell[rows])

    @property
    def participants(self) -> int:
        return groups(self.participant)

    @property
    def items(self) -> int:
        return groups(self.item)


def _codes(ids: Any) -> IntArray:
    """Each id's place among the sorted distinct ids; by marking what occurs where ids are small integers."""
    given = np.asarray(ids)
    if given.dtype.kind != "i" or not given.size or given.min() < 0 or given.max() > _DENSE * given.size:
        return np.unique(given, return_inverse=True)[1].reshape(-1)
    occurs = np.zeros(int(given.max()) + 1, dtype=np.intp)
    occurs[given] = 1
    return np.asarray((np.cumsum(occurs) - 1)[given], dtype=np.intp)


def groups(codes: IntArray) -> int:
    """How many clusters the codes tell apart."""
    return int(codes.max(initial=-1)) + 1
