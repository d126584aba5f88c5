"""Whole sittings in Chromium: both tasks, both arms, desktop, phone and keyboard."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import DESKTOP, PATIENCE_MS, PHONE
from tests.browser.person import Person
from tests.server import Server

pytestmark = pytest.mark.browser
LARGEST_PAGE = 60_000


class Looks:
    """At every page: no fault that axe finds, no sideways scrolling, not too many bytes."""

    def __init__(self, page: Page) -> None:
        self.page, self.sizes, self.bytes = page, {}, 0
        self.faults: list[str] = []
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.send("Network.setCacheDisabled", {"cacheDisabled": True})
        network.on("Network.loadingFinished", self._count)

    def _count(self, event: dict[str, float]) -> None:
        self.bytes += int(event["encodedDataLength"])

    def __call__(self, name: str) -> None:
        self.page.wait_for_load_state("load")
        found = Axe().run(self.page).response["violations"]
        self.faults += [f"{name}: {fault['id']} {fault['nodes'][0]['html']}" for fault in found]
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        self.faults += [f"{name}: {wide} px too wide"] if wide > 0 else []

    def measured(self, name: str) -> None:
        """The bytes of this page alone, loaded afresh with an empty cache."""
        self.bytes = 0
        self.page.reload(wait_until="load")
        self.sizes[name] = self.bytes


def _walk(person: Person, look: Looks) -> None:
    page = person.page
    page.goto(f"{person.server.url}/join/walk/")
    look("invitation")
    person.press("Continue")
    look("welcome")
    person.press("Continue")
    expect(page.locator("#device-go")).to_be_enabled()
    look("device")
    look.measured("device")
    expect(page.locator("#device-go")).to_be_enabled()
    person.press("Continue")
    look("consent")
    person.agree()
    look("instructions")
    person.press("I have read the instructions")
    page.get_by_label("The question starts again").check()
    person.press("Check my answers")
    expect(page.get_by_text("Hint:")).to_be_visible()
    look("comprehension")
    page.get_by_label("The answer chosen at that moment counts").check()
    person.press("Check my answers")
    person.expect_heading("Practice question")
    look("before practice")
    person.start()
    person.answer()
    person.expect_heading("Your answer was")
    expect(page.get_by_text("the right answer", exact=False).first).to_be_visible()
    look("feedback")
    person.press("Continue")
    look("after practice")
    if "Practice is over" in person.at:
        person.press("Continue")
    person.start()
    expect(page.locator("#passage")).to_be_visible()
    person.say("What do you think, and why?")
    person.wait_for_reply()
    look("passage and chat")
    look.measured("passage and chat")
    person.answer()
    person.go_on()
    look("question and chat")
    person.answer()
    look("about the block")
    page.get_by_label("No", exact=True).check()
    person.press("Go on")
    person.expect_heading("A short break")
    look("break")
    person.go_on()
    expect(page.locator("[data-chat]")).to_have_count(0)
    look("passage alone")
    person.answer()
    person.go_on()
    look("question alone")
    look.measured("question alone")
    person.answer()
    person.leave_the_block()
    look("survey")
    person.finish_survey()
    expect(page.get_by_text("It was set to argue for").first).to_be_visible()
    look("debrief")
    page.get_by_label("Yes, you may use my data").check()
    person.press("Continue")
    expect(page.get_by_text("WALK-DONE")).to_be_visible()
    look("done")


LIGHT = {"viewport": DESKTOP, "color_scheme": "light"}
DARK = {"viewport": PHONE, "has_touch": True, "is_mobile": True, "color_scheme": "dark"}


@pytest.fixture(params=[LIGHT, DARK], ids=["desktop, light", "phone, dark"])
def screen(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(**request.param)
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def test_a_whole_sitting_is_clean_small_and_reaches_its_code(screen: Page, server: Server) -> None:
    look = Looks(screen)
    _walk(Person(screen, server), look)
    print(f"transferred bytes: {look.sizes}")
    assert look.faults == []
    assert {name: size for name, size in look.sizes.items() if size > LARGEST_PAGE} == {}


def test_the_pages_beside_the_way_are_clean(screen: Page, server: Server) -> None:
    person, look = Person(screen, server), Looks(screen)
    person.to_instructions()
    own = screen.url
    for name in ("instructions/", "leave/?withdraw=1", "leave/"):
        screen.goto(own + name)
        look(name)
    screen.locator("main button[type=submit]").click()
    person.expect_heading("stopped")
    look("stopped")
    for gone in ("/s/nobody/", "/join/nothing/", "/nowhere/"):
        screen.goto(server.url + gone)
        look(gone)
    assert look.faults == []


def test_the_pages_of_some_studies_only_are_clean(screen: Page, server: Server) -> None:
    look = Looks(screen)
    person = Person(screen, server, "first")
    person.to_practice()
    person.start()
    expect(screen.get_by_text("First give your own answer.")).to_be_visible()
    look("first answer")
    person.choose("C")
    person.press("Give first answer")
    expect(screen.get_by_text("Your first answer was C.")).to_be_visible()
    look("after the first answer")
    person = Person(screen, server, "again")
    person.to_the_end_of_the_sitting()
    person.expect_heading("Sitting 1 of 2 is done")
    look("between sittings")
    assert look.faults == []


def test_on_a_phone_the_answer_is_always_within_reach(phone: BrowserContext, server: Server) -> None:
    person = Person(phone.new_page(), server)
    person.to_first_trial()
    for place in ("#passage", ".chat-box", ".foot"):
        person.page.locator(place).scroll_into_view_if_needed()
        expect(person.page.locator("#clock")).to_be_in_viewport()
        expect(person.page.get_by_role("link", name="Question")).to_be_in_viewport()
    person.page.get_by_role("link", name="Question").tap()
    expect(person.page.locator("#send")).to_be_in_viewport()


def test_a_question_can_be_answered_by_keyboard_alone(page: Page, server: Server) -> None:
    person = Person(page, server)
    person.to_practice()
    page.keyboard.press("Enter")  # the button has the focus
    expect(page.locator("#answer-form")).to_be_visible()
    _tab_to(page, "answer")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    _tab_to(page, "confidence")
    page.keyboard.press("Space")
    _tab_to(page, "chat-box")
    page.keyboard.type("Which one?")
    page.keyboard.press("Enter")
    person.wait_for_reply()
    _tab_to(page, "send", backwards=True)
    page.keyboard.press("Enter")
    person.expect_heading("Your answer was")
    assert "B" in page.locator("li", has_text="your answer").inner_text()


def _tab_to(page: Page, name: str, *, backwards: bool = False) -> None:
    for _ in range(30):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        if page.evaluate("document.activeElement.name || document.activeElement.id") == name:
            return
    raise AssertionError(f"{name} cannot be reached by the Tab key")


@pytest.mark.parametrize(("link", "button", "words"), [
    ("Stop taking part", "Yes, stop", "You have stopped"),
    ("Withdraw my data", "Yes, delete my data", "Your data is deleted"),
])  # fmt: skip
def test_stopping_and_withdrawing_lead_through_the_debrief(
    page: Page, server: Server, link: str, button: str, words: str
) -> None:
    person = Person(page, server)
    person.to_first_trial()
    page.get_by_role("link", name=link).click()
    person.press(button)
    person.expect_heading("What this study was about")
    if (use := page.get_by_label("Yes, you may use my data")).count():
        use.check()
    person.press("Continue")
    expect(page.get_by_text(words).first).to_be_visible()
    expect(page.get_by_text(re.compile("WALK-STOP"))).to_be_visible()


def test_the_highest_confidence_is_as_much_in_sight_as_the_lowest_beside_a_text(page: Page, server: Server) -> None:
    """Of a scale that goes on below the window the first levels are chosen more often."""
    Person(page, server).to_first_trial()
    expect(page.locator("#passage")).to_be_visible()
    for level in page.locator(".confidence .choice").all():
        box, send = level.bounding_box(), page.locator(".send").bounding_box()
        assert box is not None
        assert send is not None
        assert box["y"] + box["height"] <= send["y"] + 1, level.inner_text()
        assert level.evaluate("e => e.scrollWidth <= e.clientWidth"), level.inner_text()
