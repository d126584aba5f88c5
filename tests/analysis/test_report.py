import json
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from analysis.__main__ import main
from tests.analysis.packages import crossed, one_csv, package

ROOT = Path(__file__).resolve().parents[2]


def report(export: Path, out: Path) -> str:
    assert main(["report", str(export), "--out", str(out), "--mixed", "none"]) == 0
    return (out / "report.html").read_text(encoding="utf-8")


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: Any) -> Path:
    home: Path = tmp_path_factory.mktemp("report")
    report(package(home / "export.zip", crossed(12, 12)), home / "out")
    return home / "out"


def test_two_runs_write_the_same_bytes(made: Path, tmp_path: Path) -> None:
    code = [sys.executable, "-m", "analysis", "report", str(made.parent / "export.zip"), "--out", str(tmp_path)]
    subprocess.run([*code, "--mixed", "none"], check=True, cwd=ROOT, capture_output=True)
    assert files(made) == files(tmp_path)
    assert {"report.html", "results.json", "tables/accuracy.csv", "figures/accuracy.svg"} <= set(files(made))


class Parts(HTMLParser):
    """Collects headings, ids, and whatever would make the file depend on something outside it."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.outside: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("src", "href", "xlink:href") and not (value or "").startswith("#"):
                self.outside.append(f"{tag} {value}")


def test_the_report_is_one_file_without_script_or_outside_parts(made: Path) -> None:
    parts = Parts()
    parts.feed((made / "report.html").read_text(encoding="utf-8"))
    assert "script" not in parts.tags
    assert parts.outside == []
    assert len(parts.ids) == len(set(parts.ids))
    assert {"svg", "table", "figure", "figcaption"} <= parts.tags


def test_the_sections_stand_in_the_promised_order(made: Path) -> None:
    headings = [
        unescape(text) for text in re.findall("<h2>(.*?)</h2>", (made / "report.html").read_text(encoding="utf-8"))
    ]
    assert headings == [
        "What was asked", "The answer", "Accuracy", "Difference that an assistant makes", "Mixed model",
        "People and items one by one", "Reliance",
        "The assistant's own conduct", "Calibration", "Votes", "Sandwiching", "Time", "Drop-out and exclusions",
        "If it was not randomised", "Agreement of raters",
        "Time-outs and flow", "The founding study, for reference", "Method", "Limits",
    ]  # fmt: skip


def test_the_first_sentence_of_the_answer_says_when_people_are_simulated(tmp_path: Path) -> None:
    export = package(tmp_path / "export.zip", crossed(12, 12, is_simulated=True))
    text = report(export, tmp_path / "out")
    answer = re.search('<p class="lead">(.*?)</p>', text)
    assert answer
    assert answer[1].startswith("These are simulated participants, not people")


def test_a_report_on_real_people_says_nothing_of_simulated_people(made: Path) -> None:
    text = (made / "report.html").read_text(encoding="utf-8")
    assert not re.search("imulated (participants|people)|are simulated", text)


def test_a_blinded_package_gets_one_line_instead_of_outcomes(tmp_path: Path) -> None:
    text = report(package(tmp_path / "export.zip", crossed(12, 12), blinded=True), tmp_path / "out")
    assert "utcomes by arm are withheld" in text
    assert not (tmp_path / "out" / "figures").exists()


def test_text_from_data_is_escaped(tmp_path: Path) -> None:
    rows = [row | {"arm": row["arm"].replace("assisted", "<script>alert(1)</script>")} for row in crossed()]
    text = report(package(tmp_path / "export.zip", rows, title="<b>bold</b>"), tmp_path / "out")
    assert "<script" not in text
    assert "<b>bold" not in text


def test_results_hold_every_section_and_no_nan(made: Path) -> None:
    results = json.loads((made / "results.json").read_text(), parse_constant=pytest.fail)
    assert list(results)[:7] == [
        "schema",
        "study",
        "protocol_sha256",
        "seed",
        "versions",
        "input_sha256",
        "n",
    ]
    for name in ("accuracy", "contrasts", "calibration", "votes", "reliance", "sandwiching", "mixed_model",
                 "timing", "attrition", "sensitivity", "reference"):  # fmt: skip
        assert results[name] or results["not_computed"][name]
    assert results["reference"][0]["mmlu_accuracy"] == 57.2


def test_a_study_that_nobody_opened_yet_still_gets_its_report(tmp_path: Path) -> None:
    text = report(package(tmp_path / "export.zip", [], unopened=crossed(4, 4)), tmp_path / "out")
    assert "No main trial has been opened" in text


@pytest.mark.parametrize("command", ["report", "check"])
def test_bad_input_is_a_readable_line_and_a_status(tmp_path: Path, command: str, capsys: Any) -> None:
    export = one_csv(tmp_path / "x.csv", [{"participant_id": "P", "item_id": "I", "arm": "a", "correct": "?"}])
    more = ["--out", str(tmp_path / "out")] if command == "report" else []
    assert main([command, str(export), *more]) == 1
    said = "".join(capsys.readouterr())
    assert "responses.csv row 2 correct: '?' is no boolean" in said
    assert "Traceback" not in said


def test_check_prints_one_fault_a_line_and_nothing_but_success_is_0(tmp_path: Path, capsys: Any) -> None:
    rows = crossed()
    rows[0]["confidence"], rows[1]["confidence"] = 3, 4
    assert main(["check", str(package(tmp_path / "bad.zip", rows))]) == 1
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert main(["check", str(package(tmp_path / "good.zip", crossed()))]) == 0


def test_an_unknown_arm_is_refused_by_name(tmp_path: Path, capsys: Any) -> None:
    export = package(tmp_path / "export.zip", crossed())
    assert main(["report", str(export), "--out", str(tmp_path), "--unaided", "ghost"]) == 1
    assert "there is no arm 'ghost'; the arms are unaided, assisted" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["report", "check", "power", "simulate"])
def test_help_has_an_example(command: str, capsys: Any) -> None:
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    assert f"Example: python -m analysis {command}" in " ".join(capsys.readouterr().out.split())


def test_help_imports_no_heavy_library() -> None:
    code = ("import sys, contextlib\nfrom analysis.__main__ import main\n"
            "with contextlib.suppress(SystemExit): main(['--help'])\n"
            "print([m for m in ('numpy', 'pandas', 'scipy', 'matplotlib') if m in sys.modules])")  # fmt: skip
    said = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT)
    assert said.splitlines()[-1] == "[]"


def test_simulate_writes_the_same_file_for_the_same_seed(tmp_path: Path, capsys: Any) -> None:
    for name in ("a", "b"):
        assert main(["simulate", "--out", str(tmp_path / f"{name}.csv"), "--participants", "6"]) == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert "true difference" in capsys.readouterr().out
    assert main(["check", str(tmp_path / "a.csv")]) == 0
