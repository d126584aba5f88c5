"""A zip that is written member by member, hashed on the way, the same bytes for the same content."""

import csv
import hashlib
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

ROWS_PER_WRITE = 500
_MODE = 0o644 << 16
_UNIX = 3


class _Lines(list[str]):
    """What a csv writer writes to."""

    write = list[str].append


@dataclass
class Archive:
    """`files` collects what the manifest says of each member: its sha256 and, for a table, its rows."""

    zip: zipfile.ZipFile
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add_text(self, name: str, text: str) -> None:
        """Write a whole text file."""
        with self._member(name) as member:
            content = text.encode()
            member.write(content)
        self.files[name] = {"sha256": hashlib.sha256(content).hexdigest()}

    def add_json(self, name: str, document: Any) -> None:
        self.add_text(name, json.dumps(document, indent=1, ensure_ascii=False) + "\n")

    def add_table(self, name: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
        """Write a CSV (RFC 4180, UTF-8) row by row; how many rows it has."""
        count, digest = 0, hashlib.sha256()
        lines = _Lines()
        writer = csv.writer(lines, lineterminator="\r\n")
        with self._member(name) as member:
            writer.writerow(header)
            for row in rows:
                writer.writerow(row)
                count += 1
                if len(lines) >= ROWS_PER_WRITE:
                    _flush(lines, member, digest)
            _flush(lines, member, digest)
        self.files[name] = {"rows": count, "sha256": digest.hexdigest()}
        return count

    def _member(self, name: str) -> IO[bytes]:
        info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
        info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, _MODE, _UNIX
        return self.zip.open(info, "w", force_zip64=True)


def _flush(lines: _Lines, member: IO[bytes], digest: Any) -> None:
    content = "".join(lines).encode()
    lines.clear()
    digest.update(content)
    member.write(content)
