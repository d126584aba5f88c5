"""A person in a browser: reads headings, presses buttons."""

from playwright.sync_api import Page, expect

from tests import person as plain
from tests.server import Server

RIGHT = "The answer chosen at that moment counts"


class Person:
    """`at` is the page's heading; every method ends on the page that it leads to.

    What lies before the page that a test is about is walked by plain requests: the way itself is tested once.
    """

    def __init__(self, page: Page, server: Server, slug: str = "walk") -> None:
        self.page, self.server, self.slug = page, server, slug

    @property
    def at(self) -> str:
        return self.page.locator("h1").inner_text()

    @property
    def answer_form(self) -> bool:
        return self.page.locator("#answer-form").count() == 1

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def expect_heading(self, words: str) -> None:
        expect(self.page.locator("h1")).to_contain_text(words)

    def agree(self) -> None:
        for box in self.page.locator("input[type=checkbox]").all():
            box.check()
        self.press("I agree and want to take part")
        self.expect_heading("Instructions")

    def start(self) -> None:
        self.press("Start question")
        expect(self.page.locator("#answer-form")).to_be_visible()

    def choose(self, letter: str = "A", confidence: str = "60") -> None:
        self.page.locator(f"input[name=answer][value={letter}]").check()
        self.page.locator(f"input[name=confidence][value='{confidence}']").check()

    def answer(self, letter: str = "A") -> None:
        self.choose(letter)
        self.press("Submit answer")
        expect(self.page.locator("h1:not(.visually-hidden)")).to_be_visible()

    def to_practice(self) -> None:
        """Before the practice question."""
        self._come_in(self._before_practice())
        self.expect_heading("Practice question 1")

    def to_first_trial(self) -> None:
        """The assisted question with a passage, open."""
        walker = self._before_practice()
        walker.start_question()
        walker.press(answer="A", confidence="60")
        walker.press()  # what the right answer was
        self._come_in(walker)
        self.expect_heading("Question 1 of")
        self.start()

    def to_instructions(self) -> None:
        walker = plain.Person(self.server.url)
        walker.arrive(self.slug, instructed=False)
        self._come_in(walker)
        self.expect_heading("Instructions")

    def to_the_end_of_the_sitting(self) -> None:
        walker = self._before_practice()
        walker.finish()
        self._come_in(walker)

    def _before_practice(self) -> plain.Person:
        walker = plain.Person(self.server.url)
        walker.arrive(self.slug)
        walker.press(**{"q-timeout": RIGHT})
        return walker

    def _come_in(self, walker: plain.Person) -> None:
        """Open the walker's address here: it is all that a sitting needs."""
        self.page.goto(self.server.url + walker.path)
        walker.client.close()

    def go_on(self) -> None:
        """From the page after a question to the next question."""
        self.leave_the_block()
        self.start()

    def leave_the_block(self) -> None:
        """Past what stands between two questions: the questions about a block, a break."""
        goal = self.page.get_by_role("button", name="Start question").or_(
            self.page.get_by_role("button", name="Finish")
        )
        go_on = self.page.get_by_role("button", name="Go on")
        for _ in ("about the block", "break"):
            expect(goal.or_(go_on)).to_be_visible()
            if goal.is_visible():
                return
            if (no := self.page.get_by_label("No", exact=True)).count():
                no.check()
            before = self.at
            go_on.click()
            expect(self.page.locator("h1")).not_to_have_text(before)

    def finish_survey(self) -> None:
        self.leave_the_block()
        self.expect_heading("A few last questions")
        self.page.get_by_label("3", exact=True).check()
        self.press("Finish")
        self.expect_heading("What this study was about")

    def say(self, text: str) -> None:
        self.page.get_by_label("Your message").fill(text)
        self.press("Send")

    @property
    def last_reply(self) -> str:
        return self.page.locator(".chat-assistant .chat-body").last.inner_text()

    def wait_for_reply(self, number: int = 1) -> None:
        expect(self.page.locator('.chat-assistant[data-status="done"]')).to_have_count(number)
