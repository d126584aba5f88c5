"""What one person's sitting costs: queries and CPU time through the services, by the act that asked.

    python -m tests.bench.sitting [--people 20] [--statements]

People of the demonstration study walk through it in virtual time, so that what is measured is the services themselves:
no page is rendered and nothing is sent. Queries are counted in a second run, since counting them takes time too.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SERVICES = ("/studies/services/", "/studies/queries/", "/studies/runner/")
DRIVER = "/studies/simulation/"


def prepare(folder: str) -> None:
    os.environ["DATABASE_URL"] = f"sqlite:///{folder}/bench.sqlite3"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oversight.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from studies.management.commands.demo import Command

    call_command("migrate", verbosity=0)
    with open(os.devnull, "w") as nowhere:
        Command(stdout=nowhere).launch_study()


def walk(people: int, seed: int) -> float:
    """CPU seconds of these people's sittings, from their joining to their end."""
    from studies.models import Study
    from studies.simulation.driver import simulate

    study = Study.objects.get(slug="demo")
    begun = time.process_time()
    simulate(study=study, participants=people, seed=seed, start=START)
    return time.process_time() - begun


@contextmanager
def counted(statements: bool) -> Iterator[Counter[str]]:
    """Statements by the service that the simulated person called, or by their text."""
    from django.db import connection

    found: Counter[str] = Counter()

    def count(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        act, within = _caller()
        found[f"{act}: {within}: {sql[:110]}" if statements else act] += 1
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(count):
        yield found


def _caller() -> tuple[str, str]:
    """The service that the simulation called, and the innermost function of ours."""
    frame, act, within = sys._getframe(2), "", ""
    while frame.f_back is not None and DRIVER not in frame.f_code.co_filename:
        if any(room in frame.f_code.co_filename for room in SERVICES):
            act = f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_name}"
            within = within or f"{act}:{frame.f_lineno}"
        frame = frame.f_back
    return act or frame.f_code.co_name, within


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=20, help="people to average over (20)")
    parser.add_argument("--statements", action="store_true", help="list every statement rather than every act")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder)
        walk(2, 1)  # what is imported and compiled once
        spent = walk(options.people, 2)
        with counted(options.statements) as found:
            walk(options.people, 3)
    print(f"{1000 * spent / options.people:.0f} ms CPU and {found.total() / options.people:.0f} queries a person")
    for act, number in found.most_common():
        print(f"  {number / options.people:7.1f}  {act}")


if __name__ == "__main__":
    main()
