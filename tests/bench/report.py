"""Time and memory of a report on 150,000 rows: ``python -m tests.bench.report [--rows N] [--profile SECTION]``.

Seconds are CPU seconds of this run, per section and in all, beside the ceilings that the analysis promises; memory is
the peak of this process. The mixed model is left out here: ``tests.bench.mixed_model`` times it by itself.
"""

from __future__ import annotations

import argparse
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
        "initial_answer": np.where(aided, LETTERS[own], ""), "initial_correct": np.where(aided, _written(own == gold), ""),
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
