"""Small data packages written by the declared schema, for tests of what reads them."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from analysis.schema import SCHEMA_VERSION, TABLES, codebook_rows, table
from tests.shared_data import shared as shared

SHA = "a" * 64
Record = dict[str, Any]


def response(person: int, item: int, arm: str, **values: Any) -> Record:
    """A complete, consistent main response; ``answer`` B is right, anything else wrong, None a time-out."""
    answer = values.pop("answer", "B" if (person + item) % 3 else "A")
    assisted = arm != "unaided"
    target = values.get("brief_target", "B" if item % 2 else "C") if assisted else None
    row: Record = {
        "study": "trial-study", "protocol_sha256": SHA, "protocol_version": 1,
        "participant_id": f"P{person}", "session_id": f"S{person}", "sitting": 1,
        "trial_id": f"T{person}-{item}", "arm": arm, "task": "mmlu", "dataset": "mmlu-own",
        "item_id": f"I{item}", "n_options": 4, "trial_kind": "main", "position": item + 1,
        "allocation_id": f"A{person}-{item}", "opened_at": "2026-01-01T10:00:00.000Z",
        "closed_at": "2026-01-01T10:01:00.000Z", "seconds": 60, "timed_out": answer is None,
        "closed_by": "deadline" if answer is None else "participant", "choice_order": "DCBA",
        "answer": answer, "gold": "B", "correct": None if answer is None else answer == "B",
        "assistant": "helper" if assisted else None, "brief_target": target,
        "brief_correct": None if target is None else target == "B",
        "assistant_first_answer": target, "assistant_answer": target, "key_status": "ok",
        "is_simulated": False, "is_preview": False, "excluded": False,
    }  # fmt: skip
    return row | values


def crossed(people: int = 6, items: int = 8, **values: Any) -> list[Record]:
    """Everyone meets every item; arms alternate over people and items."""
    return [
        response(person, item, ("unaided", "assisted")[(person + item) % 2], **values)
        for person in range(people)
        for item in range(items)
    ]


def package(
    path: Path,
    responses: Iterable[Record],
    unopened: Iterable[Record] = (),
    tables: Mapping[str, list[Record]] | None = None,
    **manifest: Any,
) -> Path:
    """Writes a zip with every declared table around these responses; ``unopened`` are only planned, and
    ``tables`` stand in place of those made here."""
    rows, planned = list(responses), list(unopened)
    made: dict[str, list[Record]] = {
        "responses": rows,
        "arms": [
            {"study": "trial-study", "protocol_sha256": SHA, "arm": arm, "label": arm.title(),
             "assistant": None if arm == "unaided" else "helper", "strategy": "assigned"}
            for arm in sorted({row["arm"] for row in rows + planned}, reverse=True)
        ],
        "participants": _distinct(rows + planned, "participant_id", randomised_at="2026-01-01T09:59:00.000Z"),
        "sessions": _distinct(rows, "session_id", started_at="2026-01-01T09:50:00.000Z"),
        "allocations": [row | {"probability": 0.5, "opened": row in rows,
                               "randomised_at": "2026-01-01T09:59:00.000Z"} for row in rows + planned],
        "items": _distinct(rows + planned, "item_id", family="mmlu", question="What?"),
        "codebook": list(codebook_rows()),
    }  # fmt: skip
    made |= tables or {}
    files = {each.filename: csv_bytes(each.name, made.get(each.name, [])) for each in TABLES}
    files[f"protocol/{SHA}.json"] = b"{}\n"
    return write_zip(path, files, manifest)


def write_zip(path: Path, files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> Path:
    listed = {name: {"sha256": hashlib.sha256(content).hexdigest()} for name, content in files.items()}
    about = {"schema_version": SCHEMA_VERSION, "study": "trial-study", "title": "A trial study",
             "design": "within", "unit_of_assignment": "item", "files": listed} | dict(manifest)  # fmt: skip
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in [*files.items(), ("manifest.json", json.dumps(about).encode())]:
            archive.writestr(name, content)
    return path


def csv_bytes(name: str, rows: Iterable[Record]) -> bytes:
    buffer = io.StringIO()
    names = table(name).column_names
    writer = csv.DictWriter(buffer, names, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows([{column: written(row.get(column)) for column in names} for row in rows])
    return buffer.getvalue().encode()


def written(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def one_csv(path: Path, rows: Iterable[Record]) -> Path:
    """A bare table with the columns of its first row."""
    records = list(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, records[0])
        writer.writeheader()
        writer.writerows([{name: written(value) for name, value in row.items()} for row in records])
    return path


def _distinct(rows: list[Record], key: str, **values: Any) -> list[Record]:
    return list({row[key]: row | values for row in rows}.values())
