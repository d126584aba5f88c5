"""The report: one HTML file that opens from disk, its figures, its tables and ``results.json``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from analysis import chapters, figures, markup, paper, words
from analysis.blinding import WHAT
from analysis.chapters.accuracy import caption
from analysis.chapters.cells import primary
from analysis.effort import Effort
from analysis.load import Package
from analysis.plan import Plan, Row
from analysis.results import SECTIONS, Study, as_csv, as_json, plain

Results = Mapping[str, Any]
BLINDED = "Blinded run"


def write_report(
    package: Package,
    out: Path,
    unaided: str = "",
    mixed: Effort = "auto",
    pigeonhole: int | None = None,
    blind: int | None = None,
) -> list[Path]:
    """Analyses the package and writes everything under ``out``; the files written, in order.

    ``pigeonhole`` is the seed of that bootstrap where its intervals are wanted, ``blind`` that of a blinded run.
    """
    return write_study(Study(package, unaided, mixed, pigeonhole, blind), out)


def write_study(study: Study, out: Path) -> list[Path]:
    drawn = {name: svg for chapter in chapters.ALL for name, svg in chapter.draw(study).items()}
    if study.blind is not None:
        drawn = {name: figures.stamped(svg, BLINDED) for name, svg in drawn.items()}
    files = {
        "report.html": page(study, drawn),
        "results.json": as_json(plain(study)),
        **{f"tables/{name}.csv": as_csv(_marked(study, study[name])) for name in SECTIONS if study[name]},
        **{f"figures/{name}.svg": svg for name, svg in drawn.items()},
    }
    return [_write(out / name, content) for name, content in files.items()]


def _marked(study: Study, rows: list[Row]) -> list[Row]:
    return rows if study.blind is None else [{"blinded_run": study.blind} | row for row in rows]


def _write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8", newline="")
    return path


def page(study: Study, drawn: Mapping[str, str]) -> str:
    """What was asked, the answer with its figure, every chapter, then methods, sources and limits."""
    title = words.title(study.package, study)
    parts = [_head(study, title), asked(study, study), _answer(study, drawn)]
    parts += [chapter_of(chapter, study, drawn) for chapter in chapters.ALL]
    mark = "" if study.blind is None else f"{BLINDED}: nothing here tells what an arm does"
    return markup.page(
        title, [piece for part in (*parts, methods(study, study.plan), _limits(study)) for piece in part], mark
    )


def _head(study: Study, title: str) -> Iterator[str]:
    yield markup.tag("h1", title)
    n = study["n"]
    yield markup.tag(
        "p",
        f"{words.counted(n['participants'], 'participant')}, {words.counted(n['responses'], 'opened main trial')}",
        "soft",
    )
    if study.package.simulated:
        yield markup.tag("p", "Simulated participants only. Nothing here is about people.", "banner")
    if study.blind is not None:
        yield markup.tag("p", f"{BLINDED}, seed {study.blind}: {WHAT}. Build and look at everything; then run the "
                         "report as it is.", "banner")  # fmt: skip


def asked(study: Study, results: Results) -> Iterator[str]:
    """The question, the arms, the planned analysis as it was frozen, and where these results depart from it."""
    package = study.package
    yield markup.tag("h2", "What was asked")
    yield markup.tag("p", words.asked(package, study.plan))
    arms = package.get("arms")
    if arms is not None and len(arms):
        wanted = ["arm", "label", "assistant", "strategy", "model", "time_limit_seconds"]
        shown = [name for name in wanted if name in arms and arms[name].notna().any()]
        cells = arms.drop_duplicates("arm")[shown].astype(object)
        rows = cells.where(cells.notna(), None).itertuples(index=False)
        heads = [name.replace("_", " ") for name in shown]
        yield markup.table(heads, [[_plain(cell) for cell in row] for row in rows], "Arms")
    if declared := package.manifest.get("analysis"):
        yield markup.details("Planned analysis, as frozen", markup.table(["what", "planned"], _lines(declared)))
    if apart := list(words.departures(package, study.plan, results)):
        yield "<h3>Where this report departs from the plan</h3>" + markup.items(apart)


def _lines(declared: Mapping[str, Any]) -> list[list[str]]:
    """Each setting of the planned analysis in words; one line for every contrast and exclusion."""
    lines = []
    for name, value in declared.items():
        for part in (value or ["none"]) if isinstance(value, list) else [value]:
            said = ", ".join(f"{key}: {_said(each)}" for key, each in sorted(part.items()) if each not in (None, "")) \
                if isinstance(part, Mapping) else _said(part)  # fmt: skip
            lines.append([name.replace("_", " "), said])
    return lines


def _said(value: Any) -> str:
    """A setting as one says it."""
    named = {True: "yes", False: "no", None: "none"}
    if value is None or isinstance(value, bool):
        return named[value]
    return f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")


def _plain(cell: Any) -> Any:
    return f"{cell:g}" if isinstance(cell, float) else cell


def _answer(study: Study, drawn: Mapping[str, str]) -> Iterator[str]:
    yield markup.tag("h2", "The answer")
    yield markup.tag("p", words.answer(study.package, study.plan, study, words.reliance_rows(study)), "lead")
    if "accuracy" in drawn:
        yield markup.figure(drawn["accuracy"], caption(primary(study, "accuracy")))


def chapter_of(chapter: ModuleType, results: Results, drawn: Mapping[str, str]) -> Iterator[str]:
    """Figure and tables, then how they were made and what they do not say."""
    yield from chapter.write(results, drawn)
    if chapter.present(results):
        yield markup.labelled("Method", " ".join(chapter.method(results)))
        yield markup.labelled("Limits", " ".join(chapter.limits(results)))


def methods(results: Results, plan: Plan) -> Iterator[str]:
    """What all sections share, and every source named in them."""
    yield markup.tag("h2", "Method")
    for paragraph in words.method(plan, results):
        yield markup.tag("p", paragraph)
    yield "<h3>For a paper</h3>" + markup.tag("p", paper.paragraph(plan, results))
    yield "<h3>Sources</h3>" + markup.items(sorted(_cited(results, plan)))


def _cited(results: Results, plan: Plan) -> Iterator[str]:
    """The sources that a sentence of this report's methods and limits names."""
    told = [chapter for chapter in chapters.ALL if chapter.present(results)]
    said = [*words.method(plan, results), paper.paragraph(plan, results)]
    text = " ".join([*said, *(line for each in told for part in (each.method, each.limits) for line in part(results))])
    for source in {*words.SOURCES, *(name for chapter in told for name in chapter.SOURCES)}:
        author, year = source.split()[0].rstrip(","), re.findall(r"\b\d{4}\b", source)[0]
        if re.search(rf"\b{author}\b[^;]{{0,60}}\b{year}\b", text):
            yield source


def _limits(study: Study) -> Iterator[str]:
    yield markup.tag("h2", "Limits")
    yield markup.items(words.limits(study.package, study.plan, study))
    facts = {"input sha256": study["input_sha256"], "protocol sha256": study["protocol_sha256"]}
    versions = ", ".join(f"{name} {number}" for name, number in study["versions"].items())
    lines = [f"{name}: {value}" for name, value in facts.items() if value]
    yield markup.tag("p", "; ".join([*lines, versions]), "soft")
