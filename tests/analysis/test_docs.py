"""Every public estimator says what it computes, in which unit, and where the formula is from.

Modules are found, not listed: a new one is held to this by itself. An estimator is a public function or method that
gives a number, an estimate or the rows of a section; the only ones left out are the ``STEPS`` below.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import analysis
from analysis.results import SECTIONS

ROOT = Path(analysis.__path__[0])
GIVES_NUMBERS = re.compile(
    r"\b(Estimate|float|FloatArray|Section|Share|Marginal|Fit|Comparator|Ceiling|Stated)\b"
    r"|list\[Row\]|Iterator\[dict|bool \| None"
)
MODULES = {
    "schema.__init__": "the package's contract",
    "mixed.blocks": "linear algebra of the fit",
    "mixed.laplace": "likelihood and gradient of the fit; formula and source in the module's own text",
}
# Numbers on the way to an estimate, or an estimate made elsewhere and only looked up or chosen.
STEPS = {
    "agreement.coincidences", "ballots.pluralities", "ballots.weighted_alike", "ballots.won", "chapters.cells.primary",
    "chapters.cells.unlike_primary", "chapters.reliance.merged",
    "comparators.right", "exclusions.as_numbers", "inference.interval_of", "inference.sums_without",
    "inference.t_quantile", "inference.undefined", "pigeonhole.drawn_ratios", "power.logits", "results.Study.section",
    "scores.bin_sums", "scores.bin_sums_without", "sensitivity.Contrast.sums", "words.reliance_rows",
}  # fmt: skip
# One line of a larger thing: a parameter of a simulated study, or a field of a fit; the line gives formula and unit.
LINES = {
    "mixed.fit.Fit.se", "mixed.fit.Marginal.difference", "simulate.Truth.heeded", "simulate.Truth.reliability_of",
    "simulate.Truth.own", "simulate.Truth.answered", "simulate.Truth.accuracy", "simulate.Truth.difference",
    "simulate.Truth.over_reliance", "synthetic.confidence.Stated.brier", "synthetic.confidence.Stated.overconfidence",
    "synthetic.confidence.Stated.auroc", "synthetic.confidence.Stated.draw", "synthetic.expected.median_seconds",
}  # fmt: skip
TERSE = 25


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if name not in MODULES:
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def public(home: str, body: list[ast.stmt]) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield f"{home}.{node.name}", node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public(f"{home}.{node.name}", node.body)


DOCS = {
    name: ast.get_docstring(node) or ""
    for home, tree in modules()
    for name, node in public(home, tree.body)
    if node.returns and GIVES_NUMBERS.search(ast.unparse(node.returns))
}


@pytest.mark.parametrize("name", sorted(set(DOCS) - STEPS - LINES))
def test_an_estimator_names_its_unit_and_its_source(name: str) -> None:
    assert len(DOCS[name].partition("\n")[0]) > TERSE, "the first line says what it is"
    assert re.search(r"^Returns\n-------\n\S", DOCS[name], re.M), "the unit stands under Returns"
    assert re.search(r"^References\n----------\n\S", DOCS[name], re.M), "the source stands under References"


@pytest.mark.parametrize("name", sorted(STEPS | LINES))
def test_whatever_is_left_out_exists_and_says_what_it_is(name: str) -> None:
    assert DOCS[name]


def test_the_estimators_of_every_section_and_engine_are_among_those_found() -> None:
    found = {name.split(".")[-1] for name in DOCS}
    made = {"attrition": "flow", "reference": "founding_study"}
    assert {made.get(name, name) for name in SECTIONS} <= found
    assert {"ratio", "jackknife", "fit", "marginal", "power", "holm", "plurality", "krippendorff"} <= found
