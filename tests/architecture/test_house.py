"""Measures of the house itself: sizes, and what no tracked file may hold."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("studies", "analysis", "oversight")
LONGEST_FILE = 400
P90_FUNCTION = 30
LOCAL_PATHS = re.compile(r"(?<![\w.])/(?:work|home|Users|root)/[a-z]")


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that a clone has; a tree without git (an archive) is read whole, without what tools leave."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("this is no git checkout")
    return tuple(ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())


def ours(*suffixes: str) -> list[Path]:
    """Hand-written files of the product."""
    found = [path for path in tracked() if path.suffix in suffixes and path.relative_to(ROOT).parts[0] in ROOMS]
    return [path for path in found if "migrations" not in path.parts]


def lengths(path: Path) -> list[int]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, functions)]
    return [(node.end_lineno or node.lineno) - node.lineno + 1 for node in nodes]


def test_no_file_is_longer_than_400_lines() -> None:
    sizes = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in ours(".py", ".js", ".css")}
    assert not {name: size for name, size in sizes.items() if size > LONGEST_FILE}


@pytest.mark.parametrize("room", ROOMS)
def test_nine_functions_in_ten_are_shorter_than_30_lines(room: str) -> None:
    files = [path for path in ours(".py") if path.relative_to(ROOT).parts[0] == room]
    sizes = sorted(size for path in files for size in lengths(path))
    if sizes:
        assert sizes[int(0.9 * (len(sizes) - 1))] < P90_FUNCTION


def test_no_tracked_file_names_a_folder_of_somebodys_machine() -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        if path != Path(__file__).resolve() and (hit := LOCAL_PATHS.search(text)):
            found.append(f"{path.relative_to(ROOT)}: {text[hit.start() : hit.start() + 40]!r}")
    assert not found


def test_the_top_level_is_the_agreed_one() -> None:
    folders = {path.relative_to(ROOT).parts[0] for path in tracked() if len(path.relative_to(ROOT).parts) > 1}
    agreed = {"oversight", "studies", "templates", "analysis", "tests", "deploy", "docs", ".ci"}
    assert folders <= agreed, folders - agreed
