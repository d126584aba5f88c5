"""What may come between a person and a question: the clock, a reload, a second tab, the network, a dead server."""

import re
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, WebSocketRoute, expect

from tests.browser.person import Person
from tests.server import Server

pytestmark = pytest.mark.browser


def test_at_expiry_the_standing_choice_counts_and_without_one_nothing(browser: Browser, server: Server) -> None:
    """Two people at once: the clocks of both run while the test waits."""
    contexts = [browser.new_context() for _ in range(2)]
    chooses, waits = (Person(context.new_page(), server, "short") for context in contexts)
    waits.to_first_trial()
    chooses.to_first_trial()
    chooses.choose("B")
    expect(waits.page.get_by_text("No answer had been chosen.")).to_be_visible()
    expect(chooses.page.get_by_text("The answer that you had chosen was counted.")).to_be_visible()
    for context in contexts:
        context.close()


def test_time_is_announced_and_turns_urgent_in_words(page: Page, server: Server) -> None:
    # No word comes from the server, and the browser's time stands still: only the page's own clock counts.
    page.route_web_socket(re.compile(".*/ws/.*"), lambda socket: None)
    page.route("**/chat/*", lambda route: route.abort())
    person = Person(page, server)
    page.clock.install()
    person.to_first_trial()
    expect(page.locator("#clock-number")).to_have_text(re.compile(r"\d+:\d\d"))
    page.clock.pause_at(page.evaluate("Date.now() / 1000 + 60"))
    _turn_to(page, 59)
    expect(page.locator("#announce")).to_have_text("One minute left.")
    _turn_to(page, 29)
    expect(page.locator("#announce")).to_have_text("30 seconds left.")
    expect(page.locator("#clock")).to_contain_text("Little time left")
    _turn_to(page, 9)
    expect(page.locator("#announce-now")).to_have_text("10 seconds left.")


def _turn_to(page: Page, seconds: int) -> None:
    """Let the page's clock run until it shows so much."""
    minutes, rest = map(int, page.locator("#clock-number").inner_text().split(":"))
    page.clock.run_for((60 * minutes + rest - seconds) * 1000)


def test_a_reload_in_mid_reply_loses_and_repeats_nothing(page: Page, server: Server) -> None:
    person = Person(page, server, "pausing")
    person.to_first_trial()
    person.choose("C", "80")
    expect(page.locator("#saved")).to_have_text("Saved")
    person.say("What do you think?")
    expect(page.locator(".chat-assistant .chat-body")).to_have_text(re.compile(r"(\w+\W+){12,}"))
    page.get_by_label("Your message").fill("half a sent")
    before = person.last_reply
    page.reload()
    expect(page.get_by_label("Your message")).to_have_value("half a sent")
    expect(page.locator("input[name=answer][value=C]")).to_be_checked()
    expect(page.locator("input[name=confidence][value='80']")).to_be_checked()
    person.wait_for_reply()
    assert person.last_reply.startswith(before.rstrip()[:20])
    assert page.locator(".chat-message").count() == 2
    whole = person.last_reply
    page.reload()
    person.wait_for_reply()
    assert person.last_reply == whole


def test_a_server_that_dies_in_mid_reply_leaves_the_partial_text_and_a_retry(page: Page, server: Server) -> None:
    person = Person(page, server, "stalling")
    person.to_first_trial()
    person.say("What do you think?")
    expect(page.locator(".chat-assistant .chat-body")).to_have_text(re.compile(r"(\w+\W+){12,}"))
    _wait_for_checkpoint(page, server)
    server.kill()
    expect(page.locator("[data-chat-status]")).to_contain_text("offline")
    server.start()
    expect(page.get_by_text("This reply was interrupted.", exact=True)).to_be_visible()
    assert len(person.last_reply.split()) == 20
    person.press("Try again")
    person.wait_for_reply()
    assert page.locator(".chat-assistant").count() == 2
    person.answer()


def _wait_for_checkpoint(page: Page, server: Server) -> None:
    kept = "SELECT text FROM studies_message WHERE status = 'streaming' AND text <> ''"
    for _ in range(300):
        if _rows(server, kept):
            return
        page.wait_for_timeout(100)
    raise AssertionError("no checkpoint was written")


def _rows(server: Server, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(server.folder / "db.sqlite3")) as rows:
        return rows.execute(sql).fetchall()


def test_a_second_tab_and_the_back_button_show_the_same_question(page: Page, server: Server) -> None:
    person = Person(page, server)
    person.to_first_trial()
    other = Person(page.context.new_page(), server)
    other.page.goto(page.url)
    person.say("What do you think?")
    person.wait_for_reply()
    other.wait_for_reply()
    assert other.last_reply == person.last_reply
    person.answer("B")
    expect(other.page.locator("#answer-form")).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("button", name="Start question")).to_be_visible()


def test_where_sockets_are_blocked_a_whole_chat_goes_by_polling(desktop: BrowserContext, server: Server) -> None:
    desktop.route_web_socket(re.compile(".*/ws/.*"), _refuse)
    person = Person(desktop.new_page(), server)
    person.to_first_trial()
    for number in (1, 2):
        person.say(f"What do you think? {number}")
        person.wait_for_reply(number)
    person.choose("D")
    expect(person.page.locator("#saved")).to_have_text("Saved")
    person.press("Reset chat")
    expect(person.page.get_by_text("The assistant has forgotten everything above")).to_be_visible()
    person.answer("D")


def _refuse(socket: WebSocketRoute) -> None:
    socket.close(code=1008)


def test_what_is_said_before_the_scripts_have_come_is_sent_once_and_what_is_chosen_is_kept(
    page: Page, server: Server
) -> None:
    person = Person(page, server)
    person.to_practice()
    modules: list[Route] = []
    page.route("**/js/*.js", lambda route: modules.append(route))
    page.route("**/js/early.js", lambda route: route.continue_())
    person.start()
    person.choose("B")
    box = page.get_by_label("Your message")
    box.press_sequentially("Which one?")
    box.press("Enter")
    box.press_sequentially("And wh")
    expect(box).to_have_value("Which one?And wh")
    page.unroute("**/js/*.js")
    for module in modules:
        module.continue_()
    person.wait_for_reply()
    expect(page.locator(".chat-participant .chat-body")).to_have_text("Which one?")
    expect(box).to_have_value("And wh")
    expect(page.locator("#saved")).to_have_text("Saved")


def test_offline_and_back_nothing_is_lost(desktop: BrowserContext, server: Server) -> None:
    person = Person(desktop.new_page(), server)
    person.to_first_trial()
    page = person.page
    expect(page.locator("[data-chat]")).to_have_attribute("data-state", "open")
    desktop.set_offline(True)
    expect(page.locator("[data-chat-status]")).to_contain_text("offline")
    person.say("Said without a network")
    person.choose("B")
    person.press("Submit answer")
    expect(page.locator("#saved")).to_contain_text("You are offline")
    desktop.set_offline(False)
    expect(page.locator("h1:not(.visually-hidden)")).to_be_visible()
    kept = "SELECT count(*) FROM studies_message WHERE text = 'Said without a network'"
    assert _rows(server, kept) == [(1,)]
