import zipfile
from pathlib import Path
from typing import Any

import pytest

from analysis.faults import PackageError
from analysis.load import load
from tests.analysis.packages import crossed, one_csv, package, response, write_zip


def faults(path: Path) -> tuple[str, ...]:
    with pytest.raises(PackageError) as caught:
        load(path)
    return caught.value.faults


def test_zip_and_folder_give_the_same_rows_and_the_same_hash(tmp_path: Path) -> None:
    export = package(tmp_path / "export.zip", crossed())
    with zipfile.ZipFile(export) as archive:
        archive.extractall(tmp_path / "folder")
    zipped, unpacked = load(export), load(tmp_path / "folder")
    assert zipped.sha256 == unpacked.sha256
    assert zipped.responses.equals(unpacked.responses)


def test_true_and_false_read_the_same_as_1_and_0_and_empty_stays_missing(tmp_path: Path) -> None:
    base = {"participant_id": "P1", "arm": "a"}
    words = [base | {"item_id": i, "correct": c} for i, c in (("x", "true"), ("y", "false"), ("z", ""))]
    digits = [row | {"correct": {"true": "1", "false": "0", "": ""}[row["correct"]]} for row in words]
    first = load(one_csv(tmp_path / "a.csv", words)).responses["correct"]
    second = load(one_csv(tmp_path / "b.csv", digits)).responses["correct"]
    assert first.equals(second)
    assert first.isna().tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"confidence": 1.5}, "responses.csv row 2 confidence: 1.5 is outside 0-1"),
        ({"arm": "ghost"}, "responses.csv row 2 arm: 'ghost' is not in arms.csv"),
        ({"correct": "maybe"}, "responses.csv row 2 correct: 'maybe' is no boolean"),
        ({"answer": "A", "correct": True},
         "responses.csv row 2 correct: True contradicts answer 'A' and gold 'B'"),
        ({"answer": "E", "correct": False}, "responses.csv row 2 answer: 'E' is no letter of this item"),
        ({"answer": None, "correct": True}, "responses.csv row 2 correct: set although there is no answer"),
        ({"answer": "A", "correct": None}, "responses.csv row 2 correct: empty although the answer is 'A'"),
        ({"opened_at": "yesterday"}, "responses.csv row 2 opened_at: 'yesterday' is no time"),
        ({"seconds": "fast"}, "responses.csv row 2 seconds: 'fast' is no number"),
        ({"position": 1.5}, "responses.csv row 2 position: '1.5' is no integer"),
    ],
)  # fmt: skip
def test_a_contradiction_is_refused_with_row_and_value(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    rows = crossed()
    rows[0] = rows[0] | {"assistant": None, "brief_target": None} | change
    export = package(tmp_path / "export.zip", rows)
    if change.get("arm"):
        drop_arm(export, change["arm"])
    assert message in faults(export)


def drop_arm(export: Path, arm: str) -> None:
    """Writes the package again with an arms.csv that lacks ``arm`` and a manifest that agrees."""
    with zipfile.ZipFile(export) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if name != "manifest.json"}
    lines = files["arms.csv"].split(b"\r\n")
    files["arms.csv"] = b"\r\n".join(line for line in lines if arm.encode() not in line)
    write_zip(export, files, {})


def test_all_faults_are_listed_not_only_the_first(tmp_path: Path) -> None:
    rows = crossed()
    rows[0]["confidence"], rows[3]["confidence"] = -1, 2
    rows.append(rows[5] | {"trial_id": "again"})
    found = faults(package(tmp_path / "export.zip", rows))
    assert len([fault for fault in found if "outside 0-1" in fault]) == 2
    assert any("meets" in fault and "twice" in fault for fault in found)


def test_a_changed_file_is_found_by_its_hash(tmp_path: Path) -> None:
    export = package(tmp_path / "export.zip", crossed())
    with zipfile.ZipFile(export) as archive:
        archive.extractall(tmp_path / "folder")
    (tmp_path / "folder" / "items.csv").write_bytes(b"item_id,gold\r\n")
    assert any(fault.startswith("items.csv: sha256 is") for fault in faults(tmp_path / "folder"))


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ({"files": {"responses.csv": {}}}, "responses.csv: sha256 is"),
        ({"files": 7}, "manifest.json: no sha256 of responses.csv"),
        ({"files": [{"path": "gone.csv", "sha256": "0"}]}, "manifest.json: lists gone.csv, which is missing"),
        ({"schema_version": "99"}, "manifest.json: schema version 99; this analysis reads 1"),
    ],
)
def test_a_manifest_that_does_not_match_is_refused(tmp_path: Path, manifest: dict[str, Any], message: str) -> None:
    found = faults(package(tmp_path / "export.zip", crossed(), **manifest))
    assert any(fault.startswith(message) for fault in found), found


def test_missing_columns_are_named(tmp_path: Path) -> None:
    export = one_csv(tmp_path / "few.csv", [{"participant_id": "P1", "arm": "a"}])
    assert faults(export) == ("responses.csv: no column item_id correct",)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", b"", "empty, without a header"),
        ("x.csv", b"participant_id,item_id,arm,correct\nP\xff,I,a,1\n", "not UTF-8"),
        ("x.csv", b"participant_id,item_id,arm,correct\nP,I\n", "row 2: 2 cells under 4 headings"),
        ("x.csv", b"participant_id,item_id,arm,correct\nP,I,a,1,9,9\n", "row 2: 6 cells under 4 headings"),
        ("x.zip", b"no zip", "neither a readable zip nor a .csv"),
    ],
)
def test_an_unreadable_file_is_one_sentence(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert any(message in fault for fault in faults(tmp_path / name))


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    assert "there is no such file" in faults(tmp_path / "none.zip")[0]


def test_newlines_and_words_like_NA_stay_text(tmp_path: Path) -> None:  # noqa: N802
    rows = [{"participant_id": "NA", "item_id": "two\nlines", "arm": "None", "correct": "1"}]
    frame = load(one_csv(tmp_path / "a.csv", rows)).responses
    assert frame.loc[0, ["participant_id", "item_id", "arm"]].tolist() == ["NA", "two\nlines", "None"]


def test_simulated_and_preview_rows_never_meet_real_people(tmp_path: Path) -> None:
    real = crossed(4)
    others = [response(10, item, "assisted", is_simulated=True) for item in range(8)]
    previews = [response(20, item, "assisted", is_preview=True) for item in range(3)]
    found = load(package(tmp_path / "export.zip", real + others + previews))
    assert set(found.responses["participant_id"]) == {"P0", "P1", "P2", "P3"}
    assert (found.simulated, found.left_out) == (False, {"preview": 3, "simulated": 8})


def test_a_package_of_simulated_people_alone_is_read_as_simulated(tmp_path: Path) -> None:
    rows = crossed(is_simulated=True)
    previews = [response(20, item, "assisted", is_preview=True) for item in range(3)]
    found = load(package(tmp_path / "export.zip", rows + previews))
    assert found.simulated
    assert len(found.responses) == len(rows)


def test_only_main_trials_need_an_arm(tmp_path: Path) -> None:
    practice = response(1, 1, "", trial_kind="practice", assistant=None)
    assert len(load(package(tmp_path / "a.zip", [response(0, 0, "unaided"), practice])).responses) == 2
    unknown = response(1, 1, "", assistant=None)
    assert "responses.csv row 3 arm: empty" in faults(package(tmp_path / "b.zip", [response(0, 0, "unaided"), unknown]))
