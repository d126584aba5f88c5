"""`manage.py export`: the data package of a study as one zip."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError

from studies.domain.errors import Refused
from studies.exports import Written, write_package
from studies.models import Study

Row = list[str]


class Command(BaseCommand):
    help = """Write the data package of a study: CSV tables, codebook, protocols, prompts and texts in one zip.

Previews are never in it, simulated people only with --include-simulated. Until the study is closed or unblinded the
answers of real people are left out. An existing file of that name is replaced once the new one is complete.

Example:
  python manage.py export demo --out demo.zip --include-simulated
"""
    requires_system_checks = []

    def create_parser(self, *args: Any, **kwargs: Any) -> Any:
        return super().create_parser(*args, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the study's short name")
        parser.add_argument("--out", required=True, type=Path, metavar="FILE.zip", help="where to write the package")
        parser.add_argument("--include-simulated", action="store_true", help="simulated people too, marked as such")

    def handle(self, *args: Any, slug: str, out: Path, include_simulated: bool, **options: Any) -> None:
        study = Study.objects.filter(slug=slug).first()
        if study is None:
            raise CommandError(f"There is no study {slug!r}. Known: {_known()}.")
        try:
            written = write_package(study=study, out=out, include_simulated=include_simulated, progress=self.progress)
        except Refused as refused:
            raise CommandError(refused.sentence) from None
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}.") from None
        self.stdout.write(_summary(out, written))

    def progress(self, name: str, rows: Iterable[Row]) -> Iterable[Row]:
        from tqdm import tqdm

        return tqdm(rows, desc=f"{name}.csv", unit=" rows", leave=False, disable=None, file=self.stderr)


def _known() -> str:
    return ", ".join(Study.objects.order_by("slug").values_list("slug", flat=True)) or "none"


def _summary(out: Path, written: Written) -> str:
    people, answers = written.rows["participants"], written.rows["responses"]
    parts = [f"{out}: {people:,} participants, {answers:,} opened trials, {written.rows['messages']:,} messages"]
    if written.blinded:
        parts.append("answers withheld until the study is closed or unblinded")
    if written.simulated_left_out:
        only = "only simulated people so far: " if not people else ""
        parts.append(f"{only}{written.simulated_left_out:,} simulated left out (--include-simulated)")
    return "; ".join(parts)
