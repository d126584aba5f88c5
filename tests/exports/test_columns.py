from decimal import Decimal
from pathlib import Path

import pytest

from studies.exports.cells import written
from studies.exports.columns.people import device_class
from studies.models import Event, Pool, Study, Trial
from studies.services import sitting, studies, trials
from tests.exports.packing import finished, first_main, full_study, packed, person, rows, say
from tests.walk import at, enrol

pytestmark = pytest.mark.django_db


def closed(study: Study, folder: Path) -> Path:
    studies.close(study=study, now=at(5000))
    return packed(study, folder)


def row_of(path: Path, trial: Trial) -> dict[str, str]:
    return next(row for row in rows(path, "responses") if row["trial_id"] == trial.public_id)


def test_cells() -> None:
    values = [None, "", True, False, 0, 60.0, 0.1, Decimal("0.000100"), at(0.5)]
    assert [written(value, "text") for value in values] == [
        "", "", "true", "false", "0", "60", "0.1", "0.0001", "2026-03-01T12:00:00.500Z",
    ]  # fmt: skip
    assert written({"b": "ü", "a": None}, "json") == '{"a":null,"b":"ü"}'


def test_a_time_out_with_a_late_answer_is_no_counted_answer(tmp_path: Path) -> None:
    study = full_study()
    trial = first_main(person(study))
    with pytest.raises(trials.Refused):
        trials.submit(trial=trial, answer="D", confidence_raw="80", now=at(95))
    row = row_of(closed(study, tmp_path), trial)
    kept = ("answer", "correct", "confidence", "answer_source", "late_answer", "late_confidence", "lateness_ms")
    assert [row[name] for name in kept] == ["", "", "", "", "D", "0.8", "15000"]
    assert (row["timed_out"], row["closed_by"], row["seconds"]) == ("true", "deadline", "60")


def test_an_answer_within_the_grace_tells_how_late_it_was(tmp_path: Path) -> None:
    study = full_study()
    trial = first_main(person(study))
    trials.submit(trial=trial, answer="D", confidence_raw="80", now=at(81.5))
    row = row_of(closed(study, tmp_path), trial)
    assert (row["answer"], row["answer_source"], row["lateness_ms"], row["late_answer"]) == (
        "D",
        "submitted",
        "1500",
        "",
    )


def test_an_open_trial_has_a_row_without_an_end(tmp_path: Path) -> None:
    study = full_study()
    trial = first_main(person(study))
    row = row_of(packed(study, tmp_path), trial)
    assert (row["opened_at"], row["deadline_at"]) == ("2026-03-01T12:00:20.000Z", "2026-03-01T12:01:20.000Z")
    assert [row[name] for name in ("closed_at", "seconds", "timed_out", "closed_by")] == ["", "", "", ""]


def test_the_talk_of_a_trial_is_summed_up_beside_its_answer(tmp_path: Path) -> None:
    study = full_study()
    trial = first_main(person(study))
    order = trial.allocation.choice_order
    say(trial, "I think it is C", now=25)
    say(trial, "go on", now=30, status="failed", reply="")
    say(trial, "are you sure?", now=35, advice="B")
    say(trial, "I think it is D", now=40, advice="C")
    trials.submit(trial=trial, answer="B", confidence_raw="60", now=at(50))
    row = row_of(closed(study, tmp_path), trial)
    assert row["participant_stated_answer"] == order[2]
    assert (row["assistant_first_answer"], row["assistant_answer"]) == ("B", "C")
    assert row["assistant_correct"] == str(trial.allocation.item.gold == "C").lower()
    assert (row["messages_sent"], row["resets"], row["assistant_faults"]) == ("4", "0", "1")
    assert (row["reply_wait_seconds"], row["first_token_wait_seconds"]) == ("12", "4")


def test_unaided_trials_have_nothing_to_say_of_an_assistant(tmp_path: Path) -> None:
    study = full_study()
    finished(study)
    unaided = [row for row in rows(closed(study, tmp_path), "responses") if row["arm"] == "unaided"]
    about = ("assistant", "brief_target", "messages_sent", "resets", "assistant_faults", "reply_wait_seconds")
    assert len(unaided) == 3
    assert not any(row[name] for row in unaided for name in about)


def test_what_a_person_has_seen_of_the_assistant_grows_trial_by_trial(tmp_path: Path) -> None:
    study = full_study()
    finished(study)
    path = closed(study, tmp_path)
    main = [row for row in rows(path, "responses") if row["trial_kind"] == "main"]
    assert [row["assisted_trials_before"] for row in main] == ["0", "1", "2", "3", "3", "3"]
    wrong = [row["brief_correct"] == "false" for row in main]
    assert [int(row["wrong_briefs_before"]) for row in main] == [sum(wrong[:place]) for place in range(6)]
    assert [row["wrong_revealed_before"] for row in main] == [row["wrong_briefs_before"] for row in main]
    (who,) = rows(path, "participants")
    assert (who["assisted_trials_seen"], who["wrong_briefs_seen"]) == ("3", str(sum(wrong)))


def test_a_failed_check_marks_every_row_and_a_sensitivity_rule_none(tmp_path: Path) -> None:
    study = full_study()
    finished(study, answer="A")
    path = closed(study, tmp_path)
    responses, found = rows(path, "responses"), rows(path, "exclusions")
    assert {(row["excluded"], row["excluded_by"]) for row in responses} == {("true", "attention")}
    silent = [row for row in found if row["rule"] == "silent"]
    assert len(silent) == 3
    assert {row["use"] for row in silent} == {"sensitivity"}
    assert {row["target_id"] for row in silent} <= {row["trial_id"] for row in responses}
    attention = next(row for row in found if row["rule"] == "attention")
    assert (attention["level"], attention["use"], attention["declared"]) == ("participant", "excluded", "protocol")


def test_a_rule_without_cases_has_a_row_that_says_so(tmp_path: Path) -> None:
    study = full_study()
    finished(study, answer="B")
    found = {row["rule"]: row for row in rows(packed(study, tmp_path), "exclusions")}
    assert found["attention"]["target_id"] == ""
    assert found["attention"]["reason"] == "failed_attention: did not read (applies to nobody)"
    assert "withheld" in found["expert"]["reason"]


def test_a_bonus_counts_main_trials_and_what_wrong_briefs_cost(tmp_path: Path) -> None:
    study = full_study()
    finished(study)
    for row in rows(closed(study, tmp_path), "responses"):
        earns = row["trial_kind"] == "main" and (row["correct"] == "true" or row["brief_correct"] == "false")
        assert (row["bonus_minor"], row["currency"]) == ("25" if earns else "0", "USD")


def test_every_planned_trial_has_its_allocation_opened_or_not(tmp_path: Path) -> None:
    study = full_study()
    trial = first_main(person(study))
    path = packed(study, tmp_path)
    planned, opened = rows(path, "allocations"), rows(path, "responses")
    assert (len(planned), sum(row["opened"] == "true" for row in planned)) == (8, len(opened))
    assert len({row["allocation_id"] for row in planned}) == 8
    assert {row["allocation_id"] for row in opened} <= {row["allocation_id"] for row in planned}
    assert all(row["probability"] and row["randomised_at"] for row in planned if row["trial_kind"] == "main")
    assert trial.allocation.seed in {row["seed"] for row in planned}


def test_who_came_and_how_it_ended(tmp_path: Path) -> None:
    study = full_study()
    finished(study, "p1")
    declined = enrol(study, "p2")
    sitting.decline(session=declined, now=at(5))
    stopped = person(study, "p3")
    sitting.stop(session=stopped, now=at(30))
    enrol(study, "p4")
    who = rows(packed(study, tmp_path), "participants")
    assert [row["outcome"] for row in who] == ["completed", "declined", "withdrawn", ""]
    assert [row["data_use"] for row in who] == ["granted", "", "granted", ""]
    assert [row["covariates"] for row in who] == ['{"age":"old"}', "", '{"age":"old"}', ""]
    assert who[2]["withdrew_at"] == "2026-03-01T12:00:30.000Z"
    assert {row["source"] for row in who} == {"generic"}
    assert who[0]["participant_id"] + "-1" in {row["session_id"] for row in rows(packed(study, tmp_path), "sessions")}


def test_simulated_people_are_marked_in_every_table_about_people(tmp_path: Path) -> None:
    study = full_study()
    finished(study, pool=Pool.SIMULATED)
    path = packed(study, tmp_path, include_simulated=True)
    for table in ("participants", "sessions", "allocations", "responses", "form_answers"):
        assert {row["is_simulated"] for row in rows(path, table)} == {"true"}, table
    assert {row["is_simulated"] for row in rows(path, "events") if row["participant_id"]} == {"true"}


def test_time_away_is_summed_by_trial(tmp_path: Path) -> None:
    rule = {"name": "away", "rule": "max_blur_seconds", "value": 10, "level": "trial", "why": "left"}
    study = full_study(exclusions=[rule])
    session = person(study)
    trial = first_main(session)
    for milliseconds in (6000, 4500):
        Event.objects.create(
            study=study, participant=session.participant, session=session, trial=trial, kind="focus", source="client",
            length=milliseconds, server_at=at(30),
        )  # fmt: skip
    trials.submit(trial=trial, answer="B", confidence_raw="60", now=at(50))
    marked = [row["trial_id"] for row in rows(closed(study, tmp_path), "responses") if row["excluded"] == "true"]
    assert marked == [trial.public_id]


def test_a_device_is_only_a_class() -> None:
    assert [device_class(device) for device in ({}, {"width": 390}, {"width": 820, "touch": True}, {"width": 820})] == [
        "", "phone", "tablet", "desktop",
    ]  # fmt: skip


def test_the_version_that_ran_a_sitting_is_recorded(tmp_path: Path) -> None:
    study = full_study()
    finished(study)
    path = packed(study, tmp_path)
    assert {row["app_version"] for table in ("sessions", "responses") for row in rows(path, table)} == {"0.1.0"}
