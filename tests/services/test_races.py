"""Two at the same moment: real threads, each with a connection of its own, on whichever database is under test."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from studies.domain.errors import Refused
from studies.models import Allocation, Event, LateAnswer, Participant, Response, Trial
from studies.services import enrolment, trials
from tests.factories import launched_study
from tests.walk import START, at, briefed, consented, open_trial, shown

pytestmark = pytest.mark.django_db(transaction=True)


def together(*calls: Callable[[], object]) -> list[object]:
    """Run the calls at once; what each returned, or the code of its refusal."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return call()
        except Refused as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_of_a_submission_and_an_expiry_exactly_one_wins() -> None:
    study = launched_study(design={"participants": 50})
    for number in range(12):
        trial = open_trial(briefed(study, f"p{number}"))
        trials.save_draft(trial=trial, answer="C", now=at(1))
        together(
            lambda trial=trial: trials.submit(trial=trial, answer="B", confidence_raw="80", now=at(61.9)),  # type: ignore[misc]
            lambda: trials.close_overdue(now=at(62.1)),
        )
        closed = Trial.objects.get(pk=trial.pk)
        assert closed.state == "closed"
        assert Response.objects.filter(trial=trial).count() == 1
        late = LateAnswer.objects.filter(trial=trial).count()
        assert (closed.response.answer, late) in (("B", 0), ("C", 1))
        assert Event.objects.filter(trial=trial, kind="trial.closed").count() == 1


def test_two_tabs_that_start_at_once_open_one_trial() -> None:
    session = briefed(launched_study())
    announced = shown(session).context["trial_id"]
    opened = together(*[lambda: trials.open_next(session=session, public_id=announced, now=at(0))] * 4)
    assert len({trial.pk for trial in opened if isinstance(trial, Trial)}) == 1
    assert Trial.objects.filter(state="open").count() == 1


def test_two_tabs_that_answer_at_once_leave_one_response() -> None:
    trial = open_trial(briefed(launched_study()))
    results = together(
        lambda: trials.submit(trial=trial, answer="A", confidence_raw="60", now=at(5)),
        lambda: trials.submit(trial=trial, answer="B", confidence_raw="60", now=at(5)),
    )
    assert Counter(results) == {None: 1, "trial_closed": 1}
    assert Response.objects.count() == 1
    assert LateAnswer.objects.count() == 1


def test_the_same_person_joining_twice_at_once_is_one_participant() -> None:
    study = launched_study()
    visit = enrolment.Visit("generic", "p1")
    together(*[lambda: enrolment.join(study=study, visit=visit, now=START)] * 4)
    assert Participant.objects.count() == 1


def test_simultaneous_joins_do_not_overfill_a_study() -> None:
    study = launched_study(design={"participants": 2})
    joins = [
        lambda number=number: enrolment.join(study=study, visit=enrolment.Visit("generic", f"p{number}"), now=START)  # type: ignore[misc]
        for number in range(5)
    ]
    results = together(*joins)
    assert results.count("study_full") == 3
    assert Participant.objects.count() == 2


def test_simultaneous_draws_stay_balanced_in_arm_and_item() -> None:
    from studies.services import sitting

    study = launched_study()
    sessions = [consented(study, f"p{number}") for number in range(8)]
    together(
        *[lambda session=session: sitting.read_instructions(session=session, now=START) for session in sessions]  # type: ignore[misc]
    )
    numbers = Participant.objects.values_list("arm_sequence_number", flat=True)
    assert sorted(number for number in numbers if number is not None) == list(range(8))
    orders = Counter(tuple(person.sequence or []) for person in Participant.objects.all())
    assert set(orders.values()) == {4}
    for arm in ("unaided", "assisted"):
        planned = Counter(Allocation.objects.filter(arm=arm).values_list("item_id", flat=True))
        assert max(planned.values()) - min(planned.values()) <= 2  # see test_levels
