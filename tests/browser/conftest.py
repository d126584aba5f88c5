"""Real Chromium against a real server. Skipped with a sentence where no Chromium is installed."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser import passages
from tests.server import Server

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=20_000)  # how long a loaded machine may take; what comes sooner is not waited for
DESKTOP = {"width": 1280, "height": 800}
STUDY = Path(__file__).with_name("study.toml")
PHONE = {"width": 390, "height": 844}


def chromium_path() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("OVERSIGHT_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="module")  # Playwright leaves an event loop set as running, which Django's tests refuse
def browser() -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium on this machine: install the package `chromium` or set OVERSIGHT_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def desktop(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(desktop: BrowserContext) -> Page:
    return desktop.new_page()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server with items and the study of study.toml."""
    server = Server(tmp_path_factory.mktemp("server"))
    server.manage("migrate", "--verbosity", "0")
    bundled = Path(__file__).resolve().parents[2] / "studies" / "datasets" / "bundled"
    server.manage("load_items", "mmlu", str(bundled / "mmlu"), "--dataset", "oversight-mmlu")
    passages.write(server.folder / "passages.jsonl")
    server.manage("load_items", "quality", str(server.folder / "passages.jsonl"), "--dataset", "oversight-quality")
    launch(server, "walk")
    server.start()
    yield server
    server.kill()


def launch(server: Server, slug: str, *changes: tuple[str, str]) -> str:
    """Launch the study of study.toml under a slug of its own, pieces of its text replaced."""
    text = STUDY.read_text()
    for old, new in (('slug = "walk"', f'slug = "{slug}"'), *changes):
        assert old in text, f"study.toml has no {old!r}"
        text = text.replace(old, new)
    path = server.folder / f"{slug}.toml"
    path.write_text(text)
    server.manage("study", "load", str(path))
    server.manage("study", "launch", slug)
    return slug
