"""The report: one HTML file that opens from disk, its figures, its tables and ``results.json``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from analysis import chapters, figures, markup, words
from analysis.load import Package
from analysis.mixed.section import Effort
from analysis.mixed.words import mixed_figure, mixed_part
from analysis.plan import Plan, Row
from analysis.results import SECTIONS, analyse, as_csv, as_json

Results = Mapping[str, Any]


def write_report(
    package: Package, out: Path, unaided: str = "", mixed: Effort = "auto", pigeonhole: int | None = None
) -> list[Path]:
    """Analyses the package and writes everything under ``out``; the files written, in order."""
    plan, results = analyse(package, unaided, mixed, pigeonhole)
    drawn = _figures(package, plan, results)
    files = {
        "report.html": _html(package, plan, results, drawn),
        "results.json": as_json(results),
        **{f"tables/{name}.csv": as_csv(results[name]) for name in SECTIONS if results[name]},
        **{f"figures/{name}.svg": svg for name, svg in drawn.items()},
    }
    return [_write(out / name, content) for name, content in files.items()]


def _write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8", newline="")
    return path


def primary(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["primary"]]


def _figures(package: Package, plan: Plan, results: Results) -> dict[str, str]:
    drawn = {}
    accuracy = [row | {"is_unaided": row["arm"] == plan.unaided} for row in primary(results["accuracy"])]
    if accuracy:
        drawn["accuracy"] = figures.accuracy_figure(accuracy, words.chance(package), "Accuracy by arm")
    if contrasts := primary(results["contrasts"]):
        drawn["contrasts"] = figures.contrast_figure(contrasts, "Difference from the unaided arm")
    if shown := _main_reliance(results):
        drawn["reliance"] = figures.reliance_figure(shown, "Reliance on the assistant")
    for chapter in chapters.ALL:
        drawn |= chapter.draw(results)
    return drawn | mixed_figure(results)


def _main_reliance(results: Results) -> list[Row]:
    """The rows by brief, or where nothing was drawn those by last recommendation, without exclusions."""
    rows = [row for row in results["reliance"] if row["exclusions"] == "none"]
    return [row for row in rows if row["basis"] == "brief"] or [row for row in rows if row["basis"] == "last"]


def _html(package: Package, plan: Plan, results: Results, drawn: Mapping[str, str]) -> str:
    title = words.title(package, results)
    parts: list[Callable[[], Iterator[str]]] = [
        lambda: _head(package, results, title),
        lambda: _asked(package, plan, results),
        lambda: _answer(package, plan, results, drawn),
        lambda: _accuracy(results),
        lambda: _contrasts(results, drawn),
        lambda: mixed_part(results, drawn),
        lambda: _reliance(results, drawn),
        *[partial(chapter.write, results, drawn) for chapter in chapters.ALL],
        lambda: _flow(results),
        lambda: _reference(results),
        lambda: _method(plan, results),
        lambda: _limits(package, plan, results),
    ]
    return markup.page(title, [piece for part in parts for piece in part()])


def _head(package: Package, results: Results, title: str) -> Iterator[str]:
    yield markup.tag("h1", title)
    n = results["n"]
    yield markup.tag("p", f"{n['participants']} participants, {n['responses']} opened main trials", "soft")
    if package.simulated:
        yield markup.tag("p", "Simulated participants only. Nothing here is about people.", "banner")


def _asked(package: Package, plan: Plan, results: Results) -> Iterator[str]:
    yield markup.tag("h2", "What was asked")
    yield markup.tag("p", words.asked(package, plan))
    arms = package.get("arms")
    if arms is not None and len(arms):
        wanted = ["arm", "label", "assistant", "strategy", "model", "time_limit_seconds"]
        shown = [name for name in wanted if name in arms and arms[name].notna().any()]
        cells = arms.drop_duplicates("arm")[shown].astype(object)
        rows = cells.where(cells.notna(), None).itertuples(index=False)
        heads = [name.replace("_", " ") for name in shown]
        yield markup.table(heads, [[_plain(cell) for cell in row] for row in rows], "Arms")
    if declared := package.manifest.get("analysis"):
        text = json.dumps(declared, indent=1, ensure_ascii=False, sort_keys=True)
        yield markup.details("Planned analysis, as frozen", markup.preformatted(text))


def _plain(cell: Any) -> Any:
    return f"{cell:g}" if isinstance(cell, float) else cell


def _answer(package: Package, plan: Plan, results: Results, drawn: Mapping[str, str]) -> Iterator[str]:
    yield markup.tag("h2", "The answer")
    yield markup.tag("p", words.answer(package, plan, results, _main_reliance(results)), "lead")
    if "accuracy" in drawn:
        yield markup.figure(drawn["accuracy"], words.accuracy_caption(plan, primary(results["accuracy"])))


def _section(results: Results, name: str, heading: str) -> Iterator[str]:
    yield markup.tag("h2", heading)
    yield markup.tag("p", words.sentence(results["not_computed"].get(name, "")))


def _accuracy(results: Results) -> Iterator[str]:
    yield from _section(results, "accuracy", "Accuracy")
    rows = results["accuracy"]
    yield markup.table(*words.accuracy_table(primary(rows)))
    beside = [row for row in rows if not row["primary"]]
    yield markup.details(
        "Time-outs and exclusions treated otherwise", markup.table(*words.accuracy_table(beside, beside=True))
    )


def _contrasts(results: Results, drawn: Mapping[str, str]) -> Iterator[str]:
    yield from _section(results, "contrasts", "Difference that an assistant makes")
    rows = results["contrasts"]
    if "contrasts" in drawn:
        yield markup.figure(drawn["contrasts"], words.contrast_caption(primary(rows)))
    yield markup.table(*words.contrast_table(primary(rows)))
    beside = [row for row in rows if not row["primary"]]
    yield markup.details(
        "Other people, time-outs and exclusions", markup.table(*words.contrast_table(beside, beside=True))
    )


def _reliance(results: Results, drawn: Mapping[str, str]) -> Iterator[str]:
    yield from _section(results, "reliance", "Reliance")
    rows = results["reliance"]
    if not rows:
        return
    if "reliance" in drawn:
        yield markup.figure(drawn["reliance"], words.reliance_caption(_main_reliance(results)))
    shown = [row for row in rows if row["exclusions"] == "none"]
    yield markup.table(*words.reliance_table(shown), words.RELIANCE_HELP)
    yield markup.table(*words.share_table(shown), "Shares of all opened assisted trials; each row sums to 100 %")
    beside = [row for row in rows if row["exclusions"] != "none"]
    yield markup.details("With exclusions", markup.table(*words.reliance_table(beside)))


def _flow(results: Results) -> Iterator[str]:
    yield from _section(results, "attrition", "Time-outs and flow")
    yield markup.table(*words.flow_table(results["attrition"]))


def _reference(results: Results) -> Iterator[str]:
    yield markup.tag("h2", "The founding study, for reference")
    yield markup.table(*words.reference_table(results["reference"]))


def _method(plan: Plan, results: Results) -> Iterator[str]:
    yield markup.tag("h2", "Method")
    told = [chapter for chapter in chapters.ALL if chapter.present(results)]
    for paragraph in [*words.method(plan, results), *(text for chapter in told for text in chapter.method(results))]:
        yield markup.tag("p", paragraph)
    yield "<h3>Sources</h3>" + markup.items([*words.SOURCES, *(name for chapter in told for name in chapter.SOURCES)])


def _limits(package: Package, plan: Plan, results: Results) -> Iterator[str]:
    yield markup.tag("h2", "Limits")
    more = [text for chapter in chapters.ALL if chapter.present(results) for text in chapter.limits(results)]
    yield markup.items([*words.limits(package, plan, results), *more])
    facts = {"input sha256": results["input_sha256"], "protocol sha256": results["protocol_sha256"]}
    versions = ", ".join(f"{name} {number}" for name, number in results["versions"].items())
    lines = [f"{name}: {value}" for name, value in facts.items() if value]
    yield markup.tag("p", "; ".join([*lines, versions]), "soft")
