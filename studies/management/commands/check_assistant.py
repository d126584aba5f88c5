"""Does every assistant of a study answer?"""

import asyncio
from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from studies.assistants.trying import Tried, try_out
from studies.domain.prices import cost_usd
from studies.domain.protocol import Assistant, Protocol
from studies.models import Study
from studies.queries.spending import price


class Command(BaseCommand):
    help = """Make one real, tiny call per assistant of a study: model, time and cost, or what is wrong.

Example:
  python manage.py check_assistant my-study

The study need not be launched: its draft is tried out. Nothing is kept. The exit status is 0 where all answered.
Keys come from the environment: ANTHROPIC_API_KEY, OPENAI_API_KEY."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["slug"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['slug']!r}. Load it first: manage.py study load FILE.toml")
        assistants = Protocol.model_validate(study.document).assistants
        if not assistants:
            self.stdout.write("This study has no assistant.")
        silent = [name for name, assistant in assistants.items() if not self.answers(name, assistant)]
        if silent:
            raise CommandError(f"No answer from: {', '.join(silent)}")

    def answers(self, name: str, assistant: Assistant) -> bool:
        tried = asyncio.run(try_out(assistant.provider, assistant.settings))
        asked_for = str(assistant.settings.get("model", ""))
        self.stdout.write(f"{name}: {assistant.provider}: {tried.fault or answer_line(tried, asked_for)}")
        return not tried.fault


def answer_line(tried: Tried, asked_for: str) -> str:
    known = tried.known
    model = known.model_returned + (f" (asked for {asked_for})" if asked_for not in ("", known.model_returned) else "")
    cost = cost_usd(
        price(known.model_returned), input_tokens=known.input_tokens, output_tokens=known.output_tokens,
        cached_tokens=known.cached_tokens, cache_write_tokens=known.cache_write_tokens,
    )  # fmt: skip
    first = "" if tried.first_token_ms is None else f"first word after {tried.first_token_ms} ms, "
    tokens = f"{_shown(known.input_tokens)} tokens sent, {_shown(known.output_tokens)} received"
    costs = "no price in OVERSIGHT_PRICES" if cost is None else f"{cost} USD"
    return f"{model}, {first}done after {tried.latency_ms} ms, {tokens}, {costs}"


def _shown(count: int | None) -> str:
    return "?" if count is None else str(count)
