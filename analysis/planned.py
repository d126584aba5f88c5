"""A dry run: the tables that a frozen protocol will fill, before there are any data.

A study of the protocol's arms, tasks and questions is made up and analysed; then every number is taken out. So the
tables are those that the real report will have, with their rows and columns, and cannot differ from it.
"""

from __future__ import annotations

import csv
import io
import json
import math
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from analysis.faults import PackageError
from analysis.load import Package
from analysis.results import SECTIONS, Study
from analysis.schema import table
from analysis.typed import read_table

Record = dict[str, Any]
_LETTERS = "ABCD"
_EACH = 8
_PEOPLE, _PER_ARM = 24, 12
_FIVE = (0.25, 0.42, 0.60, 0.80, 1.00)
_KEPT = ("level", "k", "fifth", "primary")
NOT_YET = math.nan


class Shells(Mapping[str, Any]):
    """The results of a study that has no data: every row that there will be, every number ``NOT_YET``."""

    def __init__(self, study: Study) -> None:
        self.study = study

    def __getitem__(self, key: str) -> Any:
        found = self.study[key]
        if key == "reference":
            return found
        if key == "n":
            return dict.fromkeys(found, NOT_YET)
        return [_emptied(row) for row in found] if key in SECTIONS else found

    def __iter__(self) -> Iterator[str]:
        return iter(self.study)

    def __len__(self) -> int:
        return len(self.study)


def _emptied(row: Record) -> Record:
    """Labels stay; a number becomes one that is not there yet; notes are of data, so they go."""
    return {name: "" if name == "notes" else value if name in _KEPT else _not_yet(value) for name, value in row.items()}


def _not_yet(value: Any) -> Any:
    return NOT_YET if isinstance(value, bool | int | float) else value


def protocol_of(path: Path) -> tuple[dict[str, Any], str]:
    """The frozen protocol and its sha256, from what ``study show`` prints or from a data package.

    Raises ``PackageError`` in a readable line where there is none.
    """
    try:
        frozen = json.loads(path.read_text(encoding="utf-8")) if path.suffix == ".json" else _packaged(path)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise PackageError([f"{path}: no frozen protocol to read here ({error})"]) from None
    frozen = frozen if isinstance(frozen, dict) else {}
    document: dict[str, Any] = frozen.get("document") or frozen
    protocol: dict[str, Any] = document.get("protocol") or document
    if not {"arms", "tasks", "design", "study"} <= set(protocol):
        raise PackageError([f"{path}: not a frozen protocol; print one with: python manage.py study show SLUG"])
    return protocol, str(frozen.get("sha256", ""))


def _packaged(path: Path) -> dict[str, Any]:
    def text(name: str) -> str:
        if path.is_dir():
            return (path / name).read_text(encoding="utf-8")
        with zipfile.ZipFile(path) as archive:
            return archive.read(name).decode()

    sha256 = json.loads(text("manifest.json"))["protocols"][-1]["sha256"]
    return {"document": json.loads(text(f"protocol/{sha256}.json")), "sha256": sha256}


def made_up(protocol: Mapping[str, Any]) -> Package:
    """A package of invented answers with the protocol's arms, tasks and columns; only its shape is meant."""
    rng = np.random.default_rng(1)
    trials = [_trial(rng, protocol, *place) for place in _places(protocol)]
    opened = [row for row in trials if row["opened"]]
    tables = {"arms": list(_arms(protocol)), "responses": opened, "allocations": trials,
              "participants": _people(protocol, trials)}  # fmt: skip
    if any(each.get("provider") != "scripted" for each in protocol.get("assistants", {}).values()):
        tables["baselines"] = list(_baselines(rng, protocol))
    return Package({name: _table(name, rows) for name, rows in tables.items()}, _manifest(protocol), "", False,
                   {"simulated": 0, "preview": 0})  # fmt: skip


def _table(name: str, rows: list[Record]) -> Any:
    buffer = io.StringIO()
    named = dict.fromkeys(column for row in rows for column in row)
    declared = table(name).column_names
    names = [column for column in named if column in declared]
    writer = csv.DictWriter(buffer, names, restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows([{column: _written(value) for column, value in row.items()} for row in rows])
    return read_table(name, buffer.getvalue().encode())[0]


def _written(value: Any) -> Any:
    return str(bool(value)).lower() if isinstance(value, bool | np.bool_) else value


def _manifest(protocol: Mapping[str, Any]) -> dict[str, Any]:
    design, between = protocol["design"], protocol["design"]["unit"] == "between"
    declared = {**protocol.get("analysis", {}), "exclusions": protocol.get("exclusions", [])}
    return {
        "study": protocol["study"]["slug"],
        "title": protocol["study"].get("title", ""),
        "design": design["unit"],
        "unit_of_assignment": "participant" if between else "item or passage",
        "arm_order": "" if between else design.get("arm_order", ""),
        "separate_items": design.get("items") == "separate",
        "reference_arm": next((arm["name"] for arm in protocol["arms"] if not arm.get("assistant")), ""),
        "analysis": declared,
        "experts": [{"task": task["name"], **task["expert"]} for task in protocol["tasks"] if task.get("expert")],
    }


def _arms(protocol: Mapping[str, Any]) -> Iterator[Record]:
    for arm in protocol["arms"]:
        assistant = protocol.get("assistants", {}).get(arm.get("assistant") or "", {})
        yield {"arm": arm["name"], "label": arm.get("label", ""), "assistant": arm.get("assistant") or "",
               "strategy": assistant.get("strategy", ""), "model": assistant.get("model", "")}  # fmt: skip


def _places(protocol: Mapping[str, Any]) -> Iterator[tuple[int, int, str, Mapping[str, Any]]]:
    arms = protocol["arms"]
    for person in range(max(_PEOPLE, _PER_ARM * len(arms))):
        for task in protocol["tasks"]:
            for item in range(_EACH):
                side = person if protocol["design"]["unit"] == "between" else person + item
                yield person, item, task["name"], arms[side % len(arms)]


def _trial(
    rng: np.random.Generator, protocol: Mapping[str, Any], person: int, item: int, task: str, arm: Mapping[str, Any]
) -> Record:
    right, timed = bool(rng.random() < 0.6), any(each.get("time_limit_seconds") for each in protocol["tasks"])
    answer = "A" if right else _LETTERS[rng.integers(1, 4)]
    late = timed and rng.random() < 0.1
    row: Record = {
        "participant_id": f"P{person:03d}", "item_id": f"{task}-{item}", "arm": arm["name"], "task": task,
        "trial_kind": "main", "n_options": 4, "gold": "A", "answer": "" if late else answer,
        "correct": "" if late else right, "seconds": float(rng.integers(10, 60)), "timed_out": late,
        "closed_by": "deadline" if late else "participant", "opened": bool(person or item),
        "randomised_at": "2000-01-01T00:00:00.000Z", "assistant": arm.get("assistant") or "",
        "clock_paused_seconds": 0,
    }  # fmt: skip
    if protocol.get("exclusions"):
        row |= {"excluded": bool(item == 0 and person % 5 == 0)}
    if not late and protocol.get("confidence", {}).get("scale"):
        row["confidence"] = _confidence(rng, protocol["confidence"])
    return row | (_assisted(rng, protocol, arm, person) if arm.get("assistant") else {})


def _confidence(rng: np.random.Generator, confidence: Mapping[str, Any]) -> float:
    offered = [value / 100 for value in confidence.get("values", [])] or _FIVE
    return round(float(rng.uniform(0.25, 1)), 3) if confidence["scale"] == "slider" else float(rng.choice(offered))


def _assisted(rng: np.random.Generator, protocol: Mapping[str, Any], arm: Mapping[str, Any], person: int) -> Record:
    first, last, own = (_LETTERS[place] for place in rng.integers(0, 3, 3))
    row: Record = {
        "assistant_first_answer": first, "assistant_answer": last, "assistant_correct": last == "A",
        "messages_sent": int(rng.integers(0, 3)), "reply_wait_seconds": 1, "assisted_trials_before": person % 12,
        "wrong_briefs_before": person % 6, "participant_stated_answer": own,
    }  # fmt: skip
    if protocol["assistants"][arm["assistant"]].get("strategy") == "assigned":
        row |= {"brief_target": first, "brief_correct": first == "A"}
    if protocol.get("answer", {}).get("initial", "none") != "none":
        row |= {"initial_answer": own, "initial_correct": own == "A"}
    return row


def _people(protocol: Mapping[str, Any], trials: list[Record]) -> list[Record]:
    between = protocol["design"]["unit"] == "between"
    names = [arm["name"] for arm in protocol["arms"]]
    made: dict[str, Record] = {}
    for row in trials:
        number = len(made)
        made.setdefault(row["participant_id"], {
            "participant_id": row["participant_id"], "assigned_arm": row["arm"] if between else "",
            "sequence": "" if between else ">".join(names if number % 2 else names[::-1]),
            "consented_at": row["randomised_at"], "randomised_at": row["randomised_at"],
            "outcome": "withdrawn" if number % 7 == 0 else "completed",
        })  # fmt: skip
    return list(made.values())


def _baselines(rng: np.random.Generator, protocol: Mapping[str, Any]) -> Iterator[Record]:
    for comparator in ("as_deployed", "benchmark"):
        for assistant in protocol["assistants"]:
            for task in protocol["tasks"]:
                for item in range(_EACH):
                    right = bool(rng.random() < 0.6)
                    yield {"assistant": assistant, "model": "model", "method": "zero_shot", "task": task["name"],
                           "item_id": f"{task['name']}-{item}", "comparator": comparator, "outcome": "answered",
                           "answer": "A" if right else "B", "gold": "A", "correct": right}  # fmt: skip
