"""Others' answers of a model become a baseline."""

from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from studies.domain.errors import Refused
from studies.models import Dataset
from studies.services.imports import import_baseline


class Command(BaseCommand):
    help = """Import a model's answers per item from a CSV file, or say which rows fit no item.

Example:
  python manage.py import_baseline management.csv --dataset mmlu --model openai_gpt-4-0613

The file has question, choices and a column per model, or item_id and answer (and repeat)."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dataset", required=True)
        parser.add_argument("--model", required=True, help="the model's name; its column where there is one per model")

    def handle(self, *args: Any, **options: Any) -> None:
        dataset = Dataset.objects.filter(name=options["dataset"]).first()
        if dataset is None:
            raise CommandError(f"There is no data set {options['dataset']!r}. Load it first: manage.py load_items")
        try:
            done = import_baseline(path=options["file"], dataset=dataset, model=options["model"], now=timezone.now())
        except Refused as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"{options['model']}: {done.answers} answers, {done.unparsed} of them unparsed")
        if done.unknown:
            rows = ", ".join(map(str, done.unknown))
            self.stdout.write(f"left out, because no loaded item has their question and options: rows {rows}")
