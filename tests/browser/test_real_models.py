"""A person who talks to a real SDK: each fault of its service as they see it, and what they can do then."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.api_server import ApiServer
from tests.browser.person import Person
from tests.server import Server

pytestmark = pytest.mark.browser
COULD_NOT, INTERRUPTED = "The assistant could not reply.", "This reply was interrupted."
FAULTS = {
    "429": COULD_NOT,
    "529": COULD_NOT,
    "500": COULD_NOT,
    "context": COULD_NOT,
    "wrong_key": COULD_NOT,
    "cut": INTERRUPTED,
    "error_event": INTERRUPTED,
    "stall": INTERRUPTED,
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


def test_each_fault_is_said_honestly_and_can_be_tried_again(page: Page, server: Server, service: ApiServer) -> None:
    person = Person(page, server, "real")
    person.to_first_trial()
    for done, (fault, words) in enumerate(FAULTS.items(), start=1):
        service.fail(*([fault, fault] if fault in ("429", "529", "500") else [fault]))
        person.say(f"Which one? ({fault})")
        expect(last(page).locator(".chat-note")).to_have_text(words)
        text = last(page).locator(".chat-body")
        expect(text).to_have_text("") if words == COULD_NOT else expect(text).to_contain_text("I have looked")
        last(page).get_by_role("button", name="Try again").click()
        person.wait_for_reply(done)
    person.answer()


def test_while_a_service_is_silent_the_person_is_told_that_they_wait(
    page: Page, server: Server, service: ApiServer
) -> None:
    service.retry_after = 1
    person = Person(page, server, "real")
    person.to_first_trial()
    page.evaluate(KEEP_WHAT_IS_SAID)
    service.fail("429")
    person.say("Which one?")
    person.wait_for_reply()
    service.retry_after = 0.01
    said = page.evaluate("window.said")
    assert any(words.startswith("Waiting for ") for words in said["[data-chat-status]"])
    assert "Waiting for the assistant …" in said[".chat-assistant .chat-note"]


def test_at_a_cap_the_assistant_says_that_it_is_not_available(page: Page, server: Server) -> None:
    person = Person(page, server, "capped")
    person.to_first_trial()
    person.say("Which one?")
    person.wait_for_reply()
    person.say("Are you sure?")
    expect(last(page).locator(".chat-note")).to_contain_text("not available any more")
    expect(last(page).get_by_role("button", name="Try again")).to_be_hidden()
    person.answer()
