"""The report as one reads it: claims that their numbers bear out, names instead of keys, tables that fit the page."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from analysis import chapters, paper, words
from analysis.__main__ import main
from analysis.chapters import cells
from analysis.load import load
from analysis.report import write_study
from analysis.results import Study
from tests.analysis.packages import Record, crossed, one_csv, package, response
from tests.analysis.rich import baselines, rich_package

ARMS = ("unaided", "one", "two", "three", "four", "five")


def many_arms(home: Path) -> Path:
    rows: list[Record] = []
    for person in range(18):
        for item in range(18):
            arm = ARMS[(person + item) % len(ARMS)]
            values = {"confidence": 0.6, "seconds": 30 + item, "assistant": None if arm == "unaided" else arm}
            rows.append(response(person, item, arm, **values))
    return package(home / "many.zip", rows, tables={"baselines": baselines(18)})


def page(found: Study, out: Path) -> str:
    write_study(found, out)
    return unescape((out / "report.html").read_text(encoding="utf-8"))


def visible(text: str) -> str:
    """What one reads: no style, no drawing, no tags."""
    return re.sub("<[^>]+>", " ", re.sub(r"<(style|svg).*?</\1>", "", text, flags=re.S))


@pytest.fixture(scope="module")
def rich(tmp_path_factory: Any) -> tuple[Study, str]:
    home: Path = tmp_path_factory.mktemp("rich")
    study = Study(load(rich_package(home / "export.zip")), mixed="preview")
    return study, page(study, home / "out")


@pytest.fixture(scope="module")
def many(tmp_path_factory: Any) -> str:
    home: Path = tmp_path_factory.mktemp("many")
    return page(Study(load(many_arms(home)), mixed="none"), home / "out")


def test_worse_than_the_better_is_never_told_as_worse_than_both(tmp_path: Path) -> None:
    """Assisted people far below unaided people, and at the level of a model that is always wrong."""
    rows = [response(p, i, ("unaided", "assisted")[(p + i) % 2], answer="A" if (p + i) % 2 and (p + i) % 5 else "B")
            for p in range(24) for i in range(24)]  # fmt: skip
    tables = {"baselines": [row | {"outcome": "answered", "answer": "C", "correct": False}
                            for row in baselines(24)]}  # fmt: skip
    found = Study(load(package(tmp_path / "export.zip", rows, tables=tables)), mixed="none")
    row = next(r for r in found["sandwiching"] if r["comparator"] == "as_deployed" and r["role"] != "beside")
    assert row["complementarity_high"] < 0 < row["assisted_minus_model"]
    text = page(found, tmp_path / "out")
    assert "did worse than the better of unaided people and the comparator" in text
    assert "did worse than both" not in text


def told(study: Study) -> str:
    """The sentences of methods and limits."""
    present = [chapter for chapter in chapters.ALL if chapter.present(study)]
    parts = [line for each in present for part in (each.method, each.limits) for line in part(study)]
    return " ".join([*words.method(study.plan, study), paper.paragraph(study.plan, study), *parts])


def sources(text: str) -> list[str]:
    return re.findall("<li>([^<]*)</li>", text[text.index("<h3>Sources") : text.index("<h2>Limits")])


def test_whoever_is_cited_is_among_the_sources(rich: tuple[Study, str]) -> None:
    study, text = rich
    cited = re.findall(r"([A-Z]\w+)(?:'s)?(?: et al\.|,? [A-Z&]\w*)* \(?((?:19|20)\d\d)\b", told(study))
    assert len(cited) > 20
    for name, year in cited:
        assert any(name in source and year in source for source in sources(text)), (name, year)


def test_whoever_is_not_cited_is_not_among_the_sources(tmp_path: Path) -> None:
    columns = ("participant_id", "item_id", "arm", "correct")
    bare = one_csv(tmp_path / "bare.csv", [{name: row[name] for name in columns} for row in crossed(12, 12)])
    study = Study(load(bare), mixed="none")
    listed = sources(page(study, tmp_path / "out"))
    assert [source for source in listed if source.split()[0].rstrip(",") not in told(study)] == []
    for name in ("Nitzan", "Lee", "Murphy", "Kadavath", "Bansal", "Schemmer", "Hautus", "Holm"):
        assert not any(source.startswith(name) for source in listed), name


def test_the_text_names_statistics_and_not_their_keys(rich: tuple[Study, str], many: str) -> None:
    for text in (rich[1], many):
        without_reasons = re.sub(r"[Nn]eeds (?:[^.]|\.csv)*\.", "", visible(text))  # these name missing columns
        assert set(re.findall(r"\b[a-z]+_[a-z_]+\b", without_reasons)) == set()


def test_no_turned_table_has_more_columns_than_fit(many: str) -> None:
    heads = re.findall("<thead><tr>(.*?)</tr></thead><tbody><tr><th", many)
    assert heads
    assert max(head.count("<th") for head in heads) == 1 + 4
    assert all(f"{arm}, mmlu" in many for arm in ARMS)


def test_a_note_says_whose_it_is() -> None:
    rows = [
        {"arm": "one", "task": "mmlu", "notes": "of all"},
        {"arm": "two", "task": "mmlu", "notes": "of all; of one row"},
        {"arm": "one", "task": "quality", "notes": "of all; of a task"},
        {"arm": "two", "task": "quality", "notes": "of all; of a task; x undefined: why; y undefined: because"},
    ]
    text = "Notes: of all; of one row (two, mmlu); of a task (quality); "
    text += "a dash: why (two, quality), or because (two, quality)."
    assert cells.notes(rows) == f'<p class="soft">{text}</p>'


def test_a_variant_that_changes_nothing_is_not_repeated_and_one_that_does_is_shown() -> None:
    same: dict[str, Any] = {"task": "all", "arm": "a", "estimate": 0.5, "low": 0.4, "high": 0.6, "n": 10}
    first, alike, other = (same | {"primary": True}, same | {"primary": False}, same | {"primary": False, "n": 9})
    assert cells.unlike_primary([first, alike, other, dict(other)], "arm") == [other]


def test_passages_are_not_called_items(tmp_path: Path) -> None:
    rows = [row | {"passage_id": f"P{int(row['item_id'][1:]) // 2}"} for row in crossed(12, 24)]
    found = Study(load(package(tmp_path / "export.zip", rows)), mixed="none")
    assert "12\u00a0passages" in page(found, tmp_path / "out")
    assert found["accuracy"][0]["items"] == 12


def test_an_interval_that_holds_no_difference_is_said_to(tmp_path: Path) -> None:
    none = page(Study(load(package(tmp_path / "a.zip", crossed(12, 12))), mixed="none"), tmp_path / "a")
    row = {row["arm"]: row for row in Study(load(tmp_path / "a.zip"), mixed="none")["contrasts"] if row["primary"]}
    assert row["assisted"]["low"] < 0 < row["assisted"]["high"]
    assert "which includes no difference" in none
    sure = [row | {"answer": "B" if row["arm"] == "assisted" or row["position"] % 4 == 0 else "A"}
            for row in crossed(12, 12)]  # fmt: skip
    told = page(Study(load(package(tmp_path / "b.zip", [r | {"correct": r["answer"] == "B"} for r in sure])),
                      mixed="none"), tmp_path / "b")  # fmt: skip
    assert "which includes no difference" not in told


def test_nothing_is_printed_as_minus_zero() -> None:
    assert words.between(-0.0004, 0.1) == "0.0\u00a0to\u00a010.0"
    assert words.between(-0.1, -0.05) == "−10.0\u00a0to\u00a0−5.0"


def test_a_gap_without_an_interval_says_why(tmp_path: Path) -> None:
    """Assistants that are right nearly as often as experts leave a gap that is not told from nothing."""
    where = str(tmp_path / "study.zip")
    assert main(["simulate", "--out", where, "--reliability", "0.8", "--design", "between", "--follow", "0.5"]) == 0
    found = Study(load(where), mixed="none")
    row = next(row for row in found["sandwiching"] if row["primary"])
    assert row["gap_recovered_from_better"] is not None
    assert row["gap_recovered_from_better_low"] is None
    assert "gap recovered from the better: Fieller's set is unbounded" in row["notes"]
    assert "gap recovered from the better: coverage" not in row["notes"]
