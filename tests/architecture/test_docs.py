"""The documents say what is there: commands, settings, the study file's reference, links."""

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from analysis import __main__ as analysis
from studies.domain.protocol_reference import markdown

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "deploy/*.md", "studies/README.md", "analysis/README.md")
    for path in ROOT.glob(pattern)
)
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
SETTING = re.compile(r"""env(?:\.\w+)?\(\s*["']([A-Z_]+)["']""")
ENVIRON = re.compile(r"""os\.environ(?:\.get\(|\[)\s*["']([A-Z_]+)["']""")
BY_THE_SDKS = {"ANTHROPIC_BASE_URL", "OPENAI_BASE_URL"}  # which read them themselves
NAMES = ("README.md", "CHANGELOG.md", "studies/README.md", "deploy/README.md", "docs/study-file.md")


def code_of(path: Path) -> str:
    """Only what stands in code: a sentence may make a demo, a command may not."""
    return "\n".join(CODE.findall(path.read_text()))


@cache
def named(pattern: str) -> list[str]:
    return sorted({found for path in DOCUMENTS for found in re.findall(pattern, code_of(path))})


def helped(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What a management command prints for --help; an unknown one raises."""
    app = get_commands()[words[0]]
    command = load_command_class(str(app), words[0])
    with pytest.raises(SystemExit) as ended:
        command.create_parser("manage.py", words[0]).parse_args([*words[1:], "--help"])
    assert not ended.value.code
    return capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_there_is_a(name: str) -> None:
    assert (ROOT / name).is_file()


@pytest.mark.parametrize("command", named(r"manage\.py (\w+)"))
def test_every_named_command_exists_and_helps(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert helped([command], capsys)


@pytest.mark.parametrize("command", sorted(name for name, app in get_commands().items() if app == "studies"))
def test_every_command_of_ours_shows_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert re.search(r"[Ee]xamples?:", helped([command], capsys))


@pytest.mark.parametrize("act", named(r"manage\.py study (\w+)"))
def test_every_named_act_on_a_study_exists(act: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert helped(["study", act], capsys)


@pytest.mark.parametrize("command", named(r"python -m analysis (\w+)"))
def test_every_named_part_of_the_analysis_exists(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        analysis.main([command, "--help"])
    assert not ended.value.code
    assert "Example" in capsys.readouterr().out


def test_every_named_make_target_exists() -> None:
    targets = set(re.findall(r"^([\w./-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    targets |= {".venv/run", ".venv/dev"}
    named_targets = set(named(r"\bmake ([a-z.][\w./-]*)"))
    assert named_targets <= targets


def test_every_setting_is_in_the_example_environment_and_nothing_else_is() -> None:
    read = set(SETTING.findall((ROOT / "oversight" / "settings.py").read_text())) | BY_THE_SDKS
    for source in (ROOT / "studies").rglob("*.py"):
        read |= set(ENVIRON.findall(source.read_text()))
    shown = set(re.findall(r"^#?\s?([A-Z][A-Z_]+)=", (ROOT / "deploy" / "example.env").read_text(), re.MULTILINE))
    assert read == shown


def test_the_study_files_reference_is_the_one_that_the_types_write() -> None:
    said = (ROOT / "docs" / "study-file.md").read_text()
    assert said == markdown(), "write it again: python -m studies.domain.protocol_reference > docs/study-file.md"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_within_the_project_lead_somewhere(document: Path) -> None:
    targets = [
        link for link in LINK.findall(document.read_text()) if "://" not in link and not link.startswith("mailto:")
    ]
    missing = [link for link in targets if not (document.parent / link).exists()]
    assert not missing


def test_no_process_but_the_worker_imports_celery() -> None:
    """Nor what costs seconds: a server or a command that needs them imports them when it does."""
    heavy = ("celery", "pandas", "matplotlib", "scipy", "anthropic")
    code = f"import sys, oversight.asgi, oversight.urls, studies.urls; print([m for m in {heavy} if m in sys.modules])"
    own = {**os.environ, "OVERSIGHT_SECRET_KEY": "for-imports", "CELERY_BROKER_URL": ""}
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=own, capture_output=True, text=True, timeout=60)
    assert ran.stdout.strip() == "[]", ran.stdout + ran.stderr[-800:]
