"""Small data set files of our own, for the tests of readers, service and command."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studies.datasets import READERS, Contents, DatasetError

ARTICLE = "The lamp on the pier went out at nine.\n\nNobody but the ferryman saw it, and he told no one until spring."

FERRY = {
    "question": "Who saw the lamp go out?",
    "question_unique_id": "70001_AAAA1111_1",
    "options": ["The ferryman", "Nobody", "The keeper", "A child"],
    "writer_label": 1,
    "gold_label": 1,
    "validation": [
        {"untimed_annotator_id": "0001", "untimed_answer": 1, "untimed_eval1_answerability": 1,
         "untimed_eval2_context": 2, "untimed_best_distractor": 3},
        {"untimed_annotator_id": "0002", "untimed_answer": 3, "untimed_eval1_answerability": 2,
         "untimed_eval2_context": 2, "untimed_best_distractor": 2},
    ],
    "speed_validation": [
        {"speed_annotator_id": "0003", "speed_answer": 4},
        {"speed_annotator_id": "00NA", "speed_answer": 2},
        {"speed_annotator_id": "00NA", "speed_answer": 1},
    ],
    "difficult": 1,
}  # fmt: skip


def question(**changes: Any) -> dict[str, Any]:
    """A question with its validators; a change to None takes a field away."""
    return {name: value for name, value in (FERRY | changes).items() if value is not None}


def line(*questions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """One line of the published layout."""
    about = {
        "article_id": "70001", "set_unique_id": "70001_AAAA1111", "batch_num": "11", "writer_id": "2001",
        "source": "Harbour Press", "title": "The Lamp", "year": 1931, "author": "A. Writer", "topic": "Fiction",
        "url": "https://example.org/lamp", "license": "CC BY 4.0", "article": ARTICLE,
    }  # fmt: skip
    return about | {"questions": list(questions) or [question()]} | changes


def single(**changes: Any) -> dict[str, Any]:
    """One entry of the converted layout, whose gold_label counts from 0."""
    entry = {"article": ARTICLE, "question": "When?", "options": ["Eight", "Nine", "Ten", "Noon"], "gold_label": 1}
    return entry | changes


def write_lines(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in lines), encoding="utf-8")
    return path


def write_list(path: Path, *entries: dict[str, Any]) -> Path:
    path.write_text(json.dumps(entries, indent=2), encoding="utf-8")
    return path


def mmlu_row(number: int, gold: str = "B") -> list[str]:
    return [f"What is {number} and {number}?", str(number), str(2 * number), f"{number}.0", "0.50%", gold]


def write_csv(path: Path, *rows: Sequence[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return path


def read(family: str, *paths: Path) -> Contents:
    return READERS[family](paths, lambda what, done, total: None)


def faults(family: str, *paths: Path) -> list[str]:
    """Why these files are refused, without their folder; empty where they are not."""
    try:
        read(family, *paths)
    except DatasetError as error:
        folders = {f"{path.parent}/" for path in paths}
        return [_without(folders, fault) for fault in error.faults]
    return []


def _without(folders: set[str], text: str) -> str:
    for folder in folders:
        text = text.replace(folder, "")
    return text
