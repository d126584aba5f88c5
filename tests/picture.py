"""Takes the picture of the README from a running demo: a passage, its question, and the assistant.

make demo PORT=8000 &
python -m tests.picture http://127.0.0.1:8000
"""

import sys

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import DESKTOP, FLAGS, chromium_path
from tests.server import ROOT

PICTURE = ROOT / "docs" / "trial.png"
COMPREHENSION = ("The answer chosen at that moment counts", "No, it can be wrong")
MOST_PAGES = 60
ASKED = "Which answer does the text support, and where does it say so?"


def walk_to_the_picture(page: Page) -> None:
    """Take part until a question has both a passage and an assistant."""
    for _ in range(MOST_PAGES):
        if page.locator("#answer-form").count():
            if page.locator("#passage").count() and page.locator("#chat").count():
                return
            choose(page)
        fill_in(page)
        button = page.locator("button.primary").last
        expect(button).to_be_enabled()
        with page.expect_navigation():
            button.click()
    raise SystemExit("no question came with a passage and an assistant")


def fill_in(page: Page) -> None:
    for box in page.locator("input[type=checkbox]").all():
        box.check()
    for words in COMPREHENSION:
        if page.get_by_label(words).count():
            page.get_by_label(words).check()
    for group in page.locator("main fieldset").all():
        radios = group.locator("input[type=radio]")
        if radios.count() and not group.locator("input[type=radio]:checked").count():
            radios.first.check()


def choose(page: Page) -> None:
    page.locator("input[name=answer]").first.check()
    page.locator("input[name=confidence][type=radio]").nth(2).check()


def take(page: Page) -> None:
    page.get_by_label("Your message").fill(ASKED)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator('.chat-assistant[data-status="done"]')).to_have_count(1, timeout=40_000)
    choose(page)
    page.screenshot(path=str(PICTURE))
    shrink()


def shrink() -> None:
    """A page has few colours: a palette keeps the file small."""
    from PIL import Image

    with Image.open(PICTURE) as full:
        small = full.convert("RGB").quantize(64)
    small.save(PICTURE, optimize=True)


def main(url: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        page = browser.new_page(viewport=DESKTOP)  # type: ignore[arg-type]
        page.goto(f"{url}/join/demo/")
        walk_to_the_picture(page)
        take(page)
        browser.close()
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
