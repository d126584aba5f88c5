"""A package in which every column that an analysis can use is filled, with arms whose truth is known."""

from pathlib import Path
from typing import Any

import numpy as np

from tests.analysis.packages import Record, package, response

LETTERS = "ABCD"
SCALE = (0.25, 0.42, 0.60, 0.80, 1.00)
OWN, FOLLOW, LIMIT = 0.5, 0.5, 120.0


def rich_rows(people: int = 24, items: int = 24, seed: int = 1, design: str = "within") -> list[Record]:
    """Assigned briefs, right in half of the trials, followed with ``FOLLOW``; own answers right with ``OWN``."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(people):
        assisted_before = 0
        for item in range(items):
            side = person if design == "between" else person + item
            arm = ("unaided", "assisted")[side % 2]
            rows.append(_row(rng, person, item, arm, assisted_before))
            assisted_before += arm == "assisted"
    return rows


def _row(rng: np.random.Generator, person: int, item: int, arm: str, before: int) -> Record:
    gold = "B"
    own = (
        gold if rng.random() < OWN + 0.1 * np.sin(person) + 0.2 * np.sin(3 * item) else str(rng.choice(["A", "C", "D"]))
    )
    seconds = float(np.round(rng.lognormal(4.0, 0.6), 1))
    late = seconds > LIMIT
    values: dict[str, Any] = {"answer": own, "seconds": min(seconds, LIMIT), "time_limit_seconds": LIMIT}
    if arm == "assisted":
        values |= _assisted(rng, own, gold, before)
    if late and rng.random() < 0.5:
        values["answer"] = None
    values |= {"timed_out": late, "closed_by": "deadline" if late else "participant", "clock_paused_seconds": 0,
               "answer_source": "standing" if late else "submitted"}  # fmt: skip
    if values["answer"] is None:
        values["answer_source"] = None
    else:
        sure = min(4, int(rng.integers(0, 3)) + (values["answer"] == gold) + (arm == "assisted"))
        values |= {"confidence": SCALE[sure], "confidence_scale": "five"}
    return response(person, item, arm, **values)


def _assisted(rng: np.random.Generator, own: str, gold: str, before: int) -> Record:
    target = gold if rng.random() < 0.5 else str(rng.choice(["A", "C", "D"]))
    silent = rng.random() < 0.1
    stated = own if rng.random() < 0.4 and not silent else None
    first = None if silent else target
    last = stated if stated and rng.random() < 0.3 else first
    answer = target if rng.random() < FOLLOW and not silent else own
    return {
        "answer": answer, "brief_target": target, "brief_correct": target == gold, "initial_answer": own,
        "initial_correct": own == gold, "assistant_first_answer": first, "assistant_answer": last,
        "assistant_correct": None if last is None else last == gold, "participant_stated_answer": stated,
        "messages_sent": 0 if silent else int(rng.integers(1, 5)), "reply_wait_seconds": float(rng.integers(1, 9)),
        "assisted_trials_before": before, "wrong_briefs_before": before // 2, "wrong_revealed_before": 0,
    }  # fmt: skip


def baselines(items: int, right: float = 0.6, comparator: str = "as_deployed", seed: int = 2) -> list[Record]:
    """Four answers per item of a model that is right with ``right``; one in ten cannot be parsed."""
    rng = np.random.default_rng(seed)
    rows = []
    for item in range(items):
        for repeat in range(1, 5):
            read, good = rng.random() > 0.1, rng.random() < right
            rows.append({
                "study": "trial-study", "run_id": "R1", "assistant": "helper", "model": "small", "method": "zero_shot",
                "dataset": "mmlu-own", "item_id": f"I{item}", "task": "mmlu", "comparator": comparator,
                "repeat": repeat, "outcome": "answered" if read else "unparsed", "attempt": 1,
                "answer": ("B" if good else "C") if read else None, "gold": "B", "correct": good if read else None,
                "probability": round(float(rng.uniform(0.3, 1)), 3) if read else None,
                "model_returned": "small-1", "asked_at": "2026-01-01T08:00:00.000Z",
            })  # fmt: skip
    return rows


def expert_ratings(items: int) -> list[Record]:
    """Two experts, nine in ten right."""
    return [
        {"item_id": f"I{item}", "source": "expert", "rater_id": f"E{rater}", "answer": "B" if good else "A",
         "correct": good, "seconds": 30}
        for item in range(items) for rater in range(2) for good in [(item + 5 * rater) % 10 != 0]
    ]  # fmt: skip


def rich_package(path: Path, items: int = 24, with_tables: bool = True, **options: Any) -> Path:
    """The rows above as a package, with model-only answers and expert ratings unless left out."""
    manifest = options.pop("manifest", {})
    rows = options.pop("rows", None) or rich_rows(items=items, **options)
    tables = {"baselines": baselines(items), "ratings": expert_ratings(items)} if with_tables else {}
    tables["participants"] = rich_people(rows, manifest.get("design", options.get("design", "within")))
    return package(path, rows, tables=tables, **({"design": options.get("design", "within")} | manifest))


def rich_people(rows: list[Record], design: str) -> list[Record]:
    """participants.csv: some never randomised, some leaving, the others completed."""
    made: dict[str, Record] = {}
    for number, row in enumerate(rows):
        made.setdefault(row["participant_id"], row | {
            "assigned_arm": row["arm"] if design == "between" else None,
            "sequence": None if design == "between" else ("unaided first", "assisted first")[number // 24 % 2],
            "randomised_at": "2026-01-01T09:59:00.000Z", "consented_at": "2026-01-01T09:58:00.000Z",
            "outcome": ("completed", "completed", "completed", "withdrawn", "completed", "expired")[len(made) % 6],
        })  # fmt: skip
    people = list(made.values())
    for number, person in enumerate(people[:4]):
        gone = {"randomised_at": None, "assigned_arm": None, "sequence": None, "outcome": "declined"}
        made[f"X{number}"] = person | gone | {"participant_id": f"X{number}", "consented_at": None}
    return list(made.values())
