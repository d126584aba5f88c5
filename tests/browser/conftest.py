"""Real Chromium against a real server. Skipped with a sentence where no Chromium is installed."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.api_server import KEY, ApiServer
from tests.browser import passages
from tests.server import ROOT, Server

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 30_000  # how long a loaded machine may take; what comes sooner is not waited for
expect.set_options(timeout=PATIENCE_MS)
DESKTOP = {"width": 1280, "height": 800}
STUDY = Path(__file__).with_name("study.toml")
BUNDLED = ROOT / "studies" / "datasets" / "bundled"
PHONE = {"width": 390, "height": 844}

Changes = tuple[tuple[str, str], ...]
LIMIT, PACE, REVEAL = "time_limit_seconds = 600", "words_per_second = 300", "[answer]"
REAL = (
    ('strategy = "assigned"', 'provider = "anthropic"\nstrategy = "assigned"'),
    (
        'settings = { words_per_second = 300, first_word_seconds = 0.1, verbosity = "long" }',
        'settings = { model = "claude-haiku-4-5", max_retries = 1, read_timeout = 2.0 }',
    ),
)
# What each study has otherwise than study.toml.
STUDIES: dict[str, Changes] = {
    "walk": (),
    "short": ((LIMIT, "time_limit_seconds = 10"),),
    "pausing": ((PACE, f"{PACE}, pauses = [{{ after_words = 20, seconds = 4 }}]"),),
    "stalling": ((PACE, f'{PACE}, fail_on = [{{ reply = 1, fault = "stalled", after_words = 20, seconds = 120 }}]'),),
    "first": ((REVEAL, f'{REVEAL}\ninitial = "required"'),),
    "again": (("break_every = 2", "sittings = 2\nhours_between_sittings = 24"),),
    "real": REAL,
    "capped": (*REAL, (REVEAL, f"[caps]\ntokens_per_trial = 1\n\n{REVEAL}")),
}


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
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def page(desktop: BrowserContext) -> Page:
    return desktop.new_page()


@pytest.fixture(scope="session")
def service() -> Iterator[ApiServer]:
    """What the studies with a real SDK talk to."""
    with ApiServer(pace=0.01) as service:
        yield service


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, service: ApiServer) -> Iterator[Server]:
    """One running server for all tests, with items and the studies above."""
    keys = {"ANTHROPIC_BASE_URL": service.url, "ANTHROPIC_API_KEY": KEY, "ANTHROPIC_AUTH_TOKEN": "", "REDIS_URL": ""}
    server = Server(tmp_path_factory.mktemp("server"), extra=keys)
    passages.write(server.folder / "passages.jsonl")
    server.manage_all(
        ["migrate", "-v0"],
        ["load_items", "mmlu", str(BUNDLED / "mmlu"), "--dataset", "oversight-mmlu", "-v0"],
        ["load_items", "quality", str(server.folder / "passages.jsonl"), "--dataset", "oversight-quality", "-v0"],
        *(["study", "load", str(written(server.folder, slug))] for slug in STUDIES),
        *(["study", "launch", slug] for slug in STUDIES),
    )
    server.start()
    yield server
    server.kill()


def written(folder: Path, slug: str) -> Path:
    """The study of study.toml under a slug of its own, pieces of its text replaced."""
    text = STUDY.read_text()
    for old, new in (('slug = "walk"', f'slug = "{slug}"'), *STUDIES[slug]):
        assert old in text, f"study.toml has no {old!r}"
        text = text.replace(old, new)
    path = folder / f"{slug}.toml"
    path.write_text(text)
    return path
