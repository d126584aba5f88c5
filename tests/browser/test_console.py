"""The research console in Chromium: from the login to a baseline, a coded reply, a report and an export."""

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import STUDY
from tests.browser.test_journeys import DARK, LIGHT, Looks
from tests.server import Server

pytestmark = pytest.mark.browser
SLUG, PASSWORD = "console", "long-enough-9"
# One process for all of it: each costs seconds.
PREPARE = """
from django.contrib.auth.models import User
from django.core.management import call_command
User.objects.create_superuser("ruth", password={password!r})
call_command("study", "load", {file!r})
call_command("study", "launch", {slug!r})
call_command("simulate", {slug!r}, "--participants", "4", "--seed", "1")
"""


@pytest.fixture(scope="module")
def console(server: Server) -> Server:
    """A study whose replies are all to be coded, with four simulated people."""
    text = STUDY.read_text().replace('slug = "walk"', f'slug = "{SLUG}"')
    file = server.folder / f"{SLUG}.toml"
    file.write_text(text.replace("[answer]\n", "[audit]\nblind_share = 1\n\n[answer]\n"))
    server.manage("shell", "-c", PREPARE.format(password=PASSWORD, file=str(file), slug=SLUG))
    return server


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def log_in(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/research/")
    page.get_by_label("Username").fill("ruth")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Log in")


def start_a_baseline(page: Page, look: Looks) -> None:
    page.get_by_role("link", name="The model alone").click()
    page.get_by_label("Zero-shot").check()
    press(page, "Estimate the cost")
    expect(page.get_by_text("It costs nothing.")).to_be_visible()
    look("estimate")
    press(page, "Start them")
    expect(page.locator(".runs .state-done")).to_have_count(2)  # without a reload
    expect(page.locator(".runs").get_by_text("0 unparsed, 0 refused").first).to_be_visible()
    look("the model alone")


def code_a_reply(page: Page, look: Looks) -> None:
    """By keys alone; nothing of what was drawn stands on the page."""
    page.get_by_role("link", name="Coding").click()
    expect(page.get_by_text("You have coded 0 of")).to_be_visible()
    look("coding")
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You have coded 1 of")).to_be_visible()


def make_a_report(page: Page, look: Looks) -> None:
    page.get_by_role("link", name="Report", exact=True).click()
    press(page, "Make a report")
    page.get_by_role("link", name=re.compile("^Report of")).click(timeout=60_000)
    report = page.frame_locator("iframe.report")
    expect(report.get_by_role("heading", name="What was asked")).to_be_visible()
    look("report")


def download(page: Page, link: str, folder: Path) -> Path:
    with page.expect_download() as coming:
        page.get_by_role("link", name=link).click()
    kept = folder / coming.value.suggested_filename
    coming.value.save_as(kept)
    return kept


def test_a_study_is_looked_after_from_the_console(browser: Browser, console: Server, tmp_path: Path) -> None:
    wide = browser.new_context(**LIGHT)
    page = wide.new_page()
    look = Looks(page)
    log_in(page, console)
    page.get_by_role("link", name="Answering hard questions").last.click()
    if SLUG not in page.url:
        page.goto(f"{console.url}/research/studies/{SLUG}/")
    start_a_baseline(page, look)
    code_a_reply(page, look)
    make_a_report(page, look)
    with zipfile.ZipFile(download(page, "With tables and figures", tmp_path)) as packed:
        assert {"report.html", "results.json"} <= set(packed.namelist())
    report = page.url
    page.get_by_role("link", name=SLUG).click()
    expect(page.get_by_text("a person and the automatic reading")).to_be_visible()
    look("study")
    with zipfile.ZipFile(download(page, "Export with simulated people", tmp_path)) as packed:
        assert "codings.csv" in packed.namelist()
    narrow = browser.new_context(**DARK, storage_state=wide.storage_state())
    phone = narrow.new_page()
    look_too = Looks(phone)
    for name in ("", "baselines/", "coding/", "reports/"):
        phone.goto(f"{console.url}/research/studies/{SLUG}/{name}")
        look_too(name)
    phone.goto(report)
    look_too("report")
    wide.close()
    narrow.close()
    assert look.faults + look_too.faults == []
