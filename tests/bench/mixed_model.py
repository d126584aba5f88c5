"""Time of the crossed mixed model beside lme4 and glmmTMB: ``python -m tests.bench.mixed_model [--large]``.

The other programs' seconds are recorded ones (R 4.2.2, lme4 1.1-31, glmmTMB 1.1.5, one BLAS thread, two shared
cores), on data of the same size and spreads; ours are CPU seconds of this run. Trust the ratios.
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from analysis.inference import FloatArray, IntArray
from analysis.mixed import fit

SIZES = {"1,500": (50, 30), "15,000": (500, 100), "150,000": (5_000, 1_000)}
PER_PERSON = 30
RECORDED = {
    ("1,500", False, False): {"glmer": 0.16, "glmmTMB": 0.44},
    ("15,000", False, False): {"glmer": 1.39, "glmmTMB": 1.68},
    ("150,000", False, False): {"glmer": 88.1, "glmmTMB": 43.2},
    ("150,000", False, True): {"glmer nAGQ=0": 36.4},
    ("1,500", True, False): {"glmer": 0.65, "glmmTMB": 0.74},
    ("15,000", True, False): {"glmer": 6.71, "glmmTMB": 3.95},
    ("150,000", True, True): {"glmer nAGQ=0": 585.0},
    ("150,000", True, False): {},
}


def data(people: int, items: int, seed: int = 1) -> tuple[FloatArray, FloatArray, IntArray, IntArray]:
    """Answers of people who each meet 30 items, half of them assisted."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), PER_PERSON)
    item = np.concatenate([rng.choice(items, PER_PERSON, replace=False) for _ in range(people)])
    side = np.tile([-0.5, 0.5], len(person) // 2)
    u, w = rng.normal(0, [0.8, 0.3], (people, 2))[person], rng.normal(0, [1.2, 0.8], (items, 2))[item]
    logits = 0.2 + 0.7 * side + u[:, 0] + w[:, 0] + side * (u[:, 1] + w[:, 1])
    right = (rng.random(len(person)) < 1 / (1 + np.exp(-logits))).astype(float)
    return right, np.column_stack([np.ones(len(side)), side]), person, item


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="also 150,000 rows")
    large = parser.parse_args().large
    for (size, slopes, preview), others in RECORDED.items():
        if size == "150,000" and not large:
            continue
        y, x, people, items = data(*SIZES[size])
        began = time.process_time()
        found = fit(y, x, people, items, x if slopes else None, preview=preview)
        seconds = time.process_time() - began
        ratios = ", ".join(f"{name} {theirs:g} s = {theirs / seconds:.1f} x" for name, theirs in others.items())
        kind = f"{'slopes' if slopes else 'intercepts'}{' preview' if preview else ''}"
        print(f"{size:>7} rows, {kind}: {seconds:.2f} s; {ratios}; effect {found.beta[1]:.4f} ({found.se[1]:.4f})",
              flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
