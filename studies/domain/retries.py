"""When a request that met a passing fault is made again."""

from dataclasses import dataclass

from studies.domain.randomisation import rng

LONGEST_WAIT = 120.0
DOUBLINGS = 6


@dataclass(frozen=True)
class Retries:
    """`tries` at a request in all; `wait` seconds before the second one, doubled before each further one."""

    tries: int = 6
    wait: float = 1.0

    def wait_before(self, attempt: int, *, retry_after: float | None, seed: str) -> float | None:
        """Seconds before the attempt of this number; None where there is to be none.

        At least what the service asks for. Up to half as much again is drawn by the seed, so that many who were sent
        away together do not come back together. A service that asks for more than two minutes is left alone.
        """
        if attempt > self.tries:
            return None
        least = max(self.wait * 2 ** min(attempt - 2, DOUBLINGS), retry_after or 0.0)
        return least * (1 + rng(seed).random() / 2) if least <= LONGEST_WAIT else None
