import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from analysis.load import load
from analysis.planned import made_up, protocol_of
from analysis.report import write_report
from analysis.results import analyse
from analysis.schema import MANIFEST, TABLES, codebook_rows
from studies.exports import write_package
from studies.exports.sheets import SHEETS
from studies.models import LateAnswer, Participant, Pool, Study, Trial
from studies.services import sitting, studies, trials
from tests.analysis.packages import shared
from tests.exports.packing import finished, first_main, full_study, member, packed, person, rows, say
from tests.factories import dataset
from tests.walk import at

pytestmark = pytest.mark.django_db

NASTY = 'Is it "B", or\nC?\r\nKäse, 東京 🧀; =1+1'


def check(path: Path) -> None:
    """No fault by the independent checker, and the analysis takes the package."""
    load(path)
    checker = shared("README.md").parent.parent / "check_package.py"
    found = subprocess.run([sys.executable, checker, path], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def eventful(study: Study) -> Trial:
    """A talk, a time-out with a late answer, somebody who finished, one who declined and one who withdrew."""
    trial = first_main(person(study, "panel-secret-1"))
    say(trial, NASTY, now=25, advice="B")
    say(trial, "really?", now=30, status="failed", reply="")
    say(trial, "once more", now=35, advice="C")
    with pytest.raises(trials.Refused):
        trials.submit(trial=trial, answer="D", confidence_raw="80", now=at(95))
    finished(study, "panel-secret-2", answer="B")
    gone = finished(study, "panel-secret-3")
    sitting.withdraw(participant=gone.participant, now=at(900))
    sitting.debrief(session=gone, data_use="", now=at(950))
    return Trial.objects.get(pk=trial.pk)


def close(study: Study) -> Study:
    studies.close(study=study, now=at(5000))
    return Study.objects.get(pk=study.pk)


def test_every_declared_column_has_an_entry_and_no_other() -> None:
    assert {table.name: set(table.column_names) for table in TABLES} == {
        name: set(sheet.columns) for name, sheet in SHEETS.items()
    }


def test_a_closed_study_has_a_faultless_package(tmp_path: Path) -> None:
    study = full_study()
    eventful(study)
    check(packed(close(study), tmp_path))


def test_an_open_study_has_a_faultless_package_with_its_answers_withheld(tmp_path: Path) -> None:
    study = full_study()
    eventful(study)
    finished(study, pool=Pool.SIMULATED)
    path = packed(study, tmp_path, include_simulated=True)
    check(path)
    real = [row for row in rows(path, "responses") if row["is_simulated"] == "false"]
    hidden = (
        "gold",
        "answer",
        "correct",
        "confidence",
        "initial_answer",
        "brief_correct",
        "late_answer",
        "bonus_minor",
    )
    assert real
    assert not any(row[column] for row in real for column in hidden)
    assert all(row["arm"] for row in real if row["trial_kind"] == "main")
    assert {row["answer_source"] for row in real} == {"submitted", ""}
    simulated = [row for row in rows(path, "responses") if row["is_simulated"] == "true"]
    assert all(row["answer"] and row["gold"] and row["correct"] for row in simulated)
    assert json.loads(member(path, "manifest.json"))["blinded"] is True


def test_the_constant_that_a_task_declares_travels_with_its_source_into_the_results(tmp_path: Path) -> None:
    expert = {"accuracy": 0.7, "source": "Smith 2020, table 3", "measured_on": "ten graduates"}
    dataset(name="e", family="mmlu-pro")
    task = {"name": "mmlu", "items_per_arm": 3, "time_limit_seconds": 60}
    study = full_study(tasks=[{**task, "dataset": "d"}, {**task, "name": "own", "dataset": "e", "expert": expert}])
    for number in range(4):
        finished(study, f"panel-{number}", answer="B")
    path = packed(close(study), tmp_path)
    check(path)
    assert json.loads(member(path, "manifest.json"))["experts"] == [{"task": "mmlu-pro", "dataset": "e", **expert}]
    rows = {row["task"]: row for row in analyse(load(path), mixed="none")[1]["sandwiching"] if row["primary"]}
    assert (rows["mmlu-pro"]["expert"], rows["mmlu-pro"]["expert_basis"]) == (0.7, "declared")
    assert "Smith 2020, table 3" in rows["mmlu-pro"]["expert_source"]
    assert rows["mmlu"]["expert_basis"] == "published"


def test_a_blinded_report_still_tells_how_many_were_answered(tmp_path: Path) -> None:
    study = full_study()
    finished(study)
    write_report(load(packed(study, tmp_path)), tmp_path / "report")
    results = json.loads((tmp_path / "report" / "results.json").read_text())
    assert results["accuracy"] == []
    assert results["attrition"][0]["answered"] == 6


def test_the_frozen_protocol_in_a_package_gives_the_planned_tables(tmp_path: Path) -> None:
    study = full_study()
    protocol, sha256 = protocol_of(packed(study, tmp_path))
    assert sha256 == study.versions.get().sha256
    planned = made_up(protocol)
    assert set(planned.responses["arm"]) == {arm["name"] for arm in protocol["arms"]}


def test_unblinding_opens_the_answers_and_is_told(tmp_path: Path) -> None:
    study = full_study()
    finished(study)
    user = get_user_model().objects.create_user("ada")
    studies.unblind(study=study, user=user, why="interim look", now=at(2000))
    path = packed(study, tmp_path)
    check(path)
    about = json.loads(member(path, "manifest.json"))
    assert about["blinded"] is False
    assert about["unblindings"] == [{"by": "ada", "at": "2026-03-01T12:33:20.000Z", "reason": "interim look"}]
    assert all(row["correct"] for row in rows(path, "responses"))


def test_an_open_study_of_simulated_people_only_is_exported_open(tmp_path: Path) -> None:
    study = full_study()
    finished(study, pool=Pool.SIMULATED)
    path = packed(study, tmp_path, include_simulated=True)
    check(path)
    assert json.loads(member(path, "manifest.json"))["blinded"] is False
    assert load(path).simulated


def test_without_the_flag_simulated_people_stay_out_and_the_package_is_valid(tmp_path: Path) -> None:
    study = full_study()
    finished(study, pool=Pool.SIMULATED)
    path = tmp_path / "export.zip"
    told = io.StringIO()
    call_command("export", "s", "--out", str(path), stdout=told)
    check(path)
    assert rows(path, "participants") == rows(path, "responses") == []
    assert "only simulated people so far: 1 simulated left out (--include-simulated)" in told.getvalue()


def test_previews_never_go_in(tmp_path: Path) -> None:
    study = full_study()
    finished(study, pool=Pool.PREVIEW)
    path = packed(study, tmp_path, include_simulated=True)
    assert rows(path, "participants") == rows(path, "responses") == rows(path, "sessions") == []


def test_the_same_data_gives_the_same_bytes(tmp_path: Path) -> None:
    study = full_study()
    eventful(study)
    first, second = io.BytesIO(), io.BytesIO()
    write_package(study=study, out=first)
    write_package(study=study, out=second)
    assert first.getvalue() == second.getvalue()


def test_words_survive_as_they_were_typed(tmp_path: Path) -> None:
    study = full_study()
    eventful(study)
    path = packed(study, tmp_path)
    assert NASTY in {row["text"] for row in rows(path, "messages")}
    assert load(path).tables["messages"]["text"].eq(NASTY).any()


def test_pandas_opens_every_table_as_declared(tmp_path: Path) -> None:
    import pandas as pd

    study = full_study()
    eventful(study)
    path = packed(close(study), tmp_path)
    for table in TABLES:
        frame = pd.read_csv(io.BytesIO(member(path, table.filename)))
        assert tuple(frame.columns) == table.column_names


def test_nothing_that_names_a_person_leaves(tmp_path: Path) -> None:
    study = full_study()
    eventful(study)
    path = packed(close(study), tmp_path)
    secrets = ["panel-secret", *Participant.objects.values_list("token", flat=True)]
    everything = b"".join(member(path, name) for name in names(path))
    assert not [secret for secret in secrets if secret.encode() in everything]


def names(path: Path) -> list[str]:
    import zipfile

    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_of_a_person_who_withdrew_only_a_tombstone_leaves(tmp_path: Path) -> None:
    study = full_study()
    gone = finished(study, "p1")
    code = gone.participant.code
    before = packed(study, tmp_path)
    assert sum(code.encode() in member(before, name) for name in names(before)) > 4
    sitting.withdraw(participant=gone.participant, now=at(900))
    path = packed(study, tmp_path)  # at once, although the debrief and the deletion are still to come
    check(path)
    assert [name for name in names(path) if code.encode() in member(path, name)] == ["participants.csv"]
    (stone,) = rows(path, "participants")
    kept = {name: value for name, value in stone.items() if value}
    assert kept == {
        "study": "s",
        "protocol_sha256": kept["protocol_sha256"],
        "participant_id": code,
        "sequence": "assisted>unaided",
        "consented_at": kept["consented_at"],
        "randomised_at": kept["randomised_at"],
        "outcome": "withdrawn",
        "withdrew_at": "2026-03-01T12:15:00.000Z",
        "data_use": "withdrawn",
        "is_simulated": "false",
        "is_preview": "false",
    }


def test_protocols_prompts_and_texts_are_what_was_frozen(tmp_path: Path) -> None:
    study = full_study()
    version = study.versions.get()
    path = packed(study, tmp_path)
    protocol = member(path, f"protocol/{version.sha256}.json")
    assert hashlib.sha256(protocol).hexdigest() == version.sha256
    prompt = "Argue for your option.\n"
    assert member(path, f"prompts/{hashlib.sha256(prompt.encode()).hexdigest()}.txt").decode() == prompt
    assert member(path, f"texts/{version.sha256}/instructions.md") == b"do\n"
    assert b"- release (optional)" in member(path, f"texts/{version.sha256}/consent.md")


def test_the_manifest_has_its_declared_keys_and_knows_every_file(tmp_path: Path) -> None:
    study = full_study()
    finished(study)
    path = packed(study, tmp_path)
    about = json.loads(member(path, "manifest.json"))
    assert set(about) == set(MANIFEST)
    assert set(about["files"]) == set(names(path)) - {"manifest.json"}
    assert about["files"]["responses.csv"]["rows"] == len(rows(path, "responses"))
    assert (about["design"], about["arm_order"], about["reference_arm"]) == ("within", "fixed", "unaided")
    assert rows(path, "codebook") == list(codebook_rows())


def test_the_command_refuses_in_one_line(tmp_path: Path) -> None:
    full_study()
    with pytest.raises(CommandError, match=r"There is no study 'nosuch'\. Known: s\."):
        call_command("export", "nosuch", "--out", str(tmp_path / "x.zip"))
    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        call_command("export", "s", "--out", str(tmp_path / "nowhere" / "x.zip"))


def test_a_failed_export_leaves_the_old_file_alone(tmp_path: Path) -> None:
    study = full_study()
    path = packed(study, tmp_path)
    before = path.read_bytes()

    def breaks(name: str, lines: object) -> list[list[str]]:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_package(study=study, out=path, progress=breaks)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["export.zip"]


def test_a_draft_that_was_never_launched_is_refused(tmp_path: Path) -> None:
    Study.objects.create(slug="draft", title="D", document={}, created_at=at(0))
    with pytest.raises(CommandError, match="has not been launched"):
        call_command("export", "draft", "--out", str(tmp_path / "x.zip"))
    assert not LateAnswer.objects.exists()
