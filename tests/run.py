"""Every check that can run here, one after another; what cannot run says why. `make test` and `make lint` call this.

    python -m tests.run          everything
    python -m tests.run lint     only the checks that read the code

Two lanes run side by side, because each leaves a core waiting for part of its time: pytest on SQLite, and the rest.
Nothing stops at a failure: all of it runs, the failures are listed at the end, and the exit status tells of them.
"""

import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
REPORTS = ROOT / "var" / "tests"
# What a developer's shell may set must not decide where the tests write.
NOT_OURS = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "OVERSIGHT_HTTPS", "OVERSIGHT_DEBUG")
# Whatever locks, races, streams or writes rows; views, consumers, commands and simulated people only combine these.
ON_POSTGRES = ("services", "queries", "exports", "runner", "faults")
OLDEST_NODE = 18


@dataclass(frozen=True)
class Outcome:
    ok: bool = True
    said: str = ""
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: tuple[str, ...] = ()
    left_out: bool = False


@dataclass(frozen=True)
class Step:
    name: str
    run: Callable[[], Outcome]


@dataclass(frozen=True)
class Command:
    """A program that is right when its exit status is 0. `shown`: its output is printed as it comes."""

    words: Sequence[str]
    extra: dict[str, str] = field(default_factory=dict)
    seconds: float = 300
    shown: bool = False

    def __call__(self) -> Outcome:
        status, output = self.status_and_output()
        return Outcome(status == 0, "" if status == 0 else output)

    def status_and_output(self) -> tuple[int, str]:
        process = subprocess.Popen(
            list(self.words), cwd=ROOT, env=clean_environment() | self.extra, stdin=subprocess.DEVNULL,
            stdout=None if self.shown else subprocess.PIPE, stderr=None if self.shown else subprocess.STDOUT,
            text=True, errors="replace", start_new_session=True,
        )  # fmt: skip
        try:
            output, _ = process.communicate(timeout=self.seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            return 1, f"{output or ''}\nended after {self.seconds:.0f} s without a result"
        return process.returncode, output or ""


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in NOT_OURS}


def tool(name: str, *words: str, **settings: object) -> Command:
    return Command([str(BIN / name), *words], **settings)  # type: ignore[arg-type]


def manage(*words: str, **extra: str) -> Command:
    own = {"DATABASE_URL": "sqlite://:memory:", "OVERSIGHT_SECRET_KEY": secrets.token_urlsafe(50)}
    return Command([sys.executable, "manage.py", *words], own | extra)


def lint() -> list[Step]:
    return [
        Step("ruff: rules", tool("ruff", "check", ".")),
        Step("ruff: format", tool("ruff", "format", "--check", ".")),
        Step("mypy --strict", tool("mypy")),
        Step("import-linter: layers", tool("lint-imports")),
        Step("djLint: templates", tool("djlint", "--lint", "templates")),
        Step("migrations are complete", manage("makemigrations", "--check", "--dry-run")),
        Step("check --deploy", manage("check", "--deploy", "--fail-level", "WARNING", OVERSIGHT_HTTPS="1")),
    ]


def lanes(words: list[str]) -> list[list[Step]]:
    if words == ["lint"]:
        return [lint()]
    beside = [*lint(), Step("node: browser modules", run_node), Step("pytest on PostgreSQL", run_on_postgres)]
    return [[Step("pytest on SQLite", run_on_sqlite)], beside]


def run_node() -> Outcome:
    node = shutil.which("node")
    if node is None:
        return skipped("node is not installed")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    if int(version.lstrip("v").split(".")[0] or 0) < OLDEST_NODE:
        return skipped(f"node {version} has no test runner; {OLDEST_NODE} or later has")
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "js").glob("*.test.js"))
    return Command([node, "--test", *files])() if files else skipped("there are no files tests/js/*.test.js")


def run_on_sqlite() -> Outcome:
    return run_pytest("sqlite", ["-m", "not services", "tests"], {}, shown=True)


def run_on_postgres() -> Outcome:
    """The tests that touch rows once more, and those marked `services`, on a database named after this checkout."""
    url = os.environ.get("OVERSIGHT_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432/oversight")
    silence = postgres_silence(url)
    if silence:
        return skipped(f"PostgreSQL does not answer ({silence}); OVERSIGHT_TEST_POSTGRES names another")
    own = f"{url}_{hashlib.sha256(str(ROOT).encode()).hexdigest()[:6]}"
    folders = [f"tests/{name}" for name in ON_POSTGRES if list((ROOT / "tests" / name).glob("test_*.py"))]
    chosen = ["-m", "not browser and (services or not faults)", *folders]
    return run_pytest("postgres", chosen, {"DATABASE_URL": own, "OVERSIGHT_TEST_POSTGRES": url})


def postgres_silence(url: str) -> str:
    """Why the server cannot be used, in one line; '' where it can."""
    import psycopg

    server = url.rpartition("/")[0] + "/postgres"
    try:
        psycopg.connect(server, connect_timeout=3).close()
    except psycopg.Error as error:
        return str(error).strip().splitlines()[0]
    return ""


def run_pytest(name: str, words: list[str], extra: dict[str, str], *, shown: bool = False) -> Outcome:
    REPORTS.mkdir(parents=True, exist_ok=True)
    report = REPORTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    quiet = ["-q", "-n", "2", "--dist", "worksteal", "--durations", "8", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *quiet, f"--junitxml={report}", *words]
    status, said = Command(command, extra, seconds=1800, shown=shown).status_and_output()
    return counted(report, status, said)


def counted(report: Path, status: int, said: str) -> Outcome:
    """What the JUnit file says; a run that left none has failed as one."""
    try:
        cases = list(ElementTree.parse(report).iter("testcase"))
    except (FileNotFoundError, ElementTree.ParseError):
        return Outcome(False, said or "pytest left no report", failed=1)
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    skips = [case for case in cases if case.find("skipped") is not None]
    names = tuple(f"{case.get('classname')}::{case.get('name')}" for case in failed)
    passed = len(cases) - len(failed) - len(skips)
    return Outcome(status == 0, said, passed, len(failed), len(skips), names)


def skipped(why: str) -> Outcome:
    return Outcome(said=why, left_out=True)


def run_all(side_by_side: Sequence[Sequence[Step]]) -> list[tuple[Step, Outcome]]:
    with ThreadPoolExecutor(len(side_by_side)) as pool:
        return [ran for lane in pool.map(lambda steps: list(run_lane(steps)), side_by_side) for ran in lane]


def run_lane(steps: Sequence[Step]) -> Iterator[tuple[Step, Outcome]]:
    for step in steps:
        print(f"── {step.name} ...", flush=True)
        begun = time.monotonic()
        outcome = step.run()
        told = "" if outcome.ok else f"\n{outcome.said.rstrip()}"
        print(line(step, outcome, time.monotonic() - begun) + told, flush=True)
        yield step, outcome


def line(step: Step, outcome: Outcome, seconds: float) -> str:
    if outcome.left_out:
        return f"── {step.name}: skipped: {outcome.said}"
    counts = f", {outcome.passed} passed, {outcome.failed} failed, {outcome.skipped} skipped" if outcome.passed else ""
    return f"── {step.name}: {'ok' if outcome.ok else 'FAILED'}{counts} ({seconds:.0f} s)"


def main(words: list[str]) -> int:
    begun = time.monotonic()
    ran = run_all(lanes(words))
    print(f"\n── total ({time.monotonic() - begun:.0f} s)")
    for step, outcome in ran:
        if outcome.left_out:
            print(f"skipped: {step.name}: {outcome.said}")
        if not outcome.ok:
            print("\n".join([f"FAILED: {step.name}", *(f"  FAILED {name}" for name in outcome.failures)]))
    outcomes = [outcome for _, outcome in ran]
    wrong = sum(not outcome.ok for outcome in outcomes)
    print(f"checks: {len(ran) - wrong} fine or skipped, {wrong} failed")
    if words != ["lint"]:
        kinds = ("passed", "failed", "skipped")
        print(", ".join(f"{sum(getattr(outcome, kind) for outcome in outcomes)} {kind}" for kind in kinds))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
