"""From a package to the rows of results.json."""

import csv
import re
from dataclasses import fields
from pathlib import Path

import pytest

from analysis.inference import Estimate
from analysis.load import load
from analysis.results import Study
from analysis.simulate import Truth, simulate
from tests.analysis.packages import Record, crossed, one_csv, package, response, shared


def results(export: Path, unaided: str = "") -> Study:
    return Study(load(export), unaided)


def primary(rows: list[Record]) -> list[Record]:
    return [row for row in rows if row["primary"]]


def test_time_outs_are_wrong_in_the_primary_row_and_change_only_what_they_should(tmp_path: Path) -> None:
    rows = crossed(12, 12, answer="B")
    late = [row for row in rows if row["arm"] == "unaided"][:6]
    for row in late:
        row.update(answer=None, correct=None, timed_out=True, closed_by="deadline")
    found = results(package(tmp_path / "export.zip", rows))
    unaided = {row["timeouts"]: row["estimate"] for row in found["accuracy"] if row["arm"] == "unaided"}
    assert unaided == {"composite": pytest.approx(66 / 72), "missing": 1.0, "lowest": pytest.approx(66 / 72),
                       "highest": 1.0}  # fmt: skip
    contrast = {row["timeouts"]: row["estimate"] for row in found["contrasts"] if row["people"] == "stayers"}
    assert contrast["lowest"] == pytest.approx(0)
    assert contrast["highest"] == pytest.approx(6 / 72)


def test_a_choice_that_stood_at_the_deadline_counts(tmp_path: Path) -> None:
    rows = crossed(12, 12, answer="B", timed_out=True, closed_by="deadline", answer_source="standing")
    found = results(package(tmp_path / "export.zip", rows))
    assert {row["estimate"] for row in found["accuracy"]} == {1.0}


def test_practice_and_attention_trials_never_count(tmp_path: Path) -> None:
    rows = crossed()
    more = [response(p, 90 + k, "assisted", trial_kind=kind, answer="A")
            for p in range(6) for k, kind in enumerate(("practice", "attention"))]  # fmt: skip
    with_them = results(package(tmp_path / "a.zip", rows + more))
    without = results(package(tmp_path / "b.zip", rows))
    assert with_them["accuracy"] == without["accuracy"]
    assert with_them["reliance"] == without["reliance"]


def test_planned_trials_never_opened_are_wrong_for_everyone_randomised(tmp_path: Path) -> None:
    rows = crossed(12, 12, answer="B")
    found = results(package(tmp_path / "export.zip", rows[:-12], unopened=rows[-12:]))
    planned = {row["arm"]: row["estimate"] for row in found["accuracy"] if row["rows"] == "planned"}
    assert planned == {"assisted": pytest.approx(66 / 72), "unaided": pytest.approx(66 / 72)}
    flow = {row["arm"]: (row["planned"], row["opened"], row["answered"]) for row in found["attrition"]}
    assert flow == {"assisted": (72, 66, 66), "unaided": (72, 66, 66)}


def test_stayers_are_primary_within_subjects_and_everyone_stands_beside(tmp_path: Path) -> None:
    rows = crossed(12, 12)
    leavers = [response(50 + p, item, "assisted", answer="A") for p in range(4) for item in range(12)]
    found = results(package(tmp_path / "export.zip", rows + leavers))
    by_people = {row["people"]: row for row in found["contrasts"] if row["timeouts"] == "composite"}
    assert (by_people["stayers"]["primary"], by_people["all"]["primary"]) == (True, False)
    assert (by_people["stayers"]["participants"], by_people["all"]["participants"]) == (12, 16)
    assert by_people["stayers"]["estimate"] > by_people["all"]["estimate"]


def test_declared_exclusions_and_disputed_keys_stand_beside_the_primary_row(tmp_path: Path) -> None:
    rows = crossed(12, 12)
    for row in rows:
        row["excluded"] = row["participant_id"] == "P3"
        row["excluded_by"] = "too_fast no_chat" if row["excluded"] else None
        row["key_status"] = "disputed" if row["item_id"] == "I4" else "ok"
    found = results(package(tmp_path / "export.zip", rows))
    sizes = {row["exclusions"]: row["n"] for row in found["accuracy"] if row["arm"] == "assisted"}
    assert sizes == {"none": 72, "declared": 66, "undisputed_keys": 66}
    assert all(row["exclusions"] == "none" for row in primary(found["accuracy"]))
    assert found["n"]["excluded"] == 12
    assert found["exclusion_rules"] == {"no_chat": 12, "too_fast": 12}


def test_few_people_get_the_item_only_interval_beside_the_two_way_one(tmp_path: Path) -> None:
    found = results(package(tmp_path / "export.zip", crossed(5, 12)))
    methods = [row["method"] for row in found["contrasts"] if row["timeouts"] == "composite"]
    assert methods == ["two-way CR1, t", "item-clustered CR1, t"]
    assert all("says little beyond these people" in row["notes"] for row in found["accuracy"])


def test_passages_are_the_item_clusters_where_there_are_passages(tmp_path: Path) -> None:
    rows = [row | {"passage_id": f"G{int(row['item_id'][1:]) // 3}"} for row in crossed(12, 12)]
    found = results(package(tmp_path / "export.zip", rows))
    assert {row["items"] for row in found["accuracy"]} == {4}


def test_fixed_items_and_alpha_are_taken_from_the_planned_analysis(tmp_path: Path) -> None:
    export = package(tmp_path / "export.zip", crossed(12, 12), analysis={"alpha": 0.1, "items": "fixed"})
    row = results(export)["contrasts"][0]
    assert (row["level"], row["population"], row["method"], row["df"]) == (
        0.9, "fixed", "participant-clustered CR1, t", 11)  # fmt: skip


def test_reliance_by_brief_counts_every_opened_assisted_trial(tmp_path: Path) -> None:
    rows = []
    for person in range(12):
        for item in range(12):
            wrong, silent = item % 2 == 0, item % 4 == 0
            row = response(person, item, "assisted", brief_target="C" if wrong else "B",
                           answer="C" if item % 6 == 0 else "B")  # fmt: skip
            if silent:
                row.update(assistant_first_answer=None, assistant_answer=None)
            rows.append(row)
    rows += [response(person, 20 + person, "unaided") for person in range(12)]
    found = {row["basis"]: row for row in results(package(tmp_path / "export.zip", rows))["reliance"]}
    brief = found["brief"]
    # Items 0 2 4 6 8 10 have wrong briefs; of these 0 and 6 were answered with the target; 0 4 8 had no talk.
    assert brief["over_reliance"] == brief["estimate"] == pytest.approx(2 / 6)
    assert brief["under_reliance"] == 0
    assert (brief["accuracy_wrong"], brief["accuracy_right"]) == (pytest.approx(4 / 6), 1)
    assert brief["no_advice"] == pytest.approx(3 / 12)
    shares = ("followed_right", "ignored_right", "followed_wrong", "ignored_wrong", "no_advice")
    for row in found.values():
        assert sum(row[name] for name in shares) == pytest.approx(1)
    assert found["last"]["over_reliance"] == pytest.approx(1 / 3)
    assert "not randomised" in found["last"]["notes"]
    assert "not randomised" not in brief["notes"]


def test_reliance_without_any_wrong_brief_is_null_with_its_reason(tmp_path: Path) -> None:
    export = package(tmp_path / "export.zip", crossed(12, 12, brief_target="B"))
    row = results(export)["reliance"][0]
    assert (row["over_reliance"], row["over_reliance_low"]) == (None, None)
    assert "over_reliance undefined: nothing in the denominator" in row["notes"]
    assert row["rair"] is None
    assert "rair undefined: no initial answer was asked for" in row["notes"]


def test_rair_and_rsr_follow_the_initial_answer(tmp_path: Path) -> None:
    rows = crossed(12, 12, initial_answer="A", initial_correct=False, answer="B")
    row = results(package(tmp_path / "export.zip", rows))["reliance"][0]
    assert (row["rair"], row["rsr"]) == (1.0, None)


# He, Kuiper & Gadiraju (2023), Knowing about knowing, CHI: 249 people, 12 questions each. Counted from the answers that
# the authors released (GitHub, RichardHGL/CHI2023_DKE): first answer, advice, last answer; B is right, D is no other.
HE_KUIPER_GADIRAJU = [
    ("A", "C", "C", 161), ("A", "C", "A", 160), ("A", "C", "B", 4), ("A", "C", "D", 1), ("C", "C", "C", 278),
    ("C", "C", "D", 1), ("A", "B", "B", 587), ("A", "B", "A", 534), ("A", "B", "D", 24), ("B", "C", "C", 119),
    ("B", "C", "B", 267), ("B", "C", "D", 5), ("B", "B", "B", 842), ("B", "B", "D", 5),
]  # fmt: skip


def test_reliance_on_published_answers_is_what_their_authors_own_program_counts(tmp_path: Path) -> None:
    """calc_user_reliance_measures of their util.py, given all trials at once, prints accuracy 1700/2988, agreement
    .66499, switching .46563, RAIR .51266 and RSR .68286 (as Schemmer et al. 2023 define the last two)."""
    kinds = [kind for *kind, count in HE_KUIPER_GADIRAJU for _ in range(count)]
    rows = [
        response(place // 12, place % 12, "assisted", brief_target=advice, initial_answer=first,
                 initial_correct=first == "B", answer=last)
        for place, (first, advice, last) in enumerate(kinds)
    ]  # fmt: skip
    rows += [response(person, 12 + person, "unaided") for person in range(3)]
    row = next(row for row in results(package(tmp_path / "a.zip", rows))["reliance"] if row["basis"] == "brief")
    printed = {"agreement": 0.6649933065595717, "switch_fraction": 0.4656283566058002}
    printed |= {"rair": 0.5126637554585153, "rsr": 0.6828644501278772}
    assert {name: row[name] for name in printed} == pytest.approx(printed, abs=1e-12)
    assert (row["rair_n"], row["rsr_n"]) == (1145, 391)
    right = row["accuracy_right_n"] * row["accuracy_right"] + row["accuracy_wrong_n"] * row["accuracy_wrong"]
    assert right == pytest.approx(1700)


def test_withheld_outcomes_leave_no_number_by_arm(tmp_path: Path) -> None:
    found = results(package(tmp_path / "export.zip", crossed(12, 12), blinded=True))
    assert (found["accuracy"], found["contrasts"], found["reliance"]) == ([], [], [])
    assert [row["arm"] for row in found["attrition"]] == ["all arms"]
    assert "withheld" in found["not_computed"]["accuracy"]


def test_sections_not_computed_say_why(tmp_path: Path) -> None:
    rows = [{"participant_id": f"P{p}", "item_id": f"I{i}", "arm": "ab"[(p + i) % 2], "correct": (p * i) % 2}
            for p in range(12) for i in range(12)]  # fmt: skip
    found = results(one_csv(tmp_path / "table.csv", rows))
    assert "--unaided" in " ".join(found["plan"]["notes"])
    assert found["not_computed"]["contrasts"] == "no arm without an assistant to compare with"
    assert "answer and gold" in found["not_computed"]["reliance"]
    assert found["calibration"] == []
    assert found["not_computed"]["calibration"]
    named = results(tmp_path / "table.csv", unaided="a")
    assert [row["name"] for row in named["contrasts"]] == ["b - a"]


def test_the_published_halie_sessions_are_analysed_after_renaming_columns(tmp_path: Path) -> None:
    with shared("halie/event_blocks_12sessions.csv").open(newline="", encoding="utf-8") as file:
        source = list(csv.DictReader(file))
    rows = [
        {"participant_id": row["worker_id"], "item_id": row["question_text"], "correct": row["user_correct"],
         "arm": "unaided" if row["question_type"] == "ctrl" else "lm", "answer": row["user_answer"].upper(),
         "gold": row["answer"].upper(), "category": row["question_category"], "task": "mmlu", "n_options": 4,
         "seconds": 60 * float(row["elapsed_time"]),
         "messages_sent": None if row["question_type"] == "ctrl" else row["num_queries"]}
        for row in source if row["question_type"] != "attn"
    ]  # fmt: skip
    found = results(one_csv(tmp_path / "halie.csv", rows))
    row = primary(found["contrasts"])[0]
    share = {arm: [int(r["correct"]) for r in rows if r["arm"] == arm] for arm in ("lm", "unaided")}
    means = {arm: sum(values) / len(values) for arm, values in share.items()}
    assert row["estimate"] == pytest.approx(means["lm"] - means["unaided"])
    assert (row["participants"], row["n"], row["design"]) == (12, len(rows), "within")
    seconds = {arm: [r["seconds"] for r in rows if r["arm"] == arm] for arm in ("lm", "unaided")}
    assert {r["arm"]: r["mean_seconds"] for r in found["timing"]} == {
        arm: pytest.approx(sum(values) / len(values)) for arm, values in seconds.items()
    }
    assert {r["rule"] for r in found["votes"]} == {"plurality"}
    sandwich = primary(found["sandwiching"])[0]
    assert (sandwich["assisted"], sandwich["expert"], sandwich["model"]) == (pytest.approx(means["lm"]), 0.9, None)
    for section in ("calibration", "reliance", "sycophancy", "consort"):
        assert found["not_computed"][section], section
    assert row["low"] < row["estimate"] < row["high"]


def test_the_simulated_truth_is_recovered(tmp_path: Path) -> None:
    truth = Truth(participants=120, items=120, follow=0.4, timeouts=0.03)
    simulate(truth, seed=6).to_csv(tmp_path / "s.csv", index=False)
    found = results(tmp_path / "s.csv")
    contrast, reliance = primary(found["contrasts"])[0], primary(found["reliance"])[0]
    assert contrast["low"] < truth.difference < contrast["high"]
    assert reliance["low"] < truth.over_reliance < reliance["high"]
    assert contrast["high"] - contrast["low"] < 0.12


def test_every_row_of_results_carries_the_promised_fields(tmp_path: Path) -> None:
    found = results(package(tmp_path / "export.zip", crossed(12, 12)))
    promised = {field.name for field in fields(Estimate)}
    for section in ("accuracy", "contrasts", "reliance", "attrition"):
        assert found[section]
        for row in found[section]:
            assert promised <= set(row), section
    assert re.fullmatch("[0-9a-f]{64}", found["input_sha256"])
    assert found["n"] == {"participants": 12, "responses": 144, "excluded": 0, "simulated": 0}
