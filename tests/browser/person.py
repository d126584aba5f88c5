"""A person in a browser: reads headings, presses buttons."""

from playwright.sync_api import Page, expect

from tests.server import Server


class Person:
    """`at` is the page's heading; every method ends on the page that it leads to."""

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

    def join(self) -> None:
        self.page.goto(f"{self.server.url}/join/{self.slug}/")
        self.press("Continue")
        expect(self.page.locator(".code")).to_be_visible()

    def to_consent(self) -> None:
        self.join()
        self.press("Continue")
        self.expect_heading("Checking your device")
        expect(self.page.locator("#device-go")).to_be_enabled()
        self.press("Continue")
        self.expect_heading("Your consent")

    def agree(self) -> None:
        for box in self.page.locator("input[type=checkbox]").all():
            box.check()
        self.press("I agree and want to take part")
        self.expect_heading("Instructions")

    def to_practice(self) -> None:
        self.to_consent()
        self.agree()
        self.press("I have read the instructions")
        self.expect_heading("A few questions about the instructions")
        self.page.get_by_label("The answer chosen at that moment counts").check()
        self.press("Check my answers")
        self.expect_heading("Practice question 1")

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

    def to_first_trial(self) -> None:
        """The assisted question with a passage, open."""
        self.to_practice()
        self.start()
        self.answer()
        self.press("Continue")
        if "Practice is over" in self.at:
            self.press("Continue")
        self.expect_heading("Question 1 of")
        self.start()

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
        expect(self.page.locator('.chat-assistant[data-status="done"]')).to_have_count(number, timeout=30_000)
