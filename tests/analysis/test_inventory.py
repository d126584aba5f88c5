"""analysis/CHECKED.md is complete: each statistic and each estimator has its row, and the tests it names exist.

A statistic is whatever is a number in a row of results.json but a label of that row.
"""

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

import analysis
from analysis.estimates import Estimate
from analysis.load import load
from analysis.results import SECTIONS, Study
from analysis.simulate import Truth, simulate
from tests.analysis.packages import Record, package
from tests.analysis.rich import baselines, expert_ratings, rich_package, rich_people, rich_rows
from tests.analysis.test_docs import DOCS, LINES, STEPS

LIST = Path(analysis.__path__[0], "CHECKED.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in LIST.splitlines()
    if line.startswith("| ") and not line.startswith("| where")
]
WHERE, NAMES, FORMULA, AGAINST, TESTS = range(5)
LABELS = {"level", "k", "fifth", "gamma", "margin", "primary"}
ENGINE = {field.name for field in fields(Estimate)} - {"estimate"}
PARTS = re.compile(r"_(low|high|n|se|trials)$")
MAKERS = {"attrition": "flow", "reference": "founding_study"}


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> list[Study]:
    """Packages with every column: within and between people, with hurried validators, and one nobody randomised."""
    folder = tmp_path_factory.mktemp("inventory")
    rows = rich_rows(people=16, items=16)
    hurried = [row | {"source": "speed"} for row in expert_ratings(16)]
    tables = {"baselines": baselines(16), "ratings": expert_ratings(16) + hurried,
              "participants": rich_people(rows, "within")}  # fmt: skip
    simulate(Truth(participants=20, items=20, effect=2), 1).to_csv(folder / "c.csv", index=False)
    paths = [package(folder / "a.zip", rows, tables=tables), rich_package(folder / "b.zip", design="between"),
             folder / "c.csv"]  # fmt: skip
    return [Study(load(path), mixed="full") for path in paths]


def statistics(rows: list[Record]) -> set[str]:
    """Names of numbers, those of an interval or a count of another statistic under its name."""
    found = {
        name
        for row in rows
        for name, value in row.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    names = found | {name for row in rows for name in row}
    own = {name for name in found if PARTS.sub("", name) == name or PARTS.sub("", name) not in names}
    return own - LABELS - ENGINE


def named(text: str) -> set[str]:
    return {name for part in re.findall(r"``?([^`]+)``?", text) for name in part.split()}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_statistic_of_the_results_has_a_row(section: str, studies: list[Study]) -> None:
    listed = {name for row in ROWS if section in row[WHERE].split(", ") for name in named(row[NAMES])}
    found = {name for study in studies for name in statistics(study[section])}
    assert found, "the packages have this section"
    assert found - listed == set()


@pytest.mark.parametrize("section", SECTIONS)
def test_the_function_that_makes_a_section_says_what_each_of_its_statistics_is(
    section: str, studies: list[Study]
) -> None:
    maker = MAKERS.get(section, section)
    docs = next(text for name, text in DOCS.items() if name.split(".")[-1] == maker)
    found = {name for study in studies for name in statistics(study[section])}
    assert found - named(docs) == set()


def test_every_public_estimator_has_a_row() -> None:
    listed = {name for row in ROWS for name in named(row[NAMES])}
    assert {name for name in DOCS if name not in STEPS | LINES} - listed == set()


def test_nothing_is_listed_that_is_not_there(studies: list[Study]) -> None:
    functions = {name for row in ROWS for name in named(row[NAMES]) if "." in name}
    assert functions <= set(DOCS)
    for section in SECTIONS:
        listed = {name for row in ROWS if row[WHERE] == section for name in named(row[NAMES]) if "." not in name}
        there = {name for study in studies for row in study[section] for name in row}
        assert listed <= there, section


def test_every_test_named_is_there() -> None:
    here = Path(__file__).parent
    for row in ROWS:
        assert len(row) == 5, row
        assert all((row[FORMULA], row[AGAINST], named(row[TESTS]))), row
        for name in named(row[TESTS]):
            file, _, test = name.partition("::")
            tree = ast.parse((here / file).read_text(encoding="utf-8"))
            assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, name
