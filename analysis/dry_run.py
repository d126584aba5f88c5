"""The page and the tables of a dry run: the report of a frozen protocol before there are any data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from analysis import chapters, markup, words
from analysis.planned import Shells, made_up, protocol_of
from analysis.report import asked, chapter_of, methods
from analysis.results import SECTIONS, Study, as_csv

_BANNER = (
    "Planned tables: there are no data yet. Every empty cell, and every “…”, is a number that the report will hold. "
    "Rows beside the primary ones appear where they apply: time-outs, exclusions, people who leave."
)
_PLACE = (
    '<svg role="img" aria-label="{0}" viewBox="0 0 600 90" width="600" height="90" xmlns="http://www.w3.org/2000/svg">'
    '<rect x="1" y="1" width="598" height="88" fill="none" stroke="#d8dee4"/>'
    '<text x="300" y="50" text-anchor="middle" font-size="14" fill="#57606a">{0}</text></svg>'
)
_NOT_YET = re.compile(r"[+−-]?\bnan\b")


def write_dry_run(path: Path, out: Path) -> list[Path]:
    """Writes report.html and tables/*.csv of the protocol at ``path`` under ``out``; the files written."""
    protocol, sha256 = protocol_of(path)
    shells = Shells(Study(made_up(protocol), mixed="preview"))
    files = {
        "report.html": page(shells, sha256),
        **{f"tables/{name}.csv": _NOT_YET.sub("", as_csv(shells[name])) for name in SECTIONS if shells[name]},
    }
    for name, text in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, encoding="utf-8", newline="")
    return [out / name for name in files]


def page(shells: Shells, sha256: str) -> str:
    study = shells.study
    title = f"Planned analysis: {words.title(study.package, study)}"
    drawn = {name: _PLACE.format("Figure: " + name.replace("_", " ")) for name in SECTIONS if shells[name]}
    parts = [_head(title, sha256), asked(study, shells), _answer(shells, drawn)]
    parts += [chapter_of(chapter, shells, drawn) for chapter in chapters.ALL]
    html = markup.page(title, [piece for part in (*parts, methods(shells, study.plan)) for piece in part])
    return without_numbers(html).replace("<details>", "<details open>")


def _head(title: str, sha256: str) -> Iterator[str]:
    yield markup.tag("h1", title)
    yield markup.tag("p", f"Protocol {sha256}" if sha256 else "Protocol not frozen yet", "soft")
    yield markup.tag("p", _BANNER, "banner")


def _answer(shells: Shells, drawn: dict[str, str]) -> Iterator[str]:
    study = shells.study
    yield markup.tag("h2", "The answer")
    said = words.answer(study.package, study.plan, shells, words.reliance_rows(shells))
    yield markup.tag("p", _NOT_YET.sub("…", said), "lead")
    yield drawn.get("accuracy", "")


def without_numbers(html: str) -> str:
    """Empty cells for what is not there yet, no sentence that would claim something of it, else an ellipsis."""
    html = re.sub(r"(<td[^>]*>)[^<]*\bnan\b[^<]*(?=</td>)", r"\1", html)
    html = re.sub(r"<(p|li)(?: class=\"soft\")?>[^<]*\bnan\b[^<]*</\1>", "", html)
    return _NOT_YET.sub("…", html)
