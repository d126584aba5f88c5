"""What the console says of a study, whatever its size."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from studies.models import Message, Pool, Response, Study, Trial
from studies.queries import console, console_fill, console_outcomes, console_people, console_person, console_problems
from studies.services import events, sitting, studies
from tests.factories import launched_study
from tests.walk import START, again, at, briefed, completed, consented, enrol, open_trial

pytestmark = pytest.mark.django_db
Counting = Callable[[int], AbstractContextManager[object]]


def counts(study: Study, pool: str = "real", *, seconds: float = 60) -> console.People:
    version = console.newest_versions([study])[study.pk]
    return console.people_counts(study=study, version=version, pool=pool, now=at(seconds))


def codes(study: Study, *, pool: str = "real", now: float = 60) -> set[str]:
    protocol = console.newest_versions([study])[study.pk].protocol
    found = console_problems.health(study=study, pool=pool, protocol=protocol, now=at(now))
    return {problem.code for problem in found.problems}


def test_everybody_is_counted_in_one_group_and_in_their_own_pool() -> None:
    study = launched_study()
    completed(study, "a")
    briefed(study, "b")
    sitting.decline(session=enrol(study, "c"), now=START)
    enrol(study, pool=Pool.SIMULATED)
    real = counts(study)
    assert dict(real.counts) == {"completed": 1, "here": 1, "away": 0, "declined": 1}
    assert (real.joined, real.left, real.places) == (3, 1, 50)
    assert counts(study, "simulated").joined == 1
    assert counts(study, seconds=3600).counts["away"] == 1


def test_somebody_between_two_sittings_has_neither_left_nor_completed() -> None:
    study = launched_study(design={"participants": 50, "sittings": 2, "hours_between_sittings": 24})
    completed(study, "a")
    people = counts(study, seconds=700)
    assert (people.counts["between_sittings"], people.completed, people.left) == (1, 0, 0)


def test_each_group_lists_the_people_that_it_counts() -> None:
    study = launched_study()
    completed(study, "a")
    open_trial(briefed(study, "b"))
    consented(study, "c")
    protocol = console.newest_versions([study])[study.pk].protocol
    for group, number in counts(study).counts.items():
        rows = console_people.sittings_of(study=study, pool="real", protocol=protocol, now=at(60), group=group)
        assert rows.count() == number
    everybody = console_people.sittings_of(study=study, pool="real", protocol=protocol, now=at(60))
    steps = {person.step for person in console_people.people(everybody, protocol=protocol, now=at(60))}
    assert steps == {"end, debrief not read", "question 1, open", "instructions"}


def test_levels_count_items_that_nobody_has_answered() -> None:
    study = launched_study()
    completed(study, "a")
    version = console.newest_versions([study])[study.pk]
    levels = console_fill.levels(study=study, version=version, pool="real")
    assert [(level.arm, level.items, level.responses, level.fewest) for level in levels] == [
        ("unaided", 20, 3, 0),
        ("assisted", 20, 3, 0),
    ]
    assert levels[0].most[0][1] == 1
    assert console_fill.levels(study=study, version=version, pool="simulated")[0].responses == 0


def test_accuracy_counts_what_ran_out_of_time_as_the_protocol_says() -> None:
    study = launched_study()
    completed(study, "a")
    kept = Response.objects.filter(trial__allocation__arm="assisted").first()
    assert kept is not None
    Trial.objects.filter(pk=kept.trial_id).update(closed_by="deadline")
    kept.delete()
    protocol = console.newest_versions([study])[study.pk].protocol
    rows = {row.arm: row for row in console_outcomes.outcomes(study=study, pool="real", protocol=protocol)}
    right = Response.objects.filter(trial__allocation__arm="assisted", correct=True).count()
    assert (rows["assisted"].trials, rows["assisted"].answered, rows["assisted"].timed_out) == (3, 2, 1)
    assert rows["assisted"].accuracy == pytest.approx(right / 3)
    assert rows["unaided"].counted == 3


def test_nothing_is_said_of_a_study_in_which_all_is_well() -> None:
    study = launched_study()
    completed(study, "a")
    assert codes(study) == set()


def test_people_who_went_away_and_broken_replies_are_problems() -> None:
    study = launched_study(arms=[{"name": "assisted", "label": "A", "assistant": "guide"}])
    trial = open_trial(briefed(study, "a"))
    reply = {"trial": trial, "turn": 1, "role": "assistant", "sent_at": START}
    Message.objects.create(public_id="m1", status="interrupted", **reply)
    assert codes(study) == {"interrupted"}
    assert codes(study, now=3600) == {"interrupted", "away"}
    assert codes(study, pool="simulated") == set()


def test_a_clock_that_is_too_short_is_noticed_without_naming_an_arm() -> None:
    study = launched_study()
    for name in ("a", "b", "c", "d"):
        completed(study, name)
    Trial.objects.filter(allocation__kind="main", allocation__arm="assisted").update(closed_by="deadline")
    protocol = console.newest_versions([study])[study.pk].protocol
    found = console_problems.health(study=study, pool="real", protocol=protocol, now=at(60))
    assert [problem.code for problem in found.problems] == ["timed_out"]
    assert [(task.task, task.closed, task.timed_out) for task in found.timed_out] == [("mmlu", 24, 12)]
    assert "assisted" not in found.problems[0].sentence


def test_outcomes_of_participants_are_withheld_until_closed_or_unblinded() -> None:
    study = launched_study()
    assert console.may_see_outcomes(study=study, pool="simulated")
    assert not console.may_see_outcomes(study=study, pool="real")
    studies.unblind(study=study, user=None, why="safety board", now=START)
    assert console.may_see_outcomes(study=study, pool="real")


def test_the_way_of_a_person_is_told_in_the_order_in_which_it_happened() -> None:
    session = completed(launched_study(), "a")
    (line,) = console_person.sittings(participant=again(session.participant).participant)
    times = [at for _, at, _ in line.stamps]
    assert times == sorted(times)
    assert line.stamps[0][2] == timedelta(0)
    assert len(line.trials) == 6
    assert all(trial.answered and trial.seconds == 5 for trial in line.trials)


def test_the_number_of_queries_does_not_grow_with_people(django_assert_num_queries: Counting) -> None:
    study = launched_study()
    version = console.newest_versions([study])[study.pk]
    protocol = version.protocol
    for people in (1, 3):
        for number in range(people):
            completed(study, f"p{people}{number}")
        with django_assert_num_queries(3):
            console.overview(now=at(60))
        with django_assert_num_queries(7):
            console_problems.health(study=study, pool="real", protocol=protocol, now=at(60))
        with django_assert_num_queries(2):
            console_fill.levels(study=study, version=version, pool="real")
        with django_assert_num_queries(1):
            console_outcomes.outcomes(study=study, pool="real", protocol=protocol)
        with django_assert_num_queries(2):
            rows = console_people.sittings_of(study=study, pool="real", protocol=protocol, now=at(60))
            console_people.people(rows, protocol=protocol, now=at(60))


def test_replies_that_failed_are_grave_for_a_day_and_named_by_their_code() -> None:
    study = launched_study(arms=[{"name": "assisted", "label": "A", "assistant": "guide"}])
    session = briefed(study, "a")
    for code in ("overloaded", "overloaded", "stalled", "process_died"):
        events.record_in(session, "reply.fault", START, detail={"status": "failed", "code": code})
    protocol = console.newest_versions([study])[study.pk].protocol
    for seconds, grave in ((60, True), (100_000, False)):
        found = console_problems.health(study=study, pool="real", protocol=protocol, now=at(seconds))
        fault = next(problem for problem in found.problems if problem.code == "reply_faults")
        assert fault.grave is grave
        assert "3 assistant replies failed (overloaded 2, stalled 1)" in fault.sentence
    assert console_problems.faulty_replies() == {(study.pk, "real"): 4}
