"""What was frozen as the plan is what the report holds itself to: planned contrasts apart, departures in words."""

from html import unescape
from pathlib import Path
from typing import Any

import pytest
from statsmodels.stats.multitest import multipletests

from analysis.load import load
from analysis.report import write_study
from analysis.results import Study
from tests.analysis.packages import package, response

ARMS = ("unaided", "guide", "critic")
FIRST: dict[str, Any] = {"arm": "critic", "against": "unaided", "direction": "two_sided"}


def study(home: Path, leaver: int | None = None, **analysis: Any) -> Study:
    """Everyone meets all arms, but for a leaver, who never has the critic."""
    rows = [response(person, item, ARMS[(person + item) % 3], answer="B" if person * item % (2 + item % 3) else "A")
            for person in range(12) for item in range(12)]  # fmt: skip
    rows = [row for row in rows if (row["participant_id"], row["arm"]) != (f"P{leaver}", "critic")]
    return Study(load(package(home / "export.zip", rows, analysis=analysis)), mixed="none")


def page(found: Study, out: Path) -> str:
    write_study(found, out)
    return unescape((out / "report.html").read_text(encoding="utf-8"))


def primary(found: Study) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in found["contrasts"] if row["primary"]}


def test_holms_family_is_the_planned_contrasts_and_the_others_are_exploratory(tmp_path: Path) -> None:
    rows = primary(study(tmp_path, primary=[FIRST]))
    assert {name: row["family"] for name, row in rows.items()} == {
        "critic - unaided": "planned", "guide - unaided": "exploratory",
    }  # fmt: skip
    assert rows["critic - unaided"]["p_holm"] == rows["critic - unaided"]["p"]
    assert rows["guide - unaided"]["p"] is not None
    assert rows["guide - unaided"]["p_holm"] is None


def test_without_planned_contrasts_all_are_one_family(tmp_path: Path) -> None:
    rows = list(primary(study(tmp_path)).values())
    assert {row["family"] for row in rows} == {"all"}
    by_statsmodels = multipletests([row["p"] for row in rows], method="holm")[1]
    assert [row["p_holm"] for row in rows] == pytest.approx(list(by_statsmodels))


def test_the_planned_direction_makes_p_one_sided_and_holm_adjusts_it_alike(tmp_path: Path) -> None:
    """Half of the two-sided p on the expected side, its rest on the other: the t distribution is symmetric."""
    found = study(tmp_path, primary=[FIRST | {"direction": "greater"}, FIRST | {"arm": "guide", "direction": "less"}])
    rows = primary(found)
    wanted = []
    for name, sign in (("critic - unaided", 1), ("guide - unaided", -1)):
        row = rows[name]
        wanted.append(row["p"] / 2 if sign * row["estimate"] > 0 else 1 - row["p"] / 2)
    adjusted = multipletests(wanted, method="holm")[1]
    assert [row["p_planned"] for row in rows.values()] == pytest.approx(list(adjusted))
    text = page(found, tmp_path / "out")
    assert "p as planned is one-sided, that “critic” is right more often than “unaided”" in text
    assert "that “guide” is right less often than “unaided”" in text


def test_a_two_sided_plan_has_no_other_p(tmp_path: Path) -> None:
    found = study(tmp_path, primary=[FIRST])
    rows = primary(found)
    assert rows["critic - unaided"]["p_planned"] == rows["critic - unaided"]["p_holm"]
    assert rows["guide - unaided"]["p_planned"] is None
    assert "one-sided" not in page(found, tmp_path / "out")


def test_only_the_primary_rows_have_the_p_that_was_planned(tmp_path: Path) -> None:
    found = study(tmp_path, leaver=0, primary=[FIRST | {"direction": "greater"}])
    beside = [row for row in found["contrasts"] if not row["primary"]]
    assert any(row["people"] == "all" for row in beside)
    assert {row["p_planned"] for row in beside} == {None}


def test_nothing_is_adjusted_where_the_plan_says_so(tmp_path: Path) -> None:
    found = study(tmp_path, primary=[FIRST], holm=False)
    assert {row["p_holm"] for row in found["contrasts"]} == {None}
    text = page(found, tmp_path / "out")
    assert "p is two-sided and not adjusted" in text
    assert "Holm 1979" not in text


def test_a_planned_contrast_of_two_assisted_arms_is_computed(tmp_path: Path) -> None:
    found = study(tmp_path, primary=[{"arm": "critic", "against": "guide", "direction": "two_sided"}])
    row = primary(found)["critic - guide"]
    share = {arm: found.trials.loc[found.trials["arm"] == arm, "scored"].mean() for arm in ARMS}
    assert row["estimate"] == pytest.approx(share["critic"] - share["guide"])
    assert "against the arm “guide”" in page(found, tmp_path / "out").replace("Against", "against")


def test_the_answer_is_about_the_planned_contrast_first(tmp_path: Path) -> None:
    text = page(study(tmp_path, primary=[FIRST]), tmp_path / "out")
    lead = text[text.index('class="lead"') :]
    assert lead.index("“critic") < lead.index("“guide")
    assert "exploratory" in lead[: lead.index("</p>")]


def test_every_departure_from_the_plan_is_said(tmp_path: Path) -> None:
    planned = [FIRST | {"direction": "greater"}, {"arm": "critic", "against": "ghost", "direction": "greater"}]
    text = page(study(tmp_path, primary=planned, timeouts="missing", weights="item", planned_participants=40),
                tmp_path / "out")  # fmt: skip
    for said in ("“critic” against “ghost” was planned and is not compared", "count unanswered trials as not right",
                 "in all other sections each trial does",
                 "40 participants were planned; 12 participants opened a main trial"):  # fmt: skip
        assert said in text


def test_a_report_that_follows_its_plan_speaks_of_no_departure(tmp_path: Path) -> None:
    followed = {"primary": [FIRST], "timeouts": "wrong", "weights": "response", "planned_participants": 12}
    assert "departs from the plan" not in page(study(tmp_path, **followed), tmp_path / "out")
