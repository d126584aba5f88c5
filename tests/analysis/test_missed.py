"""Reliance where wrong briefs stand only on items that a model misses: randomised there, by rule elsewhere."""

from pathlib import Path
from typing import Any

import pytest

from analysis.load import load
from analysis.report import write_study
from analysis.results import Study
from studies.exports.package import write_package
from studies.models import Allocation
from tests.analysis.packages import Record, crossed, package, response, written
from tests.exports.packing import rows as exported
from tests.factories import launched_study
from tests.runner.model_only import asked
from tests.walk import completed

PEOPLE, ITEMS = 8, 8
KNOWN, MISSED = range(4), range(4, ITEMS)  # by the model


def trials(*, said: bool = True) -> list[Record]:
    """Assisted trials only beside unaided ones. On missed items half of the briefs are wrong; a wrong one is followed
    by half of the people, a right one there by 3 of 4; on known items a right one is always followed."""
    found = [row for row in crossed(PEOPLE, ITEMS) if row["arm"] == "unaided"]
    for person in range(PEOPLE):
        for item in range(ITEMS):
            if (person + item) % 2:
                found.append(_assisted(person, item, said))
    return found


def _assisted(person: int, item: int, said: bool) -> Record:
    if item in KNOWN:
        return response(
            person, item, "assisted", answer="B", brief_target="B", brief_probability=1.0,
            brief_stratum="not_missed", brief_drawn=False if said else None,
        )  # fmt: skip
    right, turn = person % 4 < 2, person // 4 + item // 2
    target = "B" if right else "C"
    followed = turn % 4 != 0 if right else turn % 2 == 0
    return response(
        person, item, "assisted", answer=target if followed else "D", brief_target=target, brief_probability=0.5,
        brief_stratum="real/guide/i", brief_drawn=True if said else None,
    )  # fmt: skip


def study(path: Path, records: list[Record], **manifest: Any) -> Study:
    return Study(load(package(path / "export.zip", records, **manifest)))


def report(found: Study, folder: Path) -> str:
    write_study(found, folder)
    return (folder / "report.html").read_text()


def by_basis(found: Study) -> dict[str, Record]:
    return {row["basis"]: row for row in found["reliance"] if row["exclusions"] == "none"}


def share(records: list[Record], **wanted: Any) -> tuple[float, int]:
    """Of the assisted trials with these values, the share that gave the assistant's option; and their number."""
    among = [
        row for row in records if row["arm"] == "assisted" and all(row[key] == value for key, value in wanted.items())
    ]
    return sum(row["answer"] == row["brief_target"] for row in among) / len(among), len(among)


@pytest.mark.parametrize("said", [True, False])
def test_both_reliances_are_of_the_trials_whose_brief_was_drawn(said: bool, tmp_path: Path) -> None:
    """Without the column (an older package) the stratum says it."""
    records = trials(said=said)
    rows = by_basis(study(tmp_path, records))
    drawn = {"brief_stratum": "real/guide/i"}
    wrong, n_wrong = share(records, brief_correct=False, **drawn)
    right, n_right = share(records, brief_correct=True, **drawn)
    everywhere, n_everywhere = share(records, brief_correct=True)
    assert 0 < right < everywhere < 1
    assert rows["missed"]["over_reliance"] == rows["brief"]["over_reliance"] == pytest.approx(wrong)
    assert rows["missed"]["under_reliance"] == pytest.approx(1 - right)
    assert rows["brief"]["under_reliance"] == pytest.approx(1 - everywhere)
    assert (rows["missed"]["over_reliance_n"], rows["missed"]["under_reliance_n"]) == (n_wrong, n_right)
    assert rows["brief"]["under_reliance_n"] == n_everywhere
    assert [basis for basis, row in rows.items() if row["primary"]] == ["missed"]
    assert "confounded with item" in rows["brief"]["notes"]
    assert "randomised" in rows["missed"]["notes"]


def test_the_report_says_it_in_its_limits_and_answers_by_what_was_randomised(tmp_path: Path) -> None:
    found = study(tmp_path, trials())
    text = report(found, tmp_path / "one")
    limit = "wrong briefs stand only on items that the model misses"
    assert limit in text
    assert "drawn brief, items missed" in text
    assert "of those on items that the model misses; each row sums to 100 %" in text
    plain = [row | {"brief_drawn": True, "brief_stratum": "real/guide/i"} if row["arm"] == "assisted" else row
             for row in trials()]  # fmt: skip
    assert limit not in report(study(tmp_path, plain), tmp_path / "two")


def test_where_all_briefs_were_drawn_the_rows_are_what_they_were(tmp_path: Path) -> None:
    records = [row | {"brief_drawn": True} if row["arm"] == "assisted" else row for row in crossed()]
    rows = by_basis(study(tmp_path, records))
    without = by_basis(study(tmp_path, crossed()))
    assert rows == without
    assert "missed" not in rows
    assert rows["brief"]["primary"]


def test_where_no_brief_was_left_to_chance_the_row_says_so(tmp_path: Path) -> None:
    records = [row | {"brief_drawn": False} if row["arm"] == "assisted" else row for row in crossed()]
    rows = by_basis(study(tmp_path, records))
    assert "missed" not in rows
    assert "not randomised" in rows["brief"]["notes"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("p_correct", [0.5, 0])
def test_the_package_tells_which_briefs_were_drawn(p_correct: float, tmp_path: Path) -> None:
    asked(launched_study(slug="pilot", assistants={"guide": {"strategy": "honest", "knowledge": 0.5}}), "--at-once")
    rules = {"strategy": "assigned", "wrong_on": "model_misses", "errors_of": "scripted-honest", "p_correct": p_correct}
    found = launched_study(assistants={"guide": rules})
    for n in range(4):
        completed(found, f"p{n}")
    write_package(study=found, out=tmp_path / "s.zip")
    told = {row["allocation_id"]: row["brief_drawn"] for row in exported(tmp_path / "s.zip", "responses")}
    expected = {}
    for row in Allocation.objects.select_related("participant", "brief"):
        brief = getattr(row, "brief", None)
        drawn = None if brief is None else brief.stratum != "not_missed" and 0 < p_correct < 1
        expected[f"{row.participant.code}-{row.sitting}-{row.position}"] = written(drawn)
    assert len(set(expected.values())) == (3 if p_correct else 2)
    assert sorted(told.values()) == sorted(expected.values())
