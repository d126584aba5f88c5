"""Load the items of a published data set."""

import sys
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from studies.datasets import READERS, DatasetError
from studies.domain.errors import Refused
from studies.services import datasets

SHOWN_FAULTS = 20


class Command(BaseCommand):
    help = """Load the items of a published data set: all of the files or, where one is bad, none.

examples:
  python manage.py load_items mmlu data/                       the folder with dev, val and test
  python manage.py load_items mmlu data/test/anatomy_test.csv  one subject
  python manage.py load_items quality QuALITY.v1.0.1.htmlstripped.dev    a file, or a folder of such files
  python manage.py load_items mmlu data_2024/ --dataset mmlu-2024

MMLU: headerless CSV, or question,choices,answer as CSV or parquet (answers count from 0).
QuALITY: JSON Lines as published (v1.0.1), or JSON with one question per entry.
Loading a file twice adds nothing. Another release is another data set: give it a name of its own."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("family", choices=sorted(READERS))
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument(
            "--dataset", metavar="NAME", default=None, help="name of this version (default: the family)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        family, name = options["family"], options["dataset"] or options["family"]
        bars = _Bars(shown=options["verbosity"] > 0)
        try:
            result = datasets.load(
                family=family, paths=options["paths"], name=name, now=timezone.now(), progress=bars.show
            )
        except DatasetError as error:
            raise CommandError(_listed(error.faults)) from None
        except Refused as refused:
            raise CommandError(refused.sentence) from None
        finally:
            bars.close()
        if options["verbosity"] > 0:
            self.stdout.write(_summary(result))


class _Bars:
    """A progress bar on stderr for each thing that is done."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown
        self._what = ""
        self._bar: tqdm[Any] | None = None

    def show(self, what: str, done: int, total: int) -> None:
        if self._bar is None or self._what != what:
            self.close()
            self._what = what
            self._bar = tqdm(total=total, desc=what, file=sys.stderr, disable=not self._shown)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar = None


def _listed(faults: list[str]) -> str:
    lines = faults[:SHOWN_FAULTS]
    if len(faults) > SHOWN_FAULTS:
        lines.append(f"and {len(faults) - SHOWN_FAULTS} more faults")
    return "\n".join(["Nothing was loaded:", *lines])


def _summary(result: datasets.LoadResult) -> str:
    """One line; what did not occur is not mentioned."""
    counts = {
        "categories": result.categories,
        "passages added": result.passages,
        "ratings added": result.ratings,
        "exact duplicates kept": result.duplicates,
        "without a published answer, so no study can draw them": result.without_answer,
    }
    parts = [f"items added: {result.added}", f"already there: {result.known}"]
    parts += [f"{what}: {count}" for what, count in counts.items() if count]
    return f"{result.dataset.name}: {', '.join(parts)}"
