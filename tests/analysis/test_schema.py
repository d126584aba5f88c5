import subprocess
import sys
from pathlib import Path

from analysis.schema import TABLES, codebook_rows, frictionless, table
from tests.analysis.packages import crossed, package, shared

ABOUT_PEOPLE = ("participants", "sessions", "allocations", "responses", "messages", "generations", "events",
                "form_answers")  # fmt: skip


def test_a_package_written_by_the_schema_passes_the_independent_checker(tmp_path: Path) -> None:
    checker = shared("README.md").parent.parent / "check_package.py"
    export = package(tmp_path / "export.zip", crossed())
    found = subprocess.run([sys.executable, checker, export], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout
    assert found.stdout.startswith("0 faults")


def test_every_table_about_people_marks_simulated_and_preview_rows() -> None:
    for name in ABOUT_PEOPLE:
        assert {"is_simulated", "is_preview"} <= set(table(name).column_names), name


def test_every_column_is_described_once_and_keys_are_columns() -> None:
    for each in TABLES:
        assert len(set(each.column_names)) == len(each.columns), each.name
        assert set(each.key) <= set(each.column_names), each.name
        assert all(column.description for column in each.columns)


def test_codebook_and_frictionless_cover_every_column() -> None:
    declared = [(each.name, column) for each in TABLES for column in each.column_names]
    assert [(row["table"], row["column"]) for row in codebook_rows()] == declared
    described = [
        (resource["path"].removesuffix(".csv"), field["name"])
        for resource in frictionless("x")["resources"]
        for field in resource["schema"]["fields"]
    ]
    assert described == declared


def test_the_schema_needs_the_standard_library_only() -> None:
    code = "import sys, analysis.schema; print([m for m in ('numpy', 'pandas', 'django') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
