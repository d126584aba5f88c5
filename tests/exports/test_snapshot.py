from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection

from studies.exports import write_package
from studies.models import Study
from tests.exports.packing import finished, full_study, packed, rows


def _arrive(study_id: int) -> None:
    """Somebody else finishes, in another connection."""
    try:
        finished(Study.objects.get(pk=study_id))
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_an_export_sees_one_moment_and_holds_nobody_up(tmp_path: Path) -> None:
    study = full_study()
    finished(study)
    path = tmp_path / "export.zip"

    def somebody_comes(name: str, lines: Iterable[list[str]]) -> Iterable[list[str]]:
        if name == "sessions":
            with ThreadPoolExecutor(1) as other:
                other.submit(_arrive, study.pk).result(timeout=30)
        return lines

    write_package(study=study, out=path, progress=somebody_comes)
    assert len(rows(path, "participants")) == 1
    assert {row["participant_id"] for row in rows(path, "responses")} == {
        row["participant_id"] for row in rows(path, "participants")
    }
    assert len(rows(packed(study, tmp_path), "participants")) == 2
