"""Ratings of experts or validators."""

from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from studies.domain.errors import Refused
from studies.models import Dataset
from studies.services.imports import import_ratings


class Command(BaseCommand):
    help = """Import ratings of items from a CSV file (item_id source rater_id answer correct seconds), all or none.

Example:
  python manage.py import_ratings experts.csv --dataset mmlu"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dataset", default="", help="its items only; then their names may stand without it")

    def handle(self, *args: Any, **options: Any) -> None:
        dataset = Dataset.objects.filter(name=options["dataset"]).first() if options["dataset"] else None
        if options["dataset"] and dataset is None:
            raise CommandError(f"There is no data set {options['dataset']!r}. Load it first: manage.py load_items")
        try:
            count = import_ratings(path=options["file"], dataset=dataset)
        except Refused as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"{count} ratings")
