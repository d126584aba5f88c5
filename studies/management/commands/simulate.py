"""Let simulated people take part in a study."""

import sys
from argparse import RawDescriptionHelpFormatter
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from tqdm import tqdm

from studies.domain.errors import Refused
from studies.models import Participant, Study

MOST_PEOPLE = 100_000


class Command(BaseCommand):
    help = """Let simulated people take part in a launched study that has no real participants.

examples:
  python manage.py simulate demo --participants 50 --seed 1
  python manage.py simulate demo --participants 50 --seed 1 --start 2026-03-01T12:00:00Z
  python manage.py simulate demo --participants 5 --seed 2 --live http://127.0.0.1:8000

They are a pool of their own: never counted as real people, marked in every export. The same seed and start give
the same people and answers; another seed adds more. Virtual time passes at once and ends before the present;
with --live they use a server on this machine over HTTP and websockets, in real time.

Assistants that ask a service are asked really, with --ask-services only, under the study's caps; faults are recorded
as for people. What a service says, its tokens, costs and request ids are then not the same again, nor what people do
after it; how long a reply takes stays virtual. A person sees a recommendation only where audit_model reads it out."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--participants", type=int, required=True, metavar="N")
        parser.add_argument("--seed", type=int, required=True, metavar="S")
        parser.add_argument(
            "--start", default=None, metavar="TIME", help="ISO 8601: when the first virtual person may come"
        )
        parser.add_argument(
            "--live", default=None, metavar="URL", help="a server on this machine, such as http://127.0.0.1:8000"
        )
        parser.add_argument(
            "--ask-services", action="store_true", help="ask the services that assistants need, and spend what it costs"
        )
        parser.add_argument("--concurrency", type=int, default=10, metavar="N", help="live: people at once (10)")
        parser.add_argument(
            "--haste", type=float, default=12.0, metavar="X", help="live: how many times faster than real people (12)"
        )

    def handle(self, *args: Any, slug: str, participants: int, seed: int, **options: Any) -> None:
        study = Study.objects.filter(slug=slug).first()
        if study is None:
            raise CommandError(f"There is no study {slug!r}. There is: {', '.join(_slugs()) or 'none'}.")
        if not 1 <= participants <= MOST_PEOPLE:
            raise CommandError(f"--participants: {participants} is not between 1 and {MOST_PEOPLE}.")
        self._confirm(study, participants, asks=options["ask_services"])
        bar = tqdm(total=participants, desc="people", file=sys.stderr, disable=options["verbosity"] == 0)
        try:
            with bar:
                people = _run(study, participants, seed, options, bar)
        except Refused as refused:
            raise CommandError(refused.sentence) from None
        from studies.simulation import summary

        self.stdout.write("\n".join(summary.lines(people, participants - len(people))))

    def _confirm(self, study: Study, participants: int, *, asks: bool) -> None:
        """Say what services may be asked before they are."""
        from studies.simulation import asking
        from studies.simulation.person import Population

        version = study.versions.order_by("-number").first()
        most = version and asking.most(version=version, participants=participants, population=Population())
        if not most:
            return
        if not asks:
            raise CommandError(f"This asks a paid service ({most}): say --ask-services to start.")
        self.stdout.write(f"Asking {most}")


def _run(study: Study, participants: int, seed: int, options: dict[str, Any], bar: Any) -> list[Participant]:
    from studies.simulation import driver

    if options["live"]:
        from studies.simulation import live

        return live.simulate(
            study=study, participants=participants, seed=seed, url=options["live"],
            concurrency=max(1, options["concurrency"]), haste=max(1.0, options["haste"]), progress=bar.update,
            ask_services=options["ask_services"],
        )  # fmt: skip
    now = timezone.now()
    protocol = driver.protocol_of(study)
    needed = driver.needed(protocol=protocol, participants=participants)
    start = _start(options["start"]) or driver.default_start(protocol=protocol, participants=participants, now=now)
    if start + needed > now:
        raise CommandError(f"--start: this run may need {needed}; start it before {now - needed:%Y-%m-%dT%H:%M:%SZ}.")
    return driver.simulate(
        study=study, participants=participants, seed=seed, start=start, ask_services=options["ask_services"],
        progress=bar.update,
    )  # fmt: skip


def _start(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"--start: {text!r} is no time; write it as 2026-03-01T12:00:00Z.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _slugs() -> list[str]:
    return list(Study.objects.order_by("slug").values_list("slug", flat=True))
