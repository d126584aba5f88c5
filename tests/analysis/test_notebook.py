"""A notebook's way in: typed frames, one call for a section's table, one for its figure."""

import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.faults import PlanError
from analysis.load import load
from analysis.results import SECTIONS, Study
from tests.analysis.rich import rich_package

README = Path(__file__).resolve().parents[2] / "analysis" / "README.md"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    path = rich_package(tmp_path_factory.mktemp("notebook") / "export.zip", people=14, items=12)
    return Study(load(path), mixed="preview")


def test_the_readmes_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rich_package(tmp_path / "export.zip", people=8, items=6)
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall("```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    exec(example, {})
    assert (tmp_path / "contrasts.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_is_one_call_that_gives_a_frame(study: Study, name: str) -> None:
    frame = study.frame(name)
    assert isinstance(frame, pd.DataFrame)
    assert len(frame) == len(study[name])
    assert len(frame) or frame.attrs["reason"]


@pytest.mark.parametrize("name", ["accuracy", "contrasts", "mixed_model", "reliance", "calibration", "votes",
                                  "sandwiching", "timing", "consort"])  # fmt: skip
def test_and_one_that_draws_it(study: Study, name: str) -> None:
    assert study.draw(name)._repr_svg_().startswith("<svg")


def test_a_section_is_computed_when_asked_for_and_once(study: Study) -> None:
    fresh = Study(study.package)
    assert fresh.section("accuracy") is fresh.section("accuracy")
    assert "votes" not in fresh._sections


def test_no_figure_and_no_section_are_said_in_words(study: Study) -> None:
    with pytest.raises(PlanError, match="reference has no figure"):
        study.draw("reference")
    with pytest.raises(KeyError, match="the sections are accuracy"):
        study.frame("nonsense")
