"""A person who talks to a real SDK: each fault of its service as they see it, and what they can do then."""

import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.api_server import ApiServer
from tests.browser.person import Person
from tests.server import Server

pytestmark = pytest.mark.browser
COULD_NOT, INTERRUPTED, DECLINED = (
    "The assistant could not reply.",
    "This reply was interrupted.",
    "The assistant declined to go on.",
)
FAULTS = {  # what a person reads, and what the record says
    "429": (COULD_NOT, "overloaded"),
    "529": (COULD_NOT, "overloaded"),
    "500": (COULD_NOT, "unavailable"),
    "context": (COULD_NOT, "context_overflow"),
    "wrong_key": (COULD_NOT, "refused_key"),
    "cut": (INTERRUPTED, "stream_cut"),
    "early_end": (INTERRUPTED, "stream_cut"),
    "error_event": (INTERRUPTED, "overloaded"),
    "stall": (INTERRUPTED, "stalled"),
}


# A machine that is busy looks too late at words that stand for a second: the page itself keeps them.
KEEP_WHAT_IS_SAID = """() => {
    window.said = { "[data-chat-status]": [], ".chat-assistant .chat-note": [] };
    const look = () => Object.entries(window.said).forEach(([place, words]) => {
        const found = document.querySelector(place)?.textContent;
        if (found) words.push(found);
    });
    const everything = { subtree: true, childList: true, characterData: true, attributes: true };
    new MutationObserver(look).observe(document.querySelector("[data-chat]"), everything);
}"""


def last(page: Page) -> Locator:
    return page.locator(".chat-assistant").last


def test_each_fault_is_said_honestly_recorded_and_can_be_tried_again(
    page: Page, server: Server, service: ApiServer
) -> None:
    person = Person(page, server, "real")
    person.to_first_trial()
    waits_for_a_busy_service(person, service)
    for done, (fault, (words, _)) in enumerate(FAULTS.items(), start=2):
        service.fail(*([fault, fault] if fault in ("429", "529", "500") else [fault]))
        person.say(f"Which one? ({fault})")
        expect(last(page).locator(".chat-note")).to_have_text(words)
        text = last(page).locator(".chat-body")
        expect(text).to_have_text("") if words == COULD_NOT else expect(text).to_contain_text("I have looked")
        last(page).get_by_role("button", name="Try again").click()
        person.wait_for_reply(done)
    declines(person, service)
    person.answer()
    assert recorded(server) == [code for _, code in FAULTS.values()]


def waits_for_a_busy_service(person: Person, service: ApiServer) -> None:
    """429 with `retry-after`: the person is told that they wait, and then has the reply."""
    person.page.evaluate(KEEP_WHAT_IS_SAID)
    service.retry_after = 1
    service.fail("429")
    person.say("Which one?")
    person.wait_for_reply()
    service.retry_after = 0.01
    said = person.page.evaluate("window.said")
    assert any(words.startswith("Waiting for ") for words in said["[data-chat-status]"])
    assert "Waiting for the assistant …" in said[".chat-assistant .chat-note"]


def declines(person: Person, service: ApiServer) -> None:
    """A refusal is no fault: there is nothing to try again, and the talk goes on."""
    service.fail("refusal")
    person.say("Which one? (refusal)")
    expect(last(person.page).locator(".chat-note")).to_have_text(DECLINED)
    expect(last(person.page).get_by_role("button", name="Try again")).to_be_hidden()
    person.say("And now?")
    expect(last(person.page).locator(".chat-body")).to_contain_text("I have looked")


def recorded(server: Server) -> list[str]:
    """The faults of the service, in order. What this server's other studies met is none of them."""
    faults = "SELECT error FROM studies_generation WHERE provider = 'anthropic' AND error != '' ORDER BY id"
    with closing(sqlite3.connect(server.folder / "db.sqlite3")) as rows:
        return [code for (code,) in rows.execute(faults)]


def test_at_a_cap_the_assistant_says_that_it_is_not_available(page: Page, server: Server) -> None:
    person = Person(page, server, "capped")
    person.to_first_trial()
    person.say("Which one?")
    person.wait_for_reply()
    person.say("Are you sure?")
    expect(last(page).locator(".chat-note")).to_contain_text("not available any more")
    expect(last(page).get_by_role("button", name="Try again")).to_be_hidden()
    person.answer()
