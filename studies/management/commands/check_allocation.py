"""Derive the recorded draws of a study again."""

from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from studies.models import Study
from studies.queries.allocation_check import check

SHOWN = 20


class Command(BaseCommand):
    help = """Derive every recorded draw of a study again: arms, items, choice orders, briefs, beliefs;
and those of its model-only runs.

example:
  python manage.py check_allocation demo

The exit status is 0 only where all come out as they are recorded."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")

    def handle(self, *args: Any, slug: str, **options: Any) -> None:
        study = Study.objects.filter(slug=slug).first()
        if study is None:
            known = ", ".join(Study.objects.order_by("slug").values_list("slug", flat=True)) or "none"
            raise CommandError(f"There is no study {slug!r}. There is: {known}.")
        checked = check(study)
        if checked.mismatches:
            lines = [str(mismatch) for mismatch in checked.mismatches[:SHOWN]]
            raise CommandError("\n".join([f"{len(checked.mismatches)} draws do not come out again:", *lines]))
        self.stdout.write(f"{slug}: all {checked.draws} recorded values come out again")
