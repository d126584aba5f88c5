"""The bundled items as their files spell them, read without the project's own readers."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "studies" / "datasets" / "bundled"


@dataclass(frozen=True)
class Question:
    key: str
    text: str
    options: tuple[str, ...]
    gold: str


def mmlu() -> list[Question]:
    return [question for file in sorted(FOLDER.glob("mmlu/*/*.csv")) for question in _mmlu_file(file)]


def _mmlu_file(file: Path) -> list[Question]:
    subject, _, split = file.stem.rpartition("_")
    assert split == file.parent.name
    with file.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream, strict=True))
    assert all(len(row) == 6 for row in rows)
    return [
        Question(f"{subject}/{split}/{number}", row[0], tuple(row[1:5]), row[5]) for number, row in enumerate(rows, 1)
    ]


def articles() -> list[dict[str, Any]]:
    [file] = FOLDER.glob("quality/*.jsonl")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line]


def quality() -> list[Question]:
    return [
        Question(entry["question_unique_id"], entry["question"], tuple(entry["options"]), str(entry["gold_label"]))
        for article in articles()
        for entry in article["questions"]
    ]
