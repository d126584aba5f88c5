"""A study's life from the command line: check and load its file, launch, pause, resume, close, show, preview."""

import json
import tomllib
from argparse import RawDescriptionHelpFormatter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.urls import reverse
from django.utils import timezone

from studies.domain.errors import Refused, StudyFaults
from studies.domain.protocol_check import placeholders
from studies.models import Study
from studies.queries.frozen import FrozenProtocol, frozen_protocol
from studies.queries.presets import preset_names, preset_text
from studies.services import enrolment, studies

MOST_BYTES = 1_000_000

Options = dict[str, Any]


class Command(BaseCommand):
    help = """Check, load, show, launch, pause, resume, close or preview a study.

examples:
  python manage.py study check my-study.toml       every fault with its key; nothing is stored
  python manage.py study load my-study.toml        create or update the draft
  python manage.py study load demo                 the same for a preset that comes with the project
  python manage.py study preview my-study --arm assisted
  python manage.py study launch my-study           freeze the protocol and take people
  python manage.py study show my-study             the frozen protocol as JSON, with its sha256
  python manage.py study unblind my-study --why "the safety board asked"
"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for name, words in (
            ("check", "list every fault of a study file"),
            ("load", "create or update a study's draft from its file"),
        ):
            sub = _action(actions, name, words, f"python manage.py study {name} my-study.toml")
            sub.add_argument("file", metavar="FILE.toml", help=f"a path, or a preset: {', '.join(preset_names())}")
        for name, words in (
            ("show", "print the frozen protocol"),
            ("launch", "freeze the protocol and take people"),
            ("pause", "take no new people; who has started goes on"),
            ("resume", "take people again"),
            ("close", "end the study for good; outcomes by arm are shown from then on"),
            ("preview", "print a link that walks through the study and never counts"),
            ("unblind", "note that outcomes by arm are looked at before the study is closed"),
        ):
            sub = _action(actions, name, words, f"python manage.py study {name} my-study{EXAMPLES.get(name, '')}")
            sub.add_argument("slug", metavar="SLUG", help="the study's name in its address")
            _more_options(name, sub)

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        try:
            getattr(self, f"on_{action}")(options, timezone.now())
        except StudyFaults as error:
            raise CommandError(_listed(error.faults, "This study cannot be used:")) from None
        except Refused as refused:
            raise CommandError(refused.sentence) from None
        except DatabaseError as error:
            first = str(error).splitlines()[0]
            raise CommandError(f"The database says: {first} (has `manage.py migrate` been run?)") from None

    def on_check(self, options: Options, now: datetime) -> None:
        text = _read(options["file"])
        faults = studies.check(text)
        if faults:
            raise CommandError(_listed(faults, f"{options['file']} cannot be launched:"))
        self.stdout.write(f"{options['file']}: no faults")
        self._warn_of_placeholders(tomllib.loads(text))

    def on_load(self, options: Options, now: datetime) -> None:
        study = studies.load(toml_text=_read(options["file"]), now=now)
        frozen = "" if study.state == "draft" else "; what people meet stays frozen until the next launch"
        self.stdout.write(f"{study.slug}: draft loaded{frozen}")

    def on_show(self, options: Options, now: datetime) -> None:
        found = frozen_protocol(study=_study(options["slug"]), number=options["number"])
        if found is None:
            raise CommandError(f"{_which(options)} has not been frozen: a study is frozen when it is launched.")
        if options["canonical"]:
            self.stdout.write(found.text, ending="")
            return
        self.stdout.write(_pretty(found))

    def on_launch(self, options: Options, now: datetime) -> None:
        study = _study(options["slug"])
        version = studies.launch(study=study, now=now)
        self.stdout.write(f"{study.slug}: open, protocol version {version.number}, sha256 {version.sha256}")
        self._warn_of_placeholders(study.document)

    def _warn_of_placeholders(self, document: dict[str, Any]) -> None:
        if left := placeholders(document):
            self.stderr.write(_listed(left, "Before real people come, change:"))

    def on_pause(self, options: Options, now: datetime) -> None:
        self._change(options, studies.pause, now, "paused: it takes no new people, and who has started goes on")

    def on_resume(self, options: Options, now: datetime) -> None:
        self._change(options, studies.resume, now, "open: it takes people again")

    def on_close(self, options: Options, now: datetime) -> None:
        self._change(options, studies.close, now, "closed for good: outcomes by arm are shown from now on")

    def _change(self, options: Options, service: Callable[..., None], now: datetime, said: str) -> None:
        service(study=_study(options["slug"]), now=now)
        self.stdout.write(f"{options['slug']}: {said}")

    def on_preview(self, options: Options, now: datetime) -> None:
        person = enrolment.preview(study=_study(options["slug"]), arm=options["arm"], now=now)
        self.stdout.write(options["base_url"].rstrip("/") + reverse("participant:sitting", args=[person.token]))

    def on_unblind(self, options: Options, now: datetime) -> None:
        noted = studies.unblind(study=_study(options["slug"]), user=None, why=options["why"], now=now)
        self.stdout.write(f"{options['slug']}: unblinded, noted at {noted.at:%Y-%m-%d %H:%M} UTC")


EXAMPLES = {
    "show": " --version 2",
    "preview": " --arm assisted",
    "unblind": ' --why "the safety board asked"',
}


def _action(actions: Any, name: str, words: str, example: str) -> CommandParser:
    parser: CommandParser = actions.add_parser(
        name,
        help=words,
        description=f"{words[0].upper()}{words[1:]}.",
        epilog=f"example:\n  {example}",
        formatter_class=RawDescriptionHelpFormatter,
    )
    return parser


def _more_options(name: str, parser: CommandParser) -> None:
    if name == "show":
        parser.add_argument("--version", dest="number", type=int, metavar="N", help="this version (default: the last)")
        parser.add_argument(
            "--canonical", action="store_true", help="exactly the text that was hashed, to pipe into sha256sum"
        )
    if name == "preview":
        parser.add_argument("--arm", metavar="NAME", help="walk this arm (default: as drawn)")
        parser.add_argument("--base-url", default="http://127.0.0.1:8000", metavar="URL", help="where the site runs")
    if name == "unblind":
        parser.add_argument("--why", required=True, metavar="REASON", help="kept, and counted in every export")


def _read(given: str) -> str:
    """The text of a study file, or of a preset of that name. Raises CommandError."""
    path = Path(given)
    if not path.exists() and (preset := preset_text(given)) is not None:
        return preset
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        presets = ", ".join(preset_names())
        raise CommandError(f"{given} cannot be read: {reason}. Presets to start from: {presets}.") from None
    if len(raw) > MOST_BYTES:
        raise CommandError(f"{given} is larger than {MOST_BYTES:,} bytes: this is no study file.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(f"{given} is not UTF-8 text: byte {error.start + 1} does not fit.") from None


def _study(slug: str) -> Study:
    study = Study.objects.filter(slug=slug).first()
    if study is None:
        known = ", ".join(Study.objects.order_by("slug").values_list("slug", flat=True)) or "none"
        raise CommandError(f"There is no study {slug!r}; there is: {known}.")
    return study


def _listed(faults: list[str], heading: str) -> str:
    return "\n".join([heading, *faults])


def _which(options: Options) -> str:
    return f"Version {options['number']} of {options['slug']}" if options["number"] else str(options["slug"])


def _pretty(found: FrozenProtocol) -> str:
    shown = {
        "study": found.slug,
        "version": found.number,
        "sha256": found.sha256,
        "frozen_at": found.frozen_at.isoformat(timespec="milliseconds"),
        "document": found.document,
    }
    return json.dumps(shown, indent=2, ensure_ascii=False)
