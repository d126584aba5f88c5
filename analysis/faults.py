"""What a data package may not say: each rule yields one line per offending row."""

from __future__ import annotations

import hashlib
import string
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis.schema import SCHEMA_VERSION, TABLES

if TYPE_CHECKING:
    import pandas as pd

_LETTERS = (
    "answer",
    "gold",
    "initial_answer",
    "late_answer",
    "brief_target",
    "assistant_first_answer",
    "assistant_answer",
)
_PROBABILITIES = ("confidence", "initial_confidence", "late_confidence", "brief_probability")
_HOMES = (
    ("responses", "arm", "arms", "arm"),
    ("allocations", "arm", "arms", "arm"),
    ("responses", "participant_id", "participants", "participant_id"),
    ("allocations", "participant_id", "participants", "participant_id"),
    ("responses", "session_id", "sessions", "session_id"),
    ("responses", "item_id", "items", "item_id"),
    ("messages", "trial_id", "responses", "trial_id"),
    ("generations", "message_id", "messages", "message_id"),
)


class PackageError(Exception):
    """A package that cannot be analysed; ``faults`` has one readable line for each reason."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(faults[0] if len(faults) == 1 else f"{faults[0]} (and {len(faults) - 1} more)")


class PlanError(Exception):
    """A wish that this package cannot meet, in one readable line."""


def manifest_faults(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> list[str]:
    """Files that the manifest does not know, does not find, or knows with another content."""
    return [*_version_faults(manifest), *_expert_faults(manifest), *_file_faults(files, _listed(manifest))]


def table_faults(tables: Mapping[str, pd.DataFrame], minimum: Sequence[str], *, blinded: bool = False) -> list[str]:
    """Contradictions within and between the typed tables."""
    responses = tables["responses"]
    lacking = [column for column in minimum if column not in responses]
    if lacking:
        return [f"responses.csv: no column {' '.join(lacking)}"]
    return [
        *_empty(responses, minimum[:2]),
        *_empty(_main(responses), minimum[2:3]),
        *_repeats(responses),
        *_ranges(responses),
        *_letters(responses),
        *_scoring(responses, blinded),
        *_briefs(responses),
        *_joins(tables),
    ]


def _version_faults(manifest: Mapping[str, Any]) -> Iterator[str]:
    version = str(manifest.get("schema_version", ""))
    if version and version != SCHEMA_VERSION:
        yield f"manifest.json: schema version {version}; this analysis reads {SCHEMA_VERSION}"


def _expert_faults(manifest: Mapping[str, Any]) -> Iterator[str]:
    """A declared constant that is no share, or that nobody can look up."""
    declared = manifest.get("experts") or []
    for place, each in enumerate(declared if isinstance(declared, list) else [declared]):
        where = f"manifest.json experts[{place}]"
        accuracy = each.get("accuracy") if isinstance(each, Mapping) else None
        if isinstance(accuracy, bool) or not isinstance(accuracy, int | float) or not 0 < accuracy <= 1:
            yield f"{where} accuracy: {accuracy!r} is no share between 0 and 1"
        elif not str(each.get("source") or "").strip():
            yield f"{where} source: is missing"


def _listed(manifest: Mapping[str, Any]) -> dict[str, str]:
    """sha256 by file; the manifest may list files as an object or as a list of objects."""
    files = manifest.get("files", {})
    if isinstance(files, list):
        entries = [entry for entry in files if isinstance(entry, Mapping)]
        files = {str(entry.get("path") or entry.get("name")): entry for entry in entries}
    if not isinstance(files, Mapping):
        return {}
    return {
        name: str(entry.get("sha256", "") if isinstance(entry, Mapping) else entry) for name, entry in files.items()
    }


def _file_faults(files: Mapping[str, bytes], listed: Mapping[str, str]) -> Iterator[str]:
    for name, sha256 in sorted(listed.items()):
        if name not in files:
            yield f"manifest.json: lists {name}, which is missing"
        elif (found := hashlib.sha256(files[name]).hexdigest()) != sha256:
            yield f"{name}: sha256 is {found}, the manifest says {sha256}"
    known = {each.filename for each in TABLES}
    for name in sorted(known & files.keys() - listed.keys()):
        yield f"manifest.json: no sha256 of {name}"


def _at(frame: pd.DataFrame, wrong: pd.Series[bool], name: str = "responses") -> Iterator[tuple[str, Any]]:
    for index, row in frame[wrong.fillna(False).astype(bool)].iterrows():
        yield f"{name}.csv row {int(str(index)) + 2}", row


def _empty(frame: pd.DataFrame, columns: Sequence[str]) -> Iterator[str]:
    for column in columns:
        for where, _ in _at(frame, frame[column].isna()):
            yield f"{where} {column}: empty"


def _main(frame: pd.DataFrame) -> pd.DataFrame:
    """Main trials: practice comes before any arm is drawn, and attention checks are the same in every arm."""
    return frame[frame["trial_kind"].fillna("main") == "main"] if "trial_kind" in frame else frame


def _repeats(frame: pd.DataFrame) -> Iterator[str]:
    for where, row in _at(frame, frame.duplicated(["participant_id", "item_id"], keep="first")):
        yield f"{where}: {row['participant_id']} meets {row['item_id']} twice"


def _ranges(frame: pd.DataFrame) -> Iterator[str]:
    for column in _PROBABILITIES:
        if column in frame:
            for where, row in _at(frame, (frame[column] < 0) | (frame[column] > 1)):
                yield f"{where} {column}: {row[column]:g} is outside 0-1"


def _letters(frame: pd.DataFrame) -> Iterator[str]:
    """Letters beyond the item's options; without a count of options any capital letter will do."""
    options = frame["n_options"].fillna(26) if "n_options" in frame else None
    places = {letter: place for place, letter in enumerate(string.ascii_uppercase, 1)}
    for column in _LETTERS:
        if column in frame:
            place = frame[column].map(places)
            beyond = place > (26 if options is None else options)
            for where, row in _at(frame, frame[column].notna() & (place.isna() | beyond)):
                yield f"{where} {column}: {row[column]!r} is no letter of this item"


def _scoring(frame: pd.DataFrame, blinded: bool) -> Iterator[str]:
    if "answer" not in frame:
        return
    given, scored = frame["answer"].notna(), frame["correct"].notna()
    for where, _ in _at(frame, scored & ~given):
        yield f"{where} correct: set although there is no answer"
    if not blinded:
        for where, row in _at(frame, given & ~scored):
            yield f"{where} correct: empty although the answer is {row['answer']!r}"
    if "gold" in frame:
        right = frame["answer"] == frame["gold"]
        both = given & scored & frame["gold"].notna()
        for where, row in _at(frame, both & (right != frame["correct"])):
            said = f"contradicts answer {row['answer']!r} and gold {row['gold']!r}"
            yield f"{where} correct: {row['correct']} {said}"


def _briefs(frame: pd.DataFrame) -> Iterator[str]:
    if not {"brief_target", "brief_correct", "gold"} <= set(frame):
        return
    drawn = frame["brief_target"].notna() & frame["gold"].notna() & frame["brief_correct"].notna()
    wrong = drawn & ((frame["brief_target"] == frame["gold"]) != frame["brief_correct"])
    for where, row in _at(frame, wrong):
        yield f"{where} brief_correct: contradicts target {row['brief_target']!r} and gold {row['gold']!r}"


def _joins(tables: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    for name, column, home, key in _HOMES:
        frame, other = tables.get(name), tables.get(home)
        if frame is None or other is None or column not in frame or key not in other:
            continue
        for where, row in _at(frame, frame[column].notna() & ~frame[column].isin(other[key]), name):
            yield f"{where} {column}: {row[column]!r} is not in {home}.csv"
