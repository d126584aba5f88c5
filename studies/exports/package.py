"""Writing the data package of a study: one zip, streamed, from one consistent view of the database."""

import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from studies.domain.errors import Refused
from studies.exports.archive import Archive
from studies.exports.documents import description, documents, readme
from studies.exports.manifest import manifest
from studies.exports.scope import Scope
from studies.exports.sheets import lines, tables
from studies.exports.snapshot import snapshot
from studies.models import Study

Row = list[str]
Progress = Callable[[str, Iterable[Row]], Iterable[Row]]


@dataclass(frozen=True)
class Written:
    """What went into a package: rows by table, and what stayed out."""

    rows: dict[str, int]
    blinded: bool
    simulated_left_out: int


def _silently(name: str, rows: Iterable[Row]) -> Iterable[Row]:
    return rows


def write_package(
    *, study: Study, out: Path | IO[bytes], include_simulated: bool = False, progress: Progress = _silently
) -> Written:
    """Write the data package of a study to a path (complete or not at all) or to an open binary file.

    `progress` is given each table's name and rows and passes them on. Raises Refused: study_not_launched.
    """
    with snapshot():
        scope = Scope(Study.objects.get(pk=study.pk), include_simulated)
        if not scope.versions:
            raise Refused("study_not_launched", f"Study {study.slug!r} has not been launched: there is no data yet.")
        with _target(out) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
            rows = _write(scope, Archive(zipped), progress)
        return Written(rows, scope.blinded, scope.left_out_simulated())


def _write(scope: Scope, archive: Archive, progress: Progress) -> dict[str, int]:
    archive.add_text("README.txt", readme(scope))
    rows = {
        table.name: archive.add_table(
            table.filename, table.column_names, progress(table.name, lines(table, sheet, scope))
        )
        for table, sheet in tables()
    }
    for name, text in documents(scope):
        archive.add_text(name, text)
    archive.add_json("datapackage.json", description(scope))
    archive.add_json("manifest.json", manifest(scope, dict(archive.files)))
    return rows


@contextmanager
def _target(out: Path | IO[bytes]) -> Iterator[IO[bytes]]:
    """The file to write to; a path gets its content only when all of it is there."""
    if not isinstance(out, Path):
        yield out
        return
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
