"""The files of a simulated study: a data package (zip) or its responses alone (CSV), with the truth beside."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.schema import SCHEMA_VERSION, TABLES, Table, frictionless, table
from analysis.simulate import UNAIDED, Truth
from analysis.synthetic.expected import expected
from analysis.synthetic.study import STUDY, planned
from analysis.synthetic.tables import tables

if TYPE_CHECKING:
    import pandas as pd

TRUTH = "truth.json"
TITLE = "A simulated study whose truth is known"
_MIDNIGHT = (2026, 1, 1, 0, 0, 0)  # of every file in the zip, so that the same seed gives the same bytes


def write_package(truth: Truth, seed: int, out: Path) -> None:
    """Write the whole data package; ``truth.json`` in it has the parameters and what should be found."""
    protocol = _json({"title": TITLE, "parameters": asdict(truth)})
    sha256 = hashlib.sha256(protocol).hexdigest()
    made = tables(truth, seed, planned(truth, seed), sha256)
    files = {each.filename: as_csv(each, made.get(each.name)) for each in TABLES}
    files |= {f"protocol/{sha256}.json": protocol, TRUTH: truth_file(truth, seed),
              "datapackage.json": _json(frictionless(STUDY, TITLE))}  # fmt: skip
    manifest = _manifest(truth, sha256, files, {name: len(frame) for name, frame in made.items()})
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in [*files.items(), ("manifest.json", _json(manifest))]:
            archive.writestr(zipfile.ZipInfo(name, _MIDNIGHT), content, zipfile.ZIP_DEFLATED)


def write_csv(truth: Truth, seed: int, out: Path) -> None:
    """Write responses.csv alone, without its empty columns, and the truth beside it."""
    frame = tables(truth, seed, planned(truth, seed), "")["responses"].dropna(axis=1, how="all")
    kept = tuple(column for column in table("responses").columns if column.name in frame)
    out.write_bytes(as_csv(Table("responses", kept), frame))
    out.with_suffix(f".{TRUTH}").write_bytes(truth_file(truth, seed))


def truth_file(truth: Truth, seed: int) -> bytes:
    return _json({"seed": seed, "parameters": asdict(truth), "expected": expected(truth)})


def as_csv(declared: Table, frame: pd.DataFrame | None) -> bytes:
    """The frame as the package writes it: declared columns alone, missing as empty, times in UTC."""
    import pandas as pd

    rows = pd.DataFrame() if frame is None else frame
    cells = {each.name: _cells(rows[each.name], each.type) for each in declared.columns if each.name in rows}
    written = pd.DataFrame(cells, index=rows.index).reindex(columns=list(declared.column_names))
    return str(written.to_csv(index=False, lineterminator="\r\n")).encode()


def _cells(values: pd.Series, kind: str) -> pd.Series:
    import pandas as pd

    if kind == "boolean":
        return values.map({True: "true", False: "false"}, na_action="ignore")
    if kind == "integer":
        return values.astype(object).where(values.notna(), None).astype("Int64")
    if kind == "number":
        return pd.to_numeric(values).round(4)
    if kind == "time":
        known = pd.to_numeric(values).fillna(0).astype("int64").to_numpy().astype("datetime64[ms]")
        return pd.Series(np.char.add(np.datetime_as_string(known), "Z"), index=values.index).where(values.notna())
    return values


def _manifest(truth: Truth, sha256: str, files: Mapping[str, bytes], rows: Mapping[str, int]) -> dict[str, Any]:
    between = truth.design == "between"
    return {
        "schema_version": SCHEMA_VERSION, "study": STUDY, "title": TITLE,
        "question": "Does the analysis find what was put in?",
        "protocols": [{"version": 1, "sha256": sha256}], "app_version": "simulated",
        "unit_of_assignment": "participant" if between else "item", "design": truth.design,
        "arm_order": "" if between else "counterbalanced", "separate_items": False, "reference_arm": UNAIDED,
        "analysis": {"alpha": 0.05, "items": "random"}, "blinded": False, "unblindings": [],
        "includes_simulated": True, "includes_preview": False,
        "files": {name: {"sha256": hashlib.sha256(content).hexdigest()} | _rows(name, rows)
                  for name, content in files.items()},
    }  # fmt: skip


def _rows(name: str, rows: Mapping[str, int]) -> dict[str, int]:
    stem = name.removesuffix(".csv")
    return {"rows": rows.get(stem, 0)} if name.endswith(".csv") else {}


def _json(content: Any) -> bytes:
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()
