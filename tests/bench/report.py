"""Time and memory of a report on 150,000 rows: ``python -m tests.bench.report [--people N]``.

Seconds are CPU seconds of this run, per section and in all, beside the ceilings that the analysis promises; memory is
the peak of this process. The mixed model is left out here: ``tests.bench.mixed_model`` times it by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

PEOPLE, ITEMS, EACH = 5_000, 1_000, 30
CEILING_SECONDS, CEILING_MEGABYTES, CEILING_HELP = 10.0, 1024.0, 0.5
SCALE = np.array([0.25, 0.42, 0.60, 0.80, 1.00])
LETTERS = np.array(list("ABCD"))
LIMIT = 300.0


def data(people: int = PEOPLE, items: int = ITEMS, seed: int = 1) -> pd.DataFrame:
    """People who each meet 30 of the items, half of them with an assistant whose brief may be wrong."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), EACH)
    item = np.concatenate([rng.choice(items, EACH, replace=False) for _ in range(people)])
    n, aided = len(person), np.tile([False, True], len(person) // 2)
    ability = rng.normal(0.2, 0.8, people)[person] + rng.normal(0, 1.2, items)[item]
    gold = rng.integers(4, size=items)[item]
    own = _answers(rng, gold, rng.random(n) < 1 / (1 + np.exp(-ability)))
    target = _answers(rng, gold, rng.random(n) < 0.6)
    answer = np.where(aided & (rng.random(n) < 0.5), target, own)
    seconds = np.round(rng.lognormal(4.5, 0.7, n), 3)
    late = seconds > LIMIT
    lost = late & (rng.random(n) < 0.5)
    sure = np.clip(rng.integers(0, 4, n) + (answer == gold), 0, 4)
    shown = np.where(aided, LETTERS[target], "")
    return pd.DataFrame({
        "participant_id": np.char.add("P", person.astype(str)), "item_id": np.char.add("I", item.astype(str)),
        "arm": np.where(aided, "assisted", "unaided"), "assistant": np.where(aided, "helper", ""),
        "task": "mmlu", "n_options": 4, "trial_kind": "main",
        "answer": np.where(lost, "", LETTERS[answer]), "gold": LETTERS[gold],
        "correct": np.where(lost, "", _written(answer == gold)),
        "confidence": np.where(lost, "", SCALE[sure].astype(str)),
        "seconds": np.minimum(seconds, LIMIT), "time_limit_seconds": LIMIT, "timed_out": _written(late),
        "closed_by": np.where(late, "deadline", "participant"),
        "initial_answer": np.where(aided, LETTERS[own], ""),
        "initial_correct": np.where(aided, _written(own == gold), ""),
        "brief_target": shown, "brief_correct": np.where(aided, _written(target == gold), ""),
        "assistant_first_answer": shown, "assistant_answer": shown,
        "assistant_correct": np.where(aided, _written(target == gold), ""),
        "messages_sent": np.where(aided, "2", ""), "assisted_trials_before": np.tile(np.arange(EACH), people),
        "wrong_briefs_before": np.tile(np.arange(EACH) // 2, people),
    })  # fmt: skip


def _answers(rng: np.random.Generator, gold: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.where(right, gold, (gold + rng.integers(1, 4, size=len(gold))) % 4)


def _written(mask: np.ndarray) -> np.ndarray:
    return np.where(mask, "true", "false")


@contextmanager
def timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    began = time.process_time()
    yield
    seconds[name] = seconds.get(name, 0.0) + time.process_time() - began


def measured(export: Path) -> dict[str, float]:
    """CPU seconds of every step of a report on ``export``, in order; run in a process of its own."""
    seconds: dict[str, float] = {"start and imports": time.process_time()}
    with timed(seconds, "start and imports"):
        from analysis import report, results
        from analysis.exclusions import main_trials
        from analysis.load import load
        from analysis.plan import plan_of
    with timed(seconds, "load and check"):
        package = load(export)
    with timed(seconds, "prepare trials"):
        plan_of(package, main_trials(package))
    study = results.Study(package, mixed="none")
    for name in results.SECTIONS:
        with timed(seconds, name):
            study[name]
    with timed(seconds, "figures, page, tables"), tempfile.TemporaryDirectory() as out:
        report.write_study(study, Path(out))
    return seconds


def child(export: Path) -> None:
    seconds = measured(export)
    print(json.dumps({"seconds": seconds, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def fresh(*arguments: str) -> tuple[str, float]:
    """Output and CPU seconds of Python with these arguments, what it imports compiled beforehand."""
    home = Path(tempfile.gettempdir()) / "oversight-bench"
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = settings | {"PYTHONPYCACHEPREFIX": str(home), "OPENBLAS_NUM_THREADS": "1"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    text = subprocess.run([sys.executable, *arguments], env=environment, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return text.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE, help=f"each answers {EACH} items ({PEOPLE})")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child)
        return
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "responses.csv"
        data(options.people).to_csv(export, index=False)
        fresh("-m", "analysis", "report", str(export), "--out", folder, "--mixed", "none")
        found = json.loads(fresh("-m", "tests.bench.report", "--child", str(export))[0])
    helped = min(fresh("-m", "analysis", "--help")[1] for _ in range(3))
    print_lines(found["seconds"], found["megabytes"], helped, options.people * EACH)


def print_lines(seconds: dict[str, float], megabytes: float, helped: float, rows: int) -> None:
    for name, each in seconds.items():
        print(f"  {name:<24}{each:6.2f} s")
    total = sum(seconds.values())
    print(f"{rows:,} rows, no mixed model: {total:.1f} s of {CEILING_SECONDS:g} = {total / CEILING_SECONDS:.2f}; "
          f"peak memory {megabytes:.0f} MB of {CEILING_MEGABYTES:g} = {megabytes / CEILING_MEGABYTES:.2f}")  # fmt: skip
    print(f"python -m analysis --help: {helped:.2f} s of {CEILING_HELP:g} = {helped / CEILING_HELP:.2f}")


if __name__ == "__main__":
    main()
