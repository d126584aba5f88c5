"""Time of the crossed mixed model beside lme4 and glmmTMB: ``python -m tests.bench.mixed_model [--large]``.

Where Rscript with lme4 and glmmTMB is installed, both programs fit the same rows in this run ("measured now").
Elsewhere, and for fits of many minutes, their seconds are recorded ones (R 4.2.2, lme4 1.1-31, glmmTMB 1.1.5, two
shared cores, rows of the same size and spreads). All are CPU seconds with one BLAS thread. Trust the ratios.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

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
    ("150,000", True, False): {"glmmTMB": 474.4},
}
TOO_LONG = 300.0  # whoever was recorded with more seconds than this is not waited for
Rows = tuple[FloatArray, FloatArray, IntArray, IntArray]


def data(people: int, items: int, seed: int = 1) -> Rows:
    """Answers of people who each meet 30 items, half of them assisted."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), PER_PERSON)
    item = np.concatenate([rng.choice(items, PER_PERSON, replace=False) for _ in range(people)])
    side = np.tile([-0.5, 0.5], len(person) // 2)
    u, w = rng.normal(0, [0.8, 0.3], (people, 2))[person], rng.normal(0, [1.2, 0.8], (items, 2))[item]
    logits = 0.2 + 0.7 * side + u[:, 0] + w[:, 0] + side * (u[:, 1] + w[:, 1])
    right = (rng.random(len(person)) < 1 / (1 + np.exp(-logits))).astype(float)
    return right, np.column_stack([np.ones(len(side)), side]), person, item


def has_r() -> bool:
    """Whether R with both packages is installed."""
    asked = "quit(status = !(requireNamespace('lme4') && requireNamespace('glmmTMB')))"
    return (
        bool(shutil.which("Rscript")) and not subprocess.run(["Rscript", "-e", asked], capture_output=True).returncode
    )


def measured(program: str, rows: Rows, slopes: bool) -> tuple[float, float, float]:
    """CPU seconds, effect and its standard error of another program on these rows, now."""
    y, x, people, items = rows
    script = Path(__file__).with_suffix(".R")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        np.savetxt(
            path, np.column_stack([y, x[:, 1], people, items]), "%g", ",", header="y,arm,person,item", comments=""
        )
        command = ["Rscript", str(script), str(path), program, "slopes" if slopes else "intercepts"]
        one = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        told = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | one).stdout
    seconds, effect, error = (float(word) for word in told.split())
    return seconds, effect, error


def beside(program: str, recorded: float, ours: float, rows: Rows | None, slopes: bool) -> str:
    """One other program's seconds as a multiple of ours, and where they come from."""
    if rows is None or recorded > TOO_LONG:
        return f"{program} {recorded:g} s = {recorded / ours:.1f} x (recorded)"
    seconds, effect, error = measured(program, rows, slopes)
    return f"{program} {seconds:.2f} s = {seconds / ours:.1f} x (measured now; {effect:.4f}, {error:.4f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="also 150,000 rows")
    large, r = parser.parse_args().large, has_r()
    for (size, slopes, preview), others in RECORDED.items():
        if size == "150,000" and not large:
            continue
        rows = data(*SIZES[size])
        y, x, people, items = rows
        began = time.process_time()
        found = fit(y, x, people, items, x if slopes else None, preview=preview)
        seconds = time.process_time() - began
        kind = f"{'slopes' if slopes else 'intercepts'}{' preview' if preview else ''}"
        print(f"{size:>7} rows, {kind}: {seconds:.2f} s; effect {found.beta[1]:.4f} ({found.se[1]:.4f})", flush=True)
        for program, recorded in others.items():
            print(f"{'':14}{beside(program, recorded, seconds, rows if r else None, slopes)}", flush=True)


if __name__ == "__main__":
    main()
