from typing import Any

import pytest
from django.test import Client

from studies.domain.protocol import Protocol
from studies.models import Dataset, Event, FormAnswer, Item, LateAnswer, Participant, Passage, Response, Session, Trial
from studies.services.freezing import freeze
from tests.factories import document, launched_study
from tests.views.pages import DEVICE, Clock, Visitor
from tests.walk import START

pytestmark = pytest.mark.django_db


SURVEY = [
    {"key": "age", "text": "How old are you?", "kind": "number"},
    {"key": "more", "text": "Anything else?", "kind": "text", "required": False},
]


def test_a_whole_sitting_by_buttons_alone() -> None:
    launched_study(
        survey=SURVEY, entry={"codes": {"completed": "C0DE"}, "redirect": "https://panel.example/?cc={code}"}
    )
    visitor = Visitor().to_first_question()
    for number in range(1, 7):
        assert visitor.heading == f"Question {number} of 6"
        visitor.start().answer()
        visitor.leave_block()
    assert visitor.do("survey", **{"q-age": "many"}).notice.startswith("Please give a number")
    visitor.do("survey", **{"q-age": "44", "q-more": "Fine\r\nthanks\x00"})
    assert visitor.heading == "What this study was about"
    visitor.do("debrief", data_use="agreed")
    assert "C0DE" in visitor.page
    assert "https://panel.example/?cc=C0DE" in visitor.page
    assert FormAnswer.objects.get(key="more").value == "Fine\nthanks"
    assert Response.objects.count() == 6
    assert visitor.get().heading == "Thank you, you are done"


def test_a_second_click_opens_and_counts_nothing_more() -> None:
    launched_study()
    visitor = Visitor().to_first_question()
    first = visitor.trial
    visitor.start()
    visitor.do("start", trial=first)
    assert Trial.objects.filter(state="open").count() == 1
    visitor.answer("B")
    again = visitor.do("submit", trial=first, answer="B", confidence="60")
    assert (again.notice, again.heading) == ("", "Question 2 of 6")
    assert Response.objects.count() == 1


def test_a_second_tab_is_on_the_same_question_and_a_changed_mind_there_is_kept_apart() -> None:
    launched_study()
    one = Visitor().to_first_question().start()
    two = Visitor()
    two.address = one.address
    assert two.get().trial == one.trial
    first = one.trial
    one.answer("A")
    two.do("submit", trial=first, answer="B", confidence="60")
    assert "answered already" in two.notice
    assert two.heading == "Question 2 of 6"
    assert Response.objects.get().answer != LateAnswer.objects.get().answer


def test_an_answer_after_the_deadline_is_kept_apart_and_said_so(time: Clock) -> None:
    launched_study()
    visitor = Visitor().to_first_question().start()
    time.passes(seconds=63)
    visitor.answer("C")
    assert "time for this question is over" in visitor.notice
    assert not Response.objects.exists()
    assert LateAnswer.objects.count() == 1
    assert "No answer had been chosen" in visitor.page


def test_the_page_after_a_time_out_says_that_the_standing_choice_counted(time: Clock) -> None:
    launched_study()
    visitor = Visitor().to_first_question().start()
    time.passes(seconds=61)
    visitor.do("submit", trial=visitor.trial, answer="C", confidence="60", expired="1")
    assert "was counted" in visitor.page
    assert Trial.objects.get(state="closed").closed_by == "deadline"


def test_the_page_after_a_time_out_says_so_whatever_it_is_and_no_later_one_repeats_it(time: Clock) -> None:
    launched_study(design={"participants": 50, "break_every": 2})
    visitor = Visitor().to_first_question()
    first = set()
    while visitor.heading.startswith("Question"):
        visitor.start()
        time.passes(seconds=65)
        visitor.get()
        told = [(visitor.heading, "The time for the last question was over" in visitor.page)]
        while visitor.heading in ("A short break", "About the questions so far"):
            visitor.leave_break() if visitor.heading == "A short break" else visitor.leave_block()
            told.append((visitor.heading, "The time for the last question was over" in visitor.page))
        assert [said for _, said in told] == [True] + [False] * (len(told) - 1), told
        first.add(told[0][0].rstrip(" 0123456789of"))
    assert visitor.heading == "All questions are answered"
    assert first == {"Question", "A short break", "About the questions so far"}


def test_a_refused_answer_stays_chosen_and_nothing_is_written() -> None:
    launched_study()
    visitor = Visitor().to_first_question().start()
    visitor.do("submit", trial=visitor.trial, answer="B")
    assert visitor.notice == "Say how confident you are first."
    assert 'value="B" checked' in visitor.page
    assert not Response.objects.exists()
    for bad in ("E", "AB", "\x00", "ab" * 40):
        assert visitor.do("submit", trial=visitor.trial, answer=bad, confidence="60").notice
    for bad in ("61.5x", "999", "nan"):
        assert visitor.do("submit", trial=visitor.trial, answer="B", confidence=bad).notice
    assert not Response.objects.exists()


def test_somebody_elses_trial_is_refused_like_one_that_does_not_exist() -> None:
    launched_study()
    mine, other = Visitor().to_first_question().start(), Visitor().to_first_question().start()
    refused = mine.do("submit", trial=other.trial, answer="A", confidence="60").notice
    assert refused == mine.do("submit", trial="nothing", answer="A", confidence="60").notice
    assert "not one of yours" in refused


def test_a_page_that_is_not_due_cannot_be_skipped_to() -> None:
    launched_study()
    visitor = Visitor().join()
    for action in ("start", "survey", "comprehension", "launch", "", "end_break"):
        visitor.do(action, trial="x", position="999999")
        assert visitor.heading == "Your personal link"
    visitor.do("instructions")
    assert Session.objects.get().instructed_at is None


def test_overlong_text_is_refused_and_stays_where_it_was_typed() -> None:
    launched_study(survey=SURVEY)
    visitor = Visitor().to_first_question()
    while visitor.trial:
        visitor.start().answer().leave_block()
    visitor.do("survey", **{"q-age": "44", "q-more": "x" * 6000})
    assert "6,000 characters" in visitor.notice
    assert "x" * 6000 in visitor.page
    assert not FormAnswer.objects.filter(form="survey").exists()


@pytest.mark.parametrize(
    "device",
    ["", "{", "[]", "[" * 1900, '{"javascript": "yes"}', '{"javascript": true, "width": NaN, "dark": "\\u0000"}'],
)
def test_what_a_device_reports_is_taken_as_plain_values_or_not_at_all(device: str) -> None:
    launched_study()
    visitor = Visitor().join().do("welcome").do("device", device=device)
    assert visitor.status == 200
    assert set(Session.objects.get().device) <= {"javascript"}


def test_a_post_without_its_token_gets_a_sentence() -> None:
    launched_study()
    visitor = Visitor().to_first_question()
    strict = Client(enforce_csrf_checks=True)
    page = strict.post(visitor.address, {"action": "stop"})
    assert (page.status_code, b"Please try again" in page.content) == (403, True)
    frame = strict.post(f"{visitor.address}chat/", "{}", content_type="application/json")
    assert (frame.status_code, frame.json()["code"]) == (403, "csrf")
    assert Session.objects.get().outcome == ""


def test_reading_never_changes_and_other_methods_are_refused() -> None:
    launched_study()
    visitor = Visitor().to_first_question()
    before = Event.objects.count()
    assert visitor.client.head(visitor.address).status_code == 200
    assert visitor.client.head("/join/s/").status_code in (200, 303)
    for method in ("options", "put", "delete", "patch"):
        assert getattr(visitor.client, method)(visitor.address).status_code == 405
    assert Event.objects.count() == before
    assert Trial.objects.filter(state="open").count() == 0


def test_stopping_keeps_and_withdrawing_deletes() -> None:
    launched_study()
    stopped = Visitor().to_first_question().do("stop")
    assert stopped.heading == "You have stopped"
    gone = Visitor().to_first_question().do("withdraw")
    assert gone.heading == "Your data is deleted"
    assert "Your personal link" not in gone.page
    kept = Participant.objects.get(erased_at=None)
    assert kept.code in stopped.page
    assert Trial.objects.filter(allocation__participant=kept).count() == 6
    assert Trial.objects.count() == 6


def _into_assisted(visitor: Visitor) -> Visitor:
    while "You can ask the assistant" not in visitor.page:
        visitor.start().answer().leave_block()
    return visitor.start()


@pytest.mark.parametrize("action", ["stop", "withdraw"])
def test_every_way_out_after_an_assisted_question_reaches_the_debrief(action: str) -> None:
    launched_study(assistants={"guide": {"strategy": "assigned", "p_correct": 0}})
    visitor = _into_assisted(Visitor().to_first_question()).do(action)
    assert visitor.heading == "What this study was about"
    assert "set to argue for a wrong answer" in visitor.page
    assert ("may we use your data" in visitor.page) == (action == "stop")
    visitor.do("debrief", data_use="agreed" if action == "stop" else "")
    assert visitor.heading == ("You have stopped" if action == "stop" else "Your data is deleted")


def test_who_let_a_sitting_expire_finds_the_debrief_under_the_personal_link(time: Clock) -> None:
    from studies.services import sitting

    launched_study(assistants={"guide": {"strategy": "assigned", "p_correct": 0}})
    visitor = _into_assisted(Visitor().to_first_question())
    time.passes(hours=30)
    sitting.expire(session=Session.objects.get(), now=time.now)
    assert visitor.get().heading == "What this study was about"
    assert visitor.do("debrief", data_use="refused").heading == "Your data is deleted"
    assert Participant.objects.get().erased_at is not None


def test_declining_shows_its_own_code_and_asks_nothing_more() -> None:
    launched_study(entry={"codes": {"declined": "N0", "completed": "YES"}})
    visitor = Visitor().to_consent().do("decline")
    assert visitor.heading == "You are not taking part"
    assert "N0" in visitor.page
    assert "YES" not in visitor.page


def test_consent_is_itemised_and_marks_what_is_required() -> None:
    items = [
        {"key": "study", "text": "I take part."},
        {"key": "telemetry", "text": "Focus may be recorded.", "required": False},
    ]
    launched_study(consent={"items": items, "version": "3"}, study={**STUDY, "ethics_approval": "E-77"})
    page = Visitor().to_consent().page
    flat = " ".join(page.split())
    assert 'I take part. <em class="quiet">(required)</em>' in flat
    assert 'Focus may be recorded. <em class="quiet">(optional)</em>' in flat
    for words in ("at least 18", "E-77", "Consent version 3", "a@b.c", "What you write in a chat is processed by"):
        assert words in flat


TASK = {"name": "mmlu", "dataset": "d", "items_per_arm": 3, "time_limit_seconds": 60}
STUDY: dict[str, Any] = {
    "slug": "s", "title": "T", "seed": 1, "expected_minutes": 3, "pay": "x",
    "contact_name": "a", "contact_email": "a@b.c",
}  # fmt: skip


def test_refusing_telemetry_keeps_the_place() -> None:
    items = [{"key": "study", "text": "ok"}, {"key": "telemetry", "text": "Focus.", "required": False}]
    launched_study(consent={"items": items})
    visitor = Visitor().to_first_question().start()
    assert '"telemetry": false' in visitor.page


def test_extra_time_is_asked_before_the_start_and_given() -> None:
    launched_study()
    visitor = Visitor().to_first_question(time_multiplier="1.5")
    assert "1 minute 30 seconds" in visitor.page
    for bad in ("7", "nan", "many"):
        assert Visitor().to_consent().agree(time_multiplier=bad).notice


def test_pages_hold_no_gold_brief_or_arm_before_the_debrief() -> None:
    launched_study(
        arms=[
            {"name": "unaided", "label": "LABEL-U"},
            {"name": "assisted", "label": "LABEL-A", "assistant": "misleader"},
        ],
        assistants={"misleader": {"strategy": "assigned"}},
    )
    visitor = Visitor().to_consent()
    pages = [visitor.page, visitor.agree().page, visitor.do("instructions").page]
    while visitor.trial:
        pages += [
            visitor.page,
            visitor.start().page,
            visitor.client.get(f"{visitor.address}instructions/").content.decode(),
        ]
        visitor.answer().leave_block()
    for page in [*pages, visitor.page]:
        for word in ("LABEL-", "misleader", "assigned", "gold", "brief", "unaided", "correct"):
            assert word not in page, word


@pytest.mark.parametrize(
    ("visible", "before", "after"), [("never", False, False), (30, True, False), ("always", True, True)]
)
def test_a_passage_is_shown_as_long_as_the_study_says(time: Clock, visible: object, before: bool, after: bool) -> None:
    launched_study(passage={"visible": visible}, tasks=[{**TASK, "questions_per_passage": 20}])
    dataset = Dataset.objects.get()
    Item.objects.update(passage=Passage.objects.create(dataset=dataset, key="p", title="P", text="LONG TEXT"))
    visitor = Visitor().to_first_question()
    assert ("a text to read" in visitor.page) == before
    assert ("shown for <strong>30 seconds" in visitor.page) == (visible == 30)
    visitor.start()
    assert ("LONG TEXT" in visitor.page) == before
    time.passes(seconds=31)
    assert ("LONG TEXT" in visitor.get().page) == after


def test_several_assistants_are_said_to_differ() -> None:
    arms = [{"name": "one", "label": "1", "assistant": "a"}, {"name": "two", "label": "2", "assistant": "b"}]
    launched_study(arms=arms, assistants={"a": {"strategy": "assigned"}, "b": {"strategy": "honest"}})
    visitor = Visitor().to_consent().agree()
    assert "more than one assistant" in visitor.page


def test_the_chat_opens_after_a_required_first_answer() -> None:
    launched_study(answer={"initial": "required"})
    visitor = _into_assisted(Visitor().to_first_question())
    assert "as soon as you have given your first answer" in visitor.page
    assert "data-chat-form" not in visitor.page
    visitor.do("initial", trial=visitor.trial, answer="B", confidence="60")
    assert "Your first answer was B" in visitor.page
    assert "data-chat-form" in visitor.page


def test_the_answer_is_shown_after_each_trial_where_the_study_says_so() -> None:
    launched_study(answer={"reveal": "after_trial"})
    visitor = Visitor().to_first_question().start().answer()
    assert "the right answer" in visitor.page
    assert visitor.do("leave_feedback", trial=visitor.trial).heading == "Question 2 of 6"


@pytest.mark.parametrize(
    ("scale", "words"), [({"scale": "slider"}, "confidence-slider"), ({"scale": "list", "values": [0, 50]}, "50%")]
)
def test_other_scales_of_confidence_are_shown(scale: dict[str, Any], words: str) -> None:
    launched_study(confidence=scale)
    visitor = Visitor().to_first_question().start()
    assert words in visitor.page
    assert visitor.answer("A", "50").heading == "Question 2 of 6"


def test_breaks_come_where_they_are_planned_and_a_reload_does_not_skip_them() -> None:
    launched_study(design={"participants": 5, "break_every": 2})
    visitor = Visitor().to_first_question()
    for _ in range(2):
        visitor.start().answer()
    assert visitor.get().heading == "A short break"
    assert "2 of 6" in visitor.page


def test_error_pages_say_what_to_do_and_whom_to_ask(settings: Any) -> None:
    from django.template.loader import render_to_string

    for name in ("400", "403", "403_csrf", "404", "500"):
        assert "at the foot of every page of the study" in render_to_string(f"{name}.html"), name
    settings.CONTACT_EMAIL = "studies@example.org"
    for name in ("400", "403", "403_csrf", "404", "500"):
        assert "mailto:studies@example.org" in render_to_string(f"{name}.html"), name
    for gone in ("/nothing/here", "/s/nobody/", "/join/nothing/"):
        answer = Client().get(gone)
        assert (answer.status_code, "mailto:studies@example.org" in answer.content.decode()) == (404, True), gone


def test_instructions_are_always_within_reach() -> None:
    launched_study()
    visitor = Visitor().to_first_question().start()
    assert f"{visitor.address}instructions/" in visitor.page
    assert b"no web search" in visitor.client.get(f"{visitor.address}instructions/").content
    assert DEVICE


def test_a_new_version_before_consent_asks_again_and_the_one_agreed_to_stays() -> None:
    study = launched_study()
    early, late = Visitor().to_consent().agree(), Visitor().to_consent()
    changed = document(consent={"items": [{"key": "study", "text": "It has changed."}]})
    freeze(study=study, protocol=Protocol.model_validate(changed), prompts={}, now=START)
    refused = late.agree(protocol_version="1")
    assert "changed" in refused.notice
    assert "It has changed." in refused.page
    assert refused.agree(protocol_version="2").heading == "Instructions"
    early.get()
    assert sorted(Participant.objects.values_list("version__number", flat=True)) == [1, 2]
