"""Reading a data package (its zip or folder) or a single CSV, refusing what contradicts itself.

Nothing is repaired. Every fault is listed with its file, row (the header is row 1) and value.
Simulated people and previews never meet real people: previews are left out, simulated rows too unless
there is nobody else, and then the package says so.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.faults import PackageError, manifest_faults, table_faults
from analysis.schema import TABLES, table
from analysis.typed import read_table

if TYPE_CHECKING:
    import pandas as pd

MINIMUM = ("participant_id", "item_id", "arm", "correct")


@dataclass(frozen=True, eq=False)
class Package:
    """What an analysis works on: typed tables of one pool of people, and the manifest (empty for one CSV).

    A package is itself and equals no other, so that what is made of it can be remembered (see exclusions).
    """

    tables: Mapping[str, pd.DataFrame]
    manifest: Mapping[str, Any]
    sha256: str
    simulated: bool
    left_out: Mapping[str, int]
    """Responses left out of the pool, by reason: ``simulated`` and ``preview``."""

    @property
    def responses(self) -> pd.DataFrame:
        return self.tables["responses"]

    @property
    def foreign(self) -> bool:
        """Whether this is somebody's own table rather than a package of the platform."""
        return not self.manifest

    @property
    def blinded(self) -> bool:
        return bool(self.manifest.get("blinded", False))

    def get(self, name: str) -> pd.DataFrame | None:
        return self.tables.get(name)


def load(path: str | Path) -> Package:
    """The package at ``path``: a zip, a folder, or one CSV with at least the columns of ``MINIMUM``.

    Raises ``PackageError`` with every fault found.
    """
    files = _files(Path(path))
    manifest, faults = _manifest(files)
    faults += manifest_faults(files, manifest) if manifest else []
    tables: dict[str, pd.DataFrame] = {}
    for name, content in _csv(files):
        tables[name], more = read_table(name, content)
        faults += more
    if "responses" not in tables:
        faults.append("responses.csv: missing")
    elif not faults:
        faults += table_faults(tables, MINIMUM, blinded=bool(manifest.get("blinded", False)))
    if faults:
        raise PackageError(faults)
    return _one_pool(tables, manifest, _digest(files))


def _files(path: Path) -> dict[str, bytes]:
    """File contents by their path within the package."""
    try:
        if path.is_dir():
            return {p.relative_to(path).as_posix(): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}
        if path.suffix.lower() == ".csv":
            return {"responses.csv": path.read_bytes()}
        return _unzipped(path)
    except FileNotFoundError:
        raise PackageError([f"{path}: there is no such file or folder"]) from None
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
        raise PackageError([f"{path.name}: neither a readable zip nor a .csv"]) from None
    except OSError as error:
        raise PackageError([f"{path}: {error.strerror}"]) from None


def _unzipped(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        home = next((name.rpartition("/")[0] for name in names if name.endswith("responses.csv")), "")
        prefix = home + "/" if home else ""
        return {name.removeprefix(prefix): archive.read(name) for name in sorted(names)}


def _manifest(files: Mapping[str, bytes]) -> tuple[dict[str, Any], list[str]]:
    if "manifest.json" not in files:
        return {}, [] if len(files) == 1 else ["manifest.json: missing"]
    try:
        manifest = json.loads(files["manifest.json"])
    except ValueError as error:
        return {}, [f"manifest.json: not JSON ({error})"]
    return (manifest, []) if isinstance(manifest, dict) else ({}, ["manifest.json: not a JSON object"])


def _csv(files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    known = {each.filename: each.name for each in TABLES}
    for name, content in files.items():
        if name in known:
            yield known[name], content


def _digest(files: Mapping[str, bytes]) -> str:
    """Hash of all contents, the same for a zip and its unpacked folder; of one CSV simply its sha256."""
    if len(files) == 1:
        return hashlib.sha256(next(iter(files.values()))).hexdigest()
    lines = (f"{name} {hashlib.sha256(content).hexdigest()}\n" for name, content in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _one_pool(tables: dict[str, pd.DataFrame], manifest: dict[str, Any], sha256: str) -> Package:
    responses = tables["responses"]
    preview, simulated = (_flag(responses, column) for column in ("is_preview", "is_simulated"))
    people = tables.get("participants", responses)
    real_people = ~_flag(people, "is_preview") & ~_flag(people, "is_simulated")
    real = bool((~preview & ~simulated).any() or (real_people.any() and not (simulated & ~preview).any()))
    only_simulated = not real and bool((simulated & ~preview).any())
    kept = {
        name: frame[~_flag(frame, "is_preview") & (_flag(frame, "is_simulated") == only_simulated)]
        if "is_simulated" in table(name).column_names
        else frame
        for name, frame in tables.items()
    }
    left_out = {"preview": int(preview.sum()), "simulated": 0 if only_simulated else int(simulated.sum())}
    return Package(kept, manifest, sha256, only_simulated, left_out)


def _flag(frame: pd.DataFrame, column: str) -> pd.Series[bool]:
    """The boolean column with missing as false; all false when the table lacks it."""
    import pandas as pd

    if column not in frame:
        return pd.Series(False, index=frame.index)
    return frame[column].fillna(False).astype(bool)
