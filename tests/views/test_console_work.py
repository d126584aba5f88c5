"""Model-only runs, coding and reports as researchers and others meet them in the console."""

import io
import time
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from studies.models import AuditCoding, BaselineRun, Message, Report, Study
from studies.runner import background
from studies.services import studies
from tests.factories import launched_study
from tests.queries.test_audit import ALL_CODED, trial_with
from tests.walk import completed

LONGEST_SECONDS = 60
SCRIPTED = {"guide": {"provider": "scripted", "strategy": "assigned", "settings": {"words_per_second": 5}}}
CHOSEN = {
    "assistants": "guide", "material": "study", "methods": ["first_reply", "zero_shot"], "order": "stored",
    "repeats": "1", "samples": "20", "shots": "5",
}  # fmt: skip


@pytest.fixture
def researcher(client: Client) -> Client:
    client.force_login(User.objects.create_user("ruth", is_staff=True))
    return client


def address(name: str, *more: str, slug: str = "s") -> str:
    return reverse(f"research:{name}", args=[slug, *more])


PAGES = ("baselines", "baselines_status", "coding", "reports", "reports_status")


@pytest.mark.django_db
def test_only_the_staff_gets_in_and_presses_buttons(client: Client) -> None:
    study = launched_study(assistants=SCRIPTED)
    report = Report.objects.create(
        study=study, public_id="r1", include_simulated=False, state="done", asked_at=timezone.now()
    )
    addresses = [address(name) for name in PAGES]
    addresses += [address(name, report.public_id) for name in ("report", "document", "archive", "delete_report")]
    for one in addresses:
        assert client.get(one)["Location"].startswith(reverse("research:login"))
    client.force_login(User.objects.create_user("somebody"))
    assert {client.get(one).status_code for one in addresses} == {403}
    posts = [address("baselines"), address("baseline", "x"), address("coding"), address("reports")]
    posts += [address("delete_report", report.public_id)]
    assert {client.post(one, CHOSEN).status_code for one in posts} == {403}


# -- the model alone -----------------------------------------------------------------------------------------


def agreed(page: str) -> str:
    """The estimate that stands on a page, as its form sends it back."""
    return page.partition('name="agreed" value="')[2].partition('"')[0]


@pytest.mark.django_db
def test_an_estimate_stands_before_the_start_and_starts_nothing(researcher: Client) -> None:
    launched_study(assistants=SCRIPTED)
    page = researcher.post(address("baselines"), {**CHOSEN, "do": "estimate"}).content.decode()
    assert agreed(page) == "2 runs, 40 requests, 0 USD"
    assert "It costs nothing" in page
    assert not BaselineRun.objects.exists()


@pytest.mark.django_db
def test_what_was_not_estimated_is_not_started(researcher: Client) -> None:
    launched_study(assistants=SCRIPTED)
    for seen in ("", "1 runs, 20 requests, 0 USD"):
        page = researcher.post(address("baselines"), {**CHOSEN, "do": "start", "agreed": seen}).content.decode()
        assert "this is the new estimate" in page
    assert not BaselineRun.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_runs_are_asked_in_this_process_and_tell_their_results(researcher: Client) -> None:
    launched_study(assistants=SCRIPTED)
    offer = agreed(researcher.post(address("baselines"), {**CHOSEN, "do": "estimate"}).content.decode())
    researcher.post(address("baselines"), {**CHOSEN, "do": "start", "agreed": offer})
    assert background.all_done(LONGEST_SECONDS)
    assert list(BaselineRun.objects.values_list("state", "comparator").order_by("pk")) == [
        ("done", "as_deployed"), ("done", "benchmark"),
    ]  # fmt: skip
    page = researcher.get(address("baselines_status")).content.decode()
    assert page.count("of 20 answers; 0 unparsed, 0 refused") == 2
    again = researcher.post(address("baselines"), {**CHOSEN, "do": "start", "agreed": offer}, follow=True)
    assert "is done already" in again.content.decode()
    assert BaselineRun.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_run_is_paused_capped_gone_on_with_and_cancelled(researcher: Client) -> None:
    study = launched_study(assistants=SCRIPTED)
    offer = agreed(researcher.post(address("baselines"), {**CHOSEN, "do": "estimate"}).content.decode())
    researcher.post(address("baselines"), {**CHOSEN, "do": "start", "agreed": offer})
    assert background.all_done(LONGEST_SECONDS)
    run = BaselineRun.objects.filter(study=study).order_by("pk")[0]
    run.answers.update(outcome="", answer="")
    BaselineRun.objects.filter(pk=run.pk).update(state="running")
    here = address("baseline", run.code)
    for do, state in (("pause", "paused"), ("cap", "paused"), ("resume", "running")):
        researcher.post(here, {"do": do, "cap_tokens": "9"})
        assert background.all_done(LONGEST_SECONDS)
        run.refresh_from_db()
        assert run.state == ("paused" if do == "resume" else state)
    assert "the cap of 9 tokens is reached" in researcher.get(address("baselines_status")).content.decode()
    researcher.post(here, {"do": "cancel"})
    run.refresh_from_db()
    assert run.state == "cancelled"


@pytest.mark.django_db
def test_a_run_that_nobody_asks_any_more_says_so(researcher: Client) -> None:
    study = launched_study(assistants=SCRIPTED)
    BaselineRun.objects.create(
        code="left", worker="gone", study=study, assistant="guide", comparator="benchmark", method="zero_shot",
        order_rule="stored", repeats=1, seed=1, study_seed=1, max_tokens=9,
        created_at=timezone.now() - timedelta(minutes=5),
    )  # fmt: skip
    page = researcher.get(address("baselines")).content.decode()
    assert "Nobody has asked anything for 5 min" in page
    assert 'value="resume"' in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"methods": []}, "required"),
        ({"methods": ["few_shot"], "shots": ""}, "Say how many examples"),
        ({"methods": ["few_shot"], "shots": "5, many"}, "Numbers from 1 to"),
        ({"methods": ["few_shot"]}, "fewer than 5 worked examples"),
        ({"repeats": "0"}, "greater than or equal to 1"),
        ({"cap_usd": "x"}, "Enter a number"),
        ({"material": "nothing"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_asked_is_said_in_words(researcher: Client, wrong: dict[str, object], says: str) -> None:
    launched_study(assistants=SCRIPTED)
    page = researcher.post(address("baselines"), {**CHOSEN, **wrong, "do": "estimate"})
    assert (page.status_code, says in page.content.decode()) == (422, True)


# -- coding --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_coder_codes_one_reply_after_the_other_and_sees_nothing_else(researcher: Client) -> None:
    trial_with("D", "B", **ALL_CODED)
    here = address("coding", slug="talk") + "?pool=real"
    page = researcher.get(here).content.decode()
    for withheld in ("assisted", "guide", "assigned", "provider"):
        assert withheld not in page.partition("<h1>")[2].partition("</main>")[0]
    first, second = Message.objects.filter(role="assistant").order_by("pk")
    assert first.public_id in page
    assert second.public_id in researcher.get(f"{here}&after={first.public_id}").content.decode()
    for reply, shown in ((first, "D"), (second, "none")):
        researcher.post(here, {"reply": reply.public_id, "shown": shown})
    assert list(AuditCoding.objects.values_list("letter", "coder__username")) == [("D", "ruth"), ("", "ruth")]
    assert "You have coded all 2 replies" in researcher.get(here).content.decode()


@pytest.mark.django_db
def test_coding_twice_or_without_a_choice_is_refused_in_words(researcher: Client) -> None:
    trial_with("D", **ALL_CODED)
    here, reply = address("coding", slug="talk") + "?pool=real", Message.objects.get(role="assistant").public_id
    for shown, says in (("", "Choose an option"), ("Z", ""), ("A", ""), ("B", "coded this reply already")):
        page = researcher.post(here, {"reply": reply, "shown": shown}, follow=True)
        assert says in page.content.decode()
    assert AuditCoding.objects.get().letter == "C"


@pytest.mark.django_db
def test_agreement_stands_on_the_page_of_the_study(researcher: Client) -> None:
    trial_with("D", **ALL_CODED)
    page = reverse("research:study", args=["talk"]) + "?pool=real"
    assert "Nobody has coded a reply yet" in researcher.get(page).content.decode()
    reply = Message.objects.get(role="assistant").public_id
    researcher.post(address("coding", slug="talk") + "?pool=real", {"reply": reply, "shown": "D"})
    assert "100 %" in researcher.get(page).content.decode().partition("How well that was read out")[2]


# -- why nobody is let in ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_why_the_intake_is_paused_stands_with_what_to_do(researcher: Client) -> None:
    study = launched_study()
    studies.pause(study=study, now=timezone.now())
    Study.objects.filter(pk=study.pk).update(paused_because="The model behind 'guide' has changed from a to b.")
    page = researcher.get(address("study")).content.decode()
    assert "has changed from a to b. In the file, name the model" in page
    assert "Load an amended file" in page
    assert address("resume") not in page  # it would be refused
    assert "nobody is let in" in researcher.get(reverse("research:home")).content.decode()


# -- reports -------------------------------------------------------------------------------------------------


@pytest.fixture
def var(settings: Any, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path


@pytest.mark.django_db(transaction=True)
def test_a_report_is_made_shown_and_downloaded(researcher: Client, var: Path) -> None:
    completed(launched_study(), "a")
    page = researcher.post(address("reports") + "?pool=real", follow=True).content.decode()
    assert "blinded until it is closed" in page
    assert background.all_done(LONGEST_SECONDS)
    report = Report.objects.get()
    assert (report.state, report.why_failed, report.blinded) == ("done", "", True)
    assert report.asked_by is not None
    shown = researcher.get(address("document", report.public_id))
    assert b"<title>" in b"".join(shown.streaming_content)  # type: ignore[arg-type]
    assert shown["X-Frame-Options"] == "SAMEORIGIN"
    assert "sandbox" in shown["Content-Security-Policy"]
    packed = b"".join(researcher.get(address("archive", report.public_id)).streaming_content)  # type: ignore[arg-type]
    assert {"report.html", "results.json"} <= set(zipfile.ZipFile(io.BytesIO(packed)).namelist())
    assert [path.name for path in (var / "reports" / report.public_id).iterdir() if path.suffix != ".zip"] == ["files"]
    assert (var / "reports" / report.public_id).stat().st_mode & 0o077 == 0


@pytest.mark.django_db
def test_one_report_at_a_time_and_a_lost_one_bars_nobody(researcher: Client, var: Path) -> None:
    launched_study()
    for _ in range(2):
        page = researcher.post(address("reports") + "?pool=real", follow=True).content.decode()
    assert "is being made already" in page
    Report.objects.update(asked_at=timezone.now() - timedelta(hours=1))
    assert "never came to its end" in researcher.get(address("reports")).content.decode()
    researcher.post(address("reports") + "?pool=real")
    assert Report.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_report_that_fails_says_why_and_has_no_page(researcher: Client, var: Path) -> None:
    launched_study()
    (var / "reports").write_text("no folder can be made here")
    researcher.post(address("reports") + "?pool=real")
    assert background.all_done(LONGEST_SECONDS)
    report = Report.objects.get()
    assert report.state == "failed"
    assert report.why_failed in researcher.get(address("reports")).content.decode()
    assert researcher.get(address("report", report.public_id)).status_code == 404


def eventually(true: Callable[[], bool]) -> bool:
    """Whether it becomes true within the time that a report may take."""
    until = time.monotonic() + LONGEST_SECONDS
    while not true() and time.monotonic() < until:
        time.sleep(0.01)
    return true()


def reported(study: Study, var: Path, name: str, **values: Any) -> Report:
    """A report with a file."""
    values = {
        "include_simulated": False,
        "state": "done",
        "asked_at": timezone.now(),
        "ended_at": timezone.now(),
    } | values
    files = var / "reports" / name / "files"
    files.mkdir(parents=True)
    (files / "report.html").write_text("<title>r</title>")
    return Report.objects.create(study=study, public_id=name, **values)


@pytest.mark.django_db
def test_a_report_is_deleted_when_a_researcher_says_so_twice_and_the_study_keeps_that_it_was(
    researcher: Client, var: Path
) -> None:
    study = launched_study()
    kept, gone = (reported(study, var, name) for name in ("kept", "gone"))
    assert address("delete_report", "gone") in researcher.get(address("report", "gone")).content.decode()
    asked = researcher.get(address("delete_report", "gone")).content.decode()
    assert "cannot be undone" in asked
    assert Report.objects.count() == 2
    page = researcher.post(address("delete_report", "gone"), follow=True).content.decode()
    assert "The report is deleted." in page
    assert list(Report.objects.all()) == [kept]
    assert [path.name for path in (var / "reports").iterdir()] == ["kept"]
    assert researcher.get(address("document", "gone")).status_code == 404
    event = study.events.get(kind="report.deleted")
    assert (event.detail["report"], event.detail["state"]) == ("gone", "done")
    assert event.detail["staff"] == User.objects.get(username="ruth").pk
    assert gone.asked_at.isoformat() == event.detail["asked_at"]


@pytest.mark.django_db
def test_a_report_that_is_being_made_is_not_deleted_until_it_is_lost(researcher: Client, var: Path) -> None:
    reported(launched_study(), var, "busy", state="running", begun_at=timezone.now())
    assert address("delete_report", "busy") not in researcher.get(address("reports")).content.decode()
    page = researcher.post(address("delete_report", "busy"), follow=True).content.decode()
    assert "is being made" in page
    assert Report.objects.exists()
    Report.objects.update(asked_at=timezone.now() - timedelta(hours=1))
    assert address("delete_report", "busy") in researcher.get(address("reports")).content.decode()
    researcher.post(address("delete_report", "busy"))
    assert not Report.objects.exists()
    assert not (var / "reports" / "busy").exists()


@pytest.mark.django_db
def test_a_report_whose_files_stay_stays_itself(researcher: Client, var: Path) -> None:
    reported(launched_study(), var, "stuck")
    folder = var / "reports" / "stuck"
    folder.rename(var / "elsewhere")
    folder.symlink_to(var / "elsewhere")  # which no rmtree follows
    page = researcher.post(address("delete_report", "stuck"), follow=True).content.decode()
    assert "Its files cannot be deleted" in page
    assert Report.objects.exists()
    assert not Study.objects.get().events.filter(kind="report.deleted").exists()


@pytest.mark.django_db(transaction=True)
def test_a_report_that_was_deleted_while_it_was_made_leaves_no_files(researcher: Client, var: Path) -> None:
    completed(launched_study(), "a")
    researcher.post(address("reports") + "?pool=real")
    name = Report.objects.get().public_id
    Report.objects.update(asked_at=timezone.now() - timedelta(hours=1))  # taken for lost
    assert eventually(lambda: (var / "reports" / name).exists())
    researcher.post(address("delete_report", name))
    assert background.all_done(LONGEST_SECONDS)
    researcher.post(address("delete_report", name))  # where the first came between two files, and was refused
    assert not Report.objects.exists()
    assert not (var / "reports" / name).exists()


@pytest.mark.django_db
def test_no_report_goes_by_itself_and_the_older_ones_have_further_pages(researcher: Client, var: Path) -> None:
    study = launched_study()
    for number in range(23):
        reported(study, var, f"r{number:02d}")
    first, second = (researcher.get(address("reports") + f"?page={page}").content.decode() for page in (1, 2))
    assert (first.count("Download the page"), second.count("Download the page")) == (20, 3)
    assert address("report", "r22") in first
    assert address("report", "r00") in second
    assert researcher.get(address("reports_status") + "?page=2").content.decode().count("Download the page") == 3
