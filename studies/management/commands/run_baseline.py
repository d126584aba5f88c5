"""The model alone on the same items."""

from argparse import RawDescriptionHelpFormatter
from decimal import Decimal
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from studies.domain.baselines import COMPARATORS, METHODS, ORDERS
from studies.domain.errors import Refused
from studies.domain.prices import cost_usd
from studies.domain.protocol import Protocol
from studies.models import BaselineAnswer, BaselineRun, Dataset, Item, Study
from studies.queries.spending import longest_reply, price
from studies.runner.baselines import run_all
from studies.services import baselines
from studies.services.baselines import Plan

PACE = ("words_per_second", "first_word_seconds", "jitter", "pauses")
CHARACTERS_PER_TOKEN = 4


class Command(BaseCommand):
    help = """Ask a study's assistants the study's items without any participant, and keep every answer.

Examples:
  python manage.py run_baseline my-study
  python manage.py run_baseline my-study --comparator as_deployed --assistant guide --repeats 3
  python manage.py run_baseline my-study --method few_shot --shots 5 --order cyclic --yes

A run that was killed, paused or capped goes on where it stopped when the same command is given again."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--assistant", default="", help="only this one (all)")
        parser.add_argument("--comparator", choices=COMPARATORS, default="benchmark")
        parser.add_argument("--method", choices=sorted(METHODS), nargs="+", default=["zero_shot"])
        parser.add_argument("--shots", type=int, default=5, help="worked examples of few_shot (5)")
        parser.add_argument("--order", choices=ORDERS, default="stored", help="the order of the options (stored)")
        parser.add_argument("--repeats", type=int, default=1, help="answers per item; samples of self_consistency (1)")
        parser.add_argument("--concurrency", type=int, default=8, help="requests in flight (8)")
        parser.add_argument("--dataset", default="", help="a whole data set instead of the study's items")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--cap-usd", type=Decimal, help="stop before this much is spent by a run")
        parser.add_argument("--background", action="store_true", help="let Celery's workers do it")
        parser.add_argument("--at-once", action="store_true", help="a scripted assistant does not keep its pace")
        parser.add_argument("--again", action="store_true", help="a new run, even where such a run is there")
        parser.add_argument("--pause", action="store_true", help="pause the study's runs wherever they run")
        parser.add_argument("--cancel", action="store_true", help="end the study's open runs for good")
        parser.add_argument("--yes", action="store_true", help="do not ask before money is spent")

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["slug"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['slug']!r}. Load it first: manage.py study load FILE.toml")
        if options["pause"] or options["cancel"]:
            return self.stop(study, cancel=options["cancel"])
        if options["repeats"] < 1 or options["concurrency"] < 1 or options["shots"] < 1:
            raise CommandError("--repeats, --concurrency and --shots are at least 1.")
        try:
            runs = self.runs(study, **options)
        except Refused as refused:
            raise CommandError(str(refused)) from None
        self.confirm(runs, yes=options["yes"])
        if options["background"]:
            return self.hand_over(runs, options["concurrency"])
        for run in runs:
            self.go_on(run, options["concurrency"], quiet=options["verbosity"] == 0)

    def hand_over(self, runs: list[BaselineRun], concurrency: int) -> None:
        """To Celery's workers, which call the same coroutine."""
        if not settings.CELERY_BROKER_URL:
            raise CommandError(
                "CELERY_BROKER_URL is not set, so nobody works in the background: leave --background out."
            )
        from studies.tasks import baseline

        for run in runs:
            baseline.delay(run.pk, concurrency)
            self.stdout.write(f"{run.code}: handed over")

    def stop(self, study: Study, *, cancel: bool) -> None:
        for run in BaselineRun.objects.filter(study=study, state__in=baselines.OPEN):
            baselines.cancel(run=run, now=timezone.now()) if cancel else baselines.pause(run=run, why="by hand")
            self.stdout.write(f"{run.code}: {run.state}")

    def runs(self, study: Study, **options: Any) -> list[BaselineRun]:
        version = study.versions.order_by("-number").first()
        protocol = version.protocol if version else Protocol.model_validate(study.document)
        dataset = Dataset.objects.filter(name=options["dataset"]).first() if options["dataset"] else None
        if options["dataset"] and dataset is None:
            raise CommandError(f"There is no data set {options['dataset']!r}. Load it first: manage.py load_items")
        names = [options["assistant"]] if options["assistant"] else list(protocol.assistants)
        unknown = [name for name in names if name not in protocol.assistants]
        if unknown or not names:
            raise CommandError(f"The study's assistants are: {', '.join(protocol.assistants) or 'none'}.")
        items = baselines.items_of(study=study, dataset=dataset)
        methods = ["zero_shot"] if options["comparator"] == "as_deployed" else options["method"]
        found = [
            self.run_of(study, dataset, protocol, name, method, items, options) for name in names for method in methods
        ]
        return [run for run in found if run.state in baselines.OPEN]

    def run_of(
        self, study: Study, dataset: Dataset | None, protocol: Protocol, name: str, method: str, items: list[Item],
        options: dict[str, Any],
    ) -> BaselineRun:  # fmt: skip
        """The run of exactly this plan that is there already, or a new one."""
        rules = protocol.assistants[name]
        if options["at_once"]:
            kept = {key: value for key, value in rules.settings.items() if key not in PACE}
            rules = rules.model_copy(update={"settings": kept})
        shots = options["shots"] if method == "few_shot" and options["comparator"] == "benchmark" else 0
        plan = Plan(
            options["comparator"], method, shots, options["order"], options["repeats"], options["seed"],
            options["cap_usd"],
        )  # fmt: skip
        same = BaselineRun.objects.filter(
            study=study, dataset=dataset, assistant=name, comparator=plan.comparator, shots=shots,
            method="first_reply" if plan.comparator == "as_deployed" else method, order_rule=plan.order,
            repeats=plan.repeats, seed=plan.seed, rules=rules.model_dump(mode="json"),
        ).exclude(state="cancelled").order_by("-pk").first()  # fmt: skip
        if same is not None and not options["again"]:
            return self.found(same, options["cap_usd"])
        limit = longest_reply(protocol, str(rules.settings.get("model", "")))
        return baselines.create(
            study=study, dataset=dataset, assistant=name, rules=rules, plan=plan, items=items,
            study_seed=protocol.study.seed, max_tokens=limit,
            estimated_usd=estimate(items, plan, str(rules.settings.get("model", "")), limit), now=timezone.now(),
        )  # fmt: skip

    def found(self, run: BaselineRun, cap: Decimal | None) -> BaselineRun:
        if run.state == BaselineRun.State.DONE:
            self.stdout.write(f"{run.code}: done already; --again makes a new run")
        elif run.state == BaselineRun.State.PAUSED:
            baselines.resume(run=run)
        if cap is not None:
            baselines.set_cap(run=run, usd=cap)
        return run

    def confirm(self, runs: list[BaselineRun], *, yes: bool) -> None:
        for run in runs:
            left = run.answers.filter(outcome="").count()
            usd = (
                "no price in OVERSIGHT_PRICES"
                if run.estimated_usd is None
                else f"at most about {run.estimated_usd} USD"
            )
            self.stdout.write(f"{run.code}: {left} questions to ask, {usd}")
        costly = [run for run in runs if run.estimated_usd != 0 and run.rules["provider"] not in ("scripted", "replay")]
        if costly and not yes:
            raise CommandError("This spends money: say --yes to start. The runs are planned and wait.")

    def go_on(self, run: BaselineRun, concurrency: int, *, quiet: bool) -> None:
        left = run.answers.filter(outcome="").count()
        with tqdm(total=left, unit="answer", desc=run.code, disable=quiet or None) as bar:
            async_to_sync(run_all)(run, concurrency=concurrency, told=bar.update)
        run.refresh_from_db()
        counts = {outcome: run.answers.filter(outcome=outcome).count() for outcome in BaselineAnswer.Outcome.values}
        words = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
        self.stdout.write(f"{run.code}: {run.state}{f' ({run.why_paused})' if run.why_paused else ''}: {words}")
        if run.state == BaselineRun.State.PAUSED:
            raise CommandError(f"{run.code} is paused: {run.why_paused}")


def estimate(items: list[Item], plan: Plan, model: str, limit: int) -> Decimal | None:
    """An upper guess in USD, by characters sent and the most words that a reply may have; None without a price."""
    sent = sum(len(item.question) + len(item.passage.text if item.passage else "") + 400 for item in items)
    times = plan.repeats * (4 if plan.order == "cyclic" else 1) * (1 + plan.shots)
    return cost_usd(
        price(model or "scripted-"),
        input_tokens=sent * times // CHARACTERS_PER_TOKEN,
        output_tokens=len(items) * times * limit,
    )
