"""The command as a person types it."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from studies.models import Dataset, Item
from tests.datasets.files import line, mmlu_row, write_csv, write_lines

ROOT = Path(__file__).resolve().parents[2]


def load_items(*arguments: object) -> str:
    out = StringIO()
    call_command("load_items", *(str(each) for each in arguments), stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_one_line_says_what_was_loaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_csv(tmp_path / "tides_test.csv", mmlu_row(1), mmlu_row(1))
    assert load_items("mmlu", file) == (
        "mmlu: items added: 2, already there: 0, categories: 1, exact duplicates kept: 1\n"
    )
    assert load_items("mmlu", file).startswith("mmlu: items added: 0, already there: 2")
    shown = capsys.readouterr()
    assert "reading files" in shown.err
    assert "storing items" in shown.err
    assert shown.out == ""


@pytest.mark.django_db
def test_the_data_set_has_the_name_that_was_asked_for(tmp_path: Path) -> None:
    load_items("quality", write_lines(tmp_path / "own.dev", line()), "--dataset", "lamps-2")
    assert list(Dataset.objects.values_list("name", "family")) == [("lamps-2", "quality")]


@pytest.mark.django_db
def test_nothing_is_shown_when_nothing_is_wanted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = load_items("mmlu", write_csv(tmp_path / "tides_test.csv", mmlu_row(1)), "--verbosity", "0")
    assert (out, capsys.readouterr().err) == ("", "")


@pytest.mark.django_db
def test_many_faults_are_cut_short(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "tides_test.csv", *(mmlu_row(number, "?") for number in range(30)))
    with pytest.raises(CommandError) as refused:
        load_items("mmlu", file)
    lines = str(refused.value).splitlines()
    assert lines[0] == "Nothing was loaded:"
    assert lines[1].endswith("tides_test.csv:1: the last field must be the letter of the answer, A to D; found '?'")
    assert lines[-1] == "and 10 more faults"
    assert len(lines) == 22
    assert not Item.objects.exists()


@pytest.mark.django_db
def test_a_bad_name_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="letters, digits"):
        load_items("mmlu", write_csv(tmp_path / "tides_test.csv", mmlu_row(1)), "--dataset", "two words")


def test_a_person_reads_lines_and_a_script_the_exit_status(tmp_path: Path) -> None:
    (tmp_path / "latin_test.csv").write_bytes(b"Caf\xe9?,a,b,c,d,A\n")
    (tmp_path / "binary_test.csv").write_bytes(b"\x00\x01\x02")
    (tmp_path / "empty").mkdir()
    names = ["latin_test.csv", "binary_test.csv", "empty", "gone.csv"]
    done = subprocess.run(
        [sys.executable, "manage.py", "load_items", "mmlu", *(str(tmp_path / name) for name in names)],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": f"sqlite:///{tmp_path / 'none.sqlite3'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "empty: this folder has no .csv or .parquet files" in done.stderr
    for said in ("latin_test.csv:1: this is not UTF-8", "binary_test.csv: this is not a text", "gone.csv: there is no"):
        assert said in done.stderr


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("load_items", "--help")
    assert ended.value.code == 0
    assert "manage.py load_items mmlu data/" in capsys.readouterr().out
