from datetime import timedelta

import pytest

from studies.domain.errors import Refused
from studies.domain.sitting import Step
from studies.models import Allocation, Event, FormAnswer, Message, PanelIdentity, Participant, Response, Session
from studies.services import enrolment, sitting, sweep, trials
from tests import walk
from tests.factories import launched_study
from tests.walk import START, again, answer_all, at, briefed, completed, consented, enrol, open_trial, shown

pytestmark = pytest.mark.django_db


def test_consent_is_itemised_and_kept() -> None:
    session = consented(launched_study())
    kept = FormAnswer.objects.filter(session=session, form="consent")
    assert {row.key: row.value for row in kept}["study"] == "true"
    assert again(session.participant).state == "consented"


def test_without_a_required_agreement_nobody_goes_on() -> None:
    session = enrol(launched_study())
    sitting.welcome(session=session, now=START)
    with pytest.raises(Refused) as refused:
        sitting.consent(session=session, answers={"study": False}, screening={}, time_multiplier=1, now=START)
    assert refused.value.code == "consent_required"
    assert not FormAnswer.objects.exists()


def test_refusing_telemetry_keeps_the_place_and_switches_it_off() -> None:
    study = launched_study(
        consent={
            "items": [
                {"key": "study", "text": "I take part."},
                {"key": "telemetry", "text": "Focus may be recorded.", "required": False},
            ]
        }
    )
    session = consented(study, answers={"study": True, "telemetry": False})
    assert session.state == "consented"
    assert not session.participant.telemetry


def test_who_declines_reaches_an_end_with_that_outcome() -> None:
    session = enrol(launched_study())
    sitting.decline(session=session, now=START)
    assert shown(session).context["outcome"] == "declined"


QUESTIONS = {"questions": [{"key": "timed", "text": "Timed?", "options": ["Yes", "No"], "answer": "Yes"}]}


def test_comprehension_gives_two_tries_then_screens_out() -> None:
    session = consented(launched_study(comprehension=QUESTIONS))
    sitting.read_instructions(session=session, now=START)
    first = sitting.answer_comprehension(session=session, answers={"timed": "No"}, now=START)
    assert (first.passed, first.tries_left, first.wrong) == (False, 1, ("timed",))
    sitting.answer_comprehension(session=session, answers={"timed": "No"}, now=START)
    assert shown(session).context["outcome"] == "screened_out"
    assert not Allocation.objects.filter(kind="main").exists()


def test_the_second_try_may_pass() -> None:
    session = consented(launched_study(comprehension=QUESTIONS))
    sitting.read_instructions(session=session, now=START)
    sitting.answer_comprehension(session=session, answers={"timed": "No"}, now=START)
    assert sitting.answer_comprehension(session=session, answers={"timed": "Yes"}, now=START).passed
    assert shown(session).step is Step.READY


def test_a_whole_sitting_ends_in_the_debrief_and_then_the_code() -> None:
    session = completed(launched_study(entry={"codes": {"completed": "C0DE"}}))
    assert session.outcome == "completed"
    assert shown(session).step is Step.DEBRIEF
    sitting.debrief(session=session, data_use="agreed", now=at(900))
    last = shown(session, now=at(900))
    assert (last.step, last.context["completion_code"]) == (Step.DONE, "C0DE")


def test_the_survey_is_refused_while_questions_are_left() -> None:
    session = briefed(launched_study())
    with pytest.raises(Refused) as refused:
        sitting.answer_survey(session=session, answers={}, now=START)
    assert refused.value.code == "not_now"


def test_stopping_keeps_the_data_and_still_leads_to_the_debrief() -> None:
    session = briefed(launched_study(design={"participants": 9, "arm_order": "fixed"}, arms=ASSISTED_FIRST))
    trial = open_trial(session)
    trials.save_draft(trial=trial, answer="A", now=at(3))
    sitting.stop(session=session, now=at(5))
    assert shown(session, now=at(5)).step is Step.DEBRIEF
    trial.refresh_from_db()
    assert trial.closed_by == "withdrawal"
    assert Participant.objects.get().withdrew_at is None


ASSISTED_FIRST = [
    {"name": "assisted", "label": "With an assistant", "assistant": "guide"},
    {"name": "unaided", "label": "Alone"},
]


def test_withdrawing_deletes_everything_but_a_tombstone() -> None:
    session = completed(launched_study(), "p1")
    sitting.debrief(session=session, data_use="", now=at(900))
    sitting.withdraw(participant=session.participant, now=at(901))
    assert not Response.objects.exists()
    assert not Allocation.objects.exists()
    assert not Message.objects.exists()
    assert not FormAnswer.objects.exists()
    assert not Event.objects.filter(participant__isnull=False).exists()
    person = Participant.objects.get()
    assert (person.withdrew_at, person.erased_at) == (at(901), at(901))
    assert person.sequence


def test_who_withdraws_after_an_assistant_reads_the_debrief_before_the_deletion() -> None:
    study = launched_study(design={"participants": 9, "arm_order": "fixed"}, arms=ASSISTED_FIRST)
    session = briefed(study)
    open_trial(session)
    sitting.withdraw(participant=session.participant, now=at(5))
    assert shown(session, now=at(5)).step is Step.DEBRIEF
    assert Allocation.objects.exists()
    sitting.debrief(session=again(session.participant), data_use="", now=at(60))
    assert not Allocation.objects.exists()


def test_a_withdrawal_nobody_came_back_to_is_carried_out_by_the_sweep() -> None:
    study = launched_study(design={"participants": 9, "arm_order": "fixed"}, arms=ASSISTED_FIRST)
    session = briefed(study)
    open_trial(session)
    sitting.withdraw(participant=session.participant, now=at(5))
    sweep.sweep(now=at(5) + timedelta(hours=2))
    assert not Allocation.objects.exists()


def test_refusing_the_use_of_the_data_at_the_debrief_deletes_it_and_keeps_the_pay() -> None:
    session = completed(launched_study(entry={"codes": {"completed": "C0DE"}}))
    sitting.debrief(session=session, data_use="refused", now=at(900))
    assert not Response.objects.exists()
    assert shown(session, now=at(900)).context["completion_code"] == "C0DE"


def test_an_untouched_sitting_expires() -> None:
    session = briefed(launched_study(design={"participants": 9, "expire_after_hours": 2}))
    sweep.sweep(now=START + timedelta(hours=3))
    assert again(session.participant).outcome == "expired"


def test_a_second_sitting_opens_when_it_is_due_with_the_rest_of_the_items() -> None:
    study = launched_study(design={"participants": 9, "sittings": 2, "hours_between_sittings": 24})
    session = completed(study, "p1")
    assert shown(session, now=at(3600)).step is Step.WAIT
    tomorrow = at(700) + timedelta(hours=25)
    second = again(session.participant, now=tomorrow)
    assert second.sitting == 2
    sitting.welcome(session=second, now=tomorrow)
    sitting.check_device(session=second, device={}, now=tomorrow)
    assert shown(second, now=tomorrow).step is Step.READY
    done = answer_all(second, now=tomorrow)
    assert Allocation.objects.filter(participant=done.participant, trial__state="closed").count() == 6


def test_the_same_panel_id_is_the_same_person() -> None:
    study = launched_study()
    assert enrol(study, "p1").participant == enrol(study, "p1").participant
    assert PanelIdentity.objects.count() == 1


def test_a_guessable_id_comes_back_only_by_link_or_own_browser() -> None:
    study = launched_study()
    person = enrol(study, "17").participant
    visit = enrolment.Visit("generic", "17")
    with pytest.raises(Refused) as refused:
        enrolment.find(study=study, visit=visit, cookie_token=None)
    assert refused.value.code == "use_personal_link"
    assert enrolment.find(study=study, visit=visit, cookie_token=person.token) == person


def test_the_id_in_the_address_wins_over_a_cookie() -> None:
    study = launched_study()
    person = enrol(study, "17").participant
    assert enrolment.find(study=study, visit=enrolment.Visit("generic", "18"), cookie_token=person.token) is None


def test_a_full_study_says_so_before_consent() -> None:
    study = launched_study(design={"participants": 1})
    enrol(study, "p1")
    with pytest.raises(Refused) as refused:
        enrol(study, "p2")
    assert refused.value.code == "study_full"


def test_an_idle_persons_place_is_free_again() -> None:
    study = launched_study(design={"participants": 1, "idle_minutes": 30})
    enrol(study, "p1")
    assert enrol(study, "p2", now=START + timedelta(minutes=31)).participant.code


def test_one_live_sitting_per_participant() -> None:
    session = enrol(launched_study(), "p1")
    assert again(session.participant) == session
    assert Session.objects.count() == 1


def test_after_each_block_outside_help_is_asked_once_and_before_the_survey() -> None:
    session = briefed(launched_study())
    asked: list[int] = []
    now = START
    while (current := shown(session, now=now)).step in (Step.READY, Step.AFTER_BLOCK):
        if current.step == Step.AFTER_BLOCK:
            asked.append(current.context["block_number"])
            with pytest.raises(Refused, match="still questions"):
                sitting.answer_survey(session=session, answers={}, now=now)
            for _ in range(2):
                walk.answer_block(session, current, now=now)
        else:
            trial = open_trial(session, now=now)
            trials.submit(trial=trial, answer="A", confidence_raw="60", now=now + timedelta(seconds=5))
        now += timedelta(seconds=10)
    assert asked == [1, 2]
    kept = FormAnswer.objects.filter(session=session, key="outside_help").order_by("form")
    assert [(row.form, row.value) for row in kept] == [("after_block_1", "No"), ("after_block_2", "No")]
