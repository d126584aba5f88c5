"""The model alone on the same items."""

from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from studies.domain.baselines import COMPARATORS, METHODS, ORDERS
from studies.domain.errors import Refused
from studies.domain.protocol import Protocol
from studies.domain.retries import Retries
from studies.models import BaselineRun, Dataset, Study
from studies.queries.baselines import progress
from studies.runner.baselines import run_all
from studies.services import baseline_plans, baselines
from studies.services.baseline_plans import Plan

SECONDS_BETWEEN_LINES = 30  # of progress, where it goes to a file
SAMPLES = 20  # of self_consistency, as in the founding study
LIMITS = ("repeats", "concurrency", "tries", "cap_usd", "cap_tokens")


class Command(BaseCommand):
    help = """Ask a study's assistants the study's items without any participant, and keep every answer.

Examples:
  python manage.py run_baseline my-study
  python manage.py run_baseline my-study --comparator as_deployed --assistant guide --repeats 3
  python manage.py run_baseline my-study --method zero_shot few_shot --shots 1 5 --order cyclic --cap-usd 2 --yes
  python manage.py run_baseline my-study --status

A run that was killed, paused or capped goes on where it stopped when the same command is given again."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("slug")
        add("--assistant", default="", help="only this one (all)")
        add("--comparator", choices=COMPARATORS, default="benchmark")
        add("--method", choices=sorted(METHODS), nargs="+", default=["zero_shot"])
        add("--shots", type=int, nargs="+", default=[5], help="worked examples of few_shot; a run for each number (5)")
        add("--order", choices=ORDERS, default="stored", help="the order of the options; cyclic asks in every one")
        add("--repeats", type=int, help=f"answers per item (1), or samples of self_consistency ({SAMPLES})")
        add("--dataset", default="", help="a whole data set instead of the study's items")
        add("--seed", type=int, default=1)
        add("--concurrency", type=int, default=8, help="requests in flight (8)")
        add("--tries", type=int, default=Retries.tries, help=f"at a request that meets a fault ({Retries.tries})")
        add("--retry-wait", type=float, default=Retries.wait, help="seconds before the second try, then doubled (1)")
        add("--cap-usd", type=Decimal, help="ask no more once a run has spent this; what is in flight still ends")
        add("--cap-tokens", type=int, help="the same in tokens, sent and received")
        add("--at-once", action="store_true", help="a scripted assistant does not keep its pace")
        add("--again", action="store_true", help="a new run, even where such a run is there")
        add("--yes", action="store_true", help="do not ask before money is spent")
        add("--background", action="store_true", help="let Celery's workers do it")
        add("--status", action="store_true", help="how far the study's runs are, wherever they run")
        add("--pause", action="store_true", help="pause the study's runs wherever they run")
        add("--cancel", action="store_true", help="end the study's open runs for good")

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["slug"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['slug']!r}. Load it first: manage.py study load FILE.toml")
        if options["status"]:
            return self.tell(study)
        if options["pause"] or options["cancel"]:
            return self.stop(study, cancel=options["cancel"])
        self.check_numbers(options)
        try:
            runs = list(self.runs(study, options))
        except Refused as refused:
            raise CommandError(str(refused)) from None
        self.confirm(runs, yes=options["yes"])
        retries = Retries(options["tries"], options["retry_wait"])
        if options["background"]:
            return self.hand_over(runs, options["concurrency"], retries)
        for run in runs:
            self.go_on(run, options["concurrency"], retries, quiet=options["verbosity"] == 0)

    def check_numbers(self, options: dict[str, Any]) -> None:
        too_small = [name for name in LIMITS if options[name] is not None and options[name] <= 0]
        if too_small or min(options["shots"]) < 0 or options["retry_wait"] < 0:
            name = too_small[0] if too_small else "shots" if min(options["shots"]) < 0 else "retry_wait"
            raise CommandError(f"--{name.replace('_', '-')} is too small.")
        if options["background"] and not settings.CELERY_BROKER_URL:
            raise CommandError(
                "CELERY_BROKER_URL is not set, so nobody works in the background: leave --background out."
            )

    # -- runs that are there ---------------------------------------------------------------------------------

    def tell(self, study: Study) -> None:
        for run in BaselineRun.objects.filter(study=study).order_by("pk"):
            self.stdout.write(_line(run))

    def stop(self, study: Study, *, cancel: bool) -> None:
        for run in BaselineRun.objects.filter(study=study, state__in=baselines.OPEN):
            baselines.cancel(run=run, now=timezone.now()) if cancel else baselines.pause(run=run, why="by hand")
            self.stdout.write(f"{run.code}: {run.state}")

    # -- the runs that are asked for -------------------------------------------------------------------------

    def runs(self, study: Study, options: dict[str, Any]) -> Iterator[BaselineRun]:
        """Those of these plans that are not at their end."""
        protocol = baseline_plans.protocol_of(study=study)
        dataset = Dataset.objects.filter(name=options["dataset"]).first() if options["dataset"] else None
        if options["dataset"] and dataset is None:
            raise CommandError(f"There is no data set {options['dataset']!r}. Load it first: manage.py load_items")
        for name in self.names(protocol, options["assistant"]):
            rules = protocol.assistants[name]
            if options["at_once"]:
                rules = baseline_plans.at_once(rules)
            for plan in self.plans(options):
                run, made = baseline_plans.planned(
                    study=study, dataset=dataset, protocol=protocol, assistant=name, rules=rules, plan=plan,
                    again=options["again"], now=timezone.now(),
                )  # fmt: skip
                if not made:
                    self.take_up(run, options)
                if run.state in baselines.OPEN:
                    yield run

    def names(self, protocol: Protocol, wanted: str) -> list[str]:
        names = [wanted] if wanted else list(protocol.assistants)
        if not names or any(name not in protocol.assistants for name in names):
            raise CommandError(f"The study's assistants are: {', '.join(protocol.assistants) or 'none'}.")
        return names

    def plans(self, options: dict[str, Any]) -> Iterator[Plan]:
        methods = ["first_reply"] if options["comparator"] == "as_deployed" else options["method"]
        for method in methods:
            repeats = options["repeats"] or (SAMPLES if method == "self_consistency" else 1)
            for shots in options["shots"] if method == "few_shot" else [0]:
                yield Plan(
                    options["comparator"], method, shots, options["order"], repeats, options["seed"],
                    options["cap_usd"], options["cap_tokens"],
                )  # fmt: skip

    def take_up(self, run: BaselineRun, options: dict[str, Any]) -> None:
        if run.state == BaselineRun.State.DONE:
            self.stdout.write(f"{run.code}: done already; --again makes a new run")
        baselines.set_caps(run=run, usd=options["cap_usd"], tokens=options["cap_tokens"])

    def confirm(self, runs: list[BaselineRun], *, yes: bool) -> None:
        for run in runs:
            self.stdout.write(_before(run))
        costly = [run for run in runs if run.estimated_usd != 0 and run.rules["provider"] not in ("scripted", "replay")]
        if costly and not yes:
            raise CommandError("This spends money: say --yes to start. The runs are planned and wait.")
        for run in runs:
            baselines.resume(run=run)

    # -- asking ----------------------------------------------------------------------------------------------

    def hand_over(self, runs: list[BaselineRun], concurrency: int, retries: Retries) -> None:
        """To Celery's workers, which do the same."""
        from kombu.exceptions import OperationalError

        from oversight.celery import app

        for run in runs:
            try:
                app.send_task("studies.tasks.baseline", (run.pk, concurrency, retries.tries, retries.wait), retry=False)
            except OperationalError as error:
                raise CommandError(f"the broker does not answer: {error}") from None
            self.stdout.write(f"{run.code}: handed over; --status tells how far it is")

    def go_on(self, run: BaselineRun, concurrency: int, retries: Retries, *, quiet: bool) -> None:
        between = 0.2 if self.stderr.isatty() else SECONDS_BETWEEN_LINES
        left = progress(run=run, now=timezone.now()).left
        with tqdm(total=left, unit="answer", desc=run.code, disable=quiet, mininterval=between) as bar:
            try:
                run_all(run, concurrency=concurrency, retries=retries, told=bar.update)
            except KeyboardInterrupt:
                raise CommandError(f"{run.code}: stopped; the same command goes on with it") from None
        run.refresh_from_db()
        if run.state == BaselineRun.State.PAUSED:
            raise CommandError(_line(run))
        self.stdout.write(_line(run))


def _before(run: BaselineRun) -> str:
    far = progress(run=run, now=timezone.now())
    usd = "no price in OVERSIGHT_PRICES"
    if run.usual_usd is not None and run.estimated_usd is not None:
        share = Decimal(far.left) / max(far.total, 1)
        usd = f"about {run.usual_usd * share:.4f} USD, at most {run.estimated_usd * share:.4f}"
    return f"{run.code}: {far.left} questions to ask, {usd}"


def _line(run: BaselineRun) -> str:
    far = progress(run=run, now=timezone.now())
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in far.outcomes.items()) or "nothing yet"
    parts = [f"{outcomes} of {far.total}", f"{run.spent_tokens} tokens", f"{run.spent_usd:.4f} USD"]
    if run.state == BaselineRun.State.RUNNING and far.seconds_left is not None:
        parts.append(f"about {_minutes(far.seconds_left)} left")
    state = run.state if run.worker or run.state != BaselineRun.State.RUNNING else "planned"
    return f"{run.code}: {state}{f' ({run.why_paused})' if run.why_paused else ''}: {', '.join(parts)}"


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
