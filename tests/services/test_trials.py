import pytest

from studies.domain.errors import Refused
from studies.domain.sitting import Step
from studies.models import Draft, Event, LateAnswer, Response, Trial
from studies.services import trials
from tests.factories import launched_study
from tests.walk import at, briefed, open_trial, shown

pytestmark = pytest.mark.django_db


def timed_trial(**overrides: object) -> Trial:
    return open_trial(briefed(launched_study(**overrides)))


def refreshed(trial: Trial) -> Trial:
    return Trial.objects.get(pk=trial.pk)


def test_a_trial_opens_once_whatever_is_clicked_twice() -> None:
    session = briefed(launched_study())
    shown_id = shown(session).context["trial_id"]
    first = trials.open_next(session=session, public_id=shown_id, now=at(0))
    again = trials.open_next(session=session, public_id=shown_id, now=at(9))
    assert first == again
    assert refreshed(again).opened_at == at(0)


def test_only_the_trial_that_was_announced_opens() -> None:
    with pytest.raises(Refused) as refused:
        trials.open_next(session=briefed(launched_study()), public_id="another", now=at(0))
    assert refused.value.code == "not_now"


def test_an_answer_on_time_counts_as_the_participants() -> None:
    trial = timed_trial()
    trials.submit(trial=trial, answer="B", confidence_raw="80", now=at(20))
    closed = refreshed(trial)
    assert (closed.closed_by, closed.closed_at) == ("participant", at(20))
    assert (closed.response.answer, closed.response.confidence, closed.response.source) == ("B", 0.8, "submitted")


def test_an_answer_within_the_grace_counts_and_is_marked_late() -> None:
    trial = timed_trial()
    trials.submit(trial=trial, answer="B", confidence_raw="80", now=at(61.5))
    closed = refreshed(trial)
    assert (closed.closed_by, closed.response.answer, closed.response.lateness_ms) == ("deadline", "B", 1500)


def test_a_late_answer_is_kept_apart_and_does_not_count() -> None:
    trial = timed_trial()
    with pytest.raises(Refused) as refused:
        trials.submit(trial=trial, answer="B", confidence_raw="80", now=at(63))
    assert refused.value.code == "time_up"
    assert refreshed(trial).closed_at == at(60)
    assert not Response.objects.filter(trial=trial).exists()
    assert LateAnswer.objects.get(trial=trial).answer == "B"


def test_at_expiry_the_choice_that_stood_counts_with_its_confidence() -> None:
    trial = timed_trial()
    trials.save_draft(trial=trial, answer="C", confidence_raw="42", now=at(30))
    assert trials.close_overdue(now=at(62.5)) == 1
    response = refreshed(trial).response
    assert (response.answer, response.confidence, response.source) == ("C", 0.42, "standing")


def test_nothing_chosen_is_nothing_counted() -> None:
    trial = timed_trial()
    trials.close_overdue(now=at(100))
    assert refreshed(trial).closed_by == "deadline"
    assert not Response.objects.exists()


def test_the_deadline_is_not_swept_before_the_grace_is_over() -> None:
    trial = timed_trial()
    assert trials.close_overdue(now=at(61)) == 0
    assert refreshed(trial).state == "open"


def test_the_same_answer_twice_is_one_answer() -> None:
    trial = timed_trial()
    trials.submit(trial=trial, answer="B", confidence_raw="80", now=at(20))
    trials.submit(trial=trial, answer="B", confidence_raw="80", now=at(21))
    assert Response.objects.count() == 1
    assert not LateAnswer.objects.exists()


def test_another_answer_after_the_first_is_kept_apart() -> None:
    trial = timed_trial()
    trials.submit(trial=trial, answer="B", confidence_raw="80", now=at(20))
    with pytest.raises(Refused) as refused:
        trials.submit(trial=trial, answer="A", confidence_raw="80", now=at(21))
    assert refused.value.code == "trial_closed"
    assert Response.objects.get().answer == "B"
    assert LateAnswer.objects.get().answer == "A"


@pytest.mark.parametrize(
    ("answer", "confidence", "code"),
    [("", "80", "no_answer"), ("A", "", "no_confidence"), ("Z", "80", "bad_answer"), ("A", "81", "bad_confidence")],
)
def test_an_incomplete_or_unknown_answer_leaves_the_trial_open(answer: str, confidence: str, code: str) -> None:
    trial = timed_trial()
    with pytest.raises(Refused) as refused:
        trials.submit(trial=trial, answer=answer, confidence_raw=confidence, now=at(20))
    assert refused.value.code == code
    assert refreshed(trial).state == "open"


def test_a_draft_keeps_what_it_is_not_told_to_change() -> None:
    trial = timed_trial()
    trials.save_draft(trial=trial, answer="C", now=at(5))
    trials.save_draft(trial=trial, chat_text="half a thou", now=at(6))
    draft = Draft.objects.get(trial=trial)
    assert (draft.answer, draft.confidence_raw, draft.chat_text) == ("C", "", "half a thou")


def test_every_change_of_mind_is_an_event_and_repeats_are_not() -> None:
    trial = timed_trial()
    for letter in "CCA":
        trials.save_draft(trial=trial, answer=letter, now=at(5))
    assert Event.objects.filter(kind="draft.changed", target="answer").count() == 2


def test_no_draft_is_taken_after_the_grace() -> None:
    trial = timed_trial()
    with pytest.raises(Refused) as refused:
        trials.save_draft(trial=trial, answer="C", now=at(63))
    assert refused.value.code == "time_up"


def test_extra_time_multiplies_the_limit() -> None:
    trial = open_trial(briefed(launched_study(), time_multiplier=1.5))
    assert (trial.time_limit_seconds, trial.deadline_at) == (90, at(90))


def test_a_pausing_clock_gives_back_the_wait_up_to_its_caps() -> None:
    pauses = {"during_reply": "pauses", "pause_cap_per_reply_seconds": 10, "pause_cap_per_trial_seconds": 15}
    trial = timed_trial(clock=pauses)
    assert trials.credit_wait(trial=trial, waited_seconds=12, now=at(20)) == 10
    assert trials.credit_wait(trial=trial, waited_seconds=12, now=at(40)) == 5
    assert refreshed(trial).deadline_at == at(75)
    assert refreshed(trial).paused_seconds == 15


def test_after_an_expiry_the_person_goes_on_with_the_next_question() -> None:
    session = briefed(launched_study())
    first = open_trial(session)
    trials.close_overdue(now=at(100))
    current = shown(session, now=at(100))
    assert current.step is Step.READY
    assert current.context["trial_id"] != first.public_id
