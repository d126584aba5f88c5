"""Model-only runs as the console lists them: how far, and what came of each task's items."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, Q

from studies.models import BaselineAnswer, BaselineRun, Dataset, Item, ProtocolVersion, Study
from studies.queries.baselines import WORKED_EXAMPLES, progress

SILENT = timedelta(minutes=2)  # longer than a service may take, retries between them
UNBEGUN = timedelta(seconds=30)  # longer than a worker takes that is there


@dataclass(frozen=True)
class Result:
    """Of one task in a run. `judged` answers have an undisputed key; unparsed, refused and failed are never wrong."""

    task: str
    asked: int
    done: int
    judged: int
    right: int
    unparsed: int
    refused: int
    failed: int

    @property
    def share(self) -> float | None:
        return self.right / self.judged if self.judged else None


@dataclass(frozen=True)
class RunLine:
    """`silent_for` is set where the run is said to run and nobody has asked anything for long."""

    run: BaselineRun
    results: list[Result]
    seconds_left: float | None = None
    silent_for: timedelta | None = None

    @property
    def asked(self) -> int:
        return sum(result.asked for result in self.results)

    @property
    def done(self) -> int:
        return sum(result.done for result in self.results)

    @property
    def share_done(self) -> float | None:
        return self.done / self.asked if self.asked else None


def run_lines(*, study: Study, now: datetime) -> list[RunLine]:
    """The study's runs, the newest first, then what was imported about its data sets."""
    datasets = ProtocolVersion.objects.filter(study=study).values("pool__item__dataset")
    mine = Q(study=study) | Q(study=None, dataset__in=datasets)
    rows = BaselineRun.objects.filter(mine).select_related("dataset")
    runs = list(rows.order_by(F("study").desc(nulls_last=True), "-pk"))
    results, last = _results(runs), _last_asked(runs)
    return [_line(run, results[run.pk], last.get(run.pk), now) for run in runs]


def _line(run: BaselineRun, results: list[Result], last: datetime | None, now: datetime) -> RunLine:
    if run.state != BaselineRun.State.RUNNING:
        return RunLine(run, results)
    silent = now - (last or run.created_at)
    longest = SILENT if run.worker else UNBEGUN
    return RunLine(run, results, progress(run=run, now=now).seconds_left, silent if silent > longest else None)


def _results(runs: Sequence[BaselineRun]) -> dict[int, list[Result]]:
    """By run; one query."""
    judged = Q(outcome="answered", item__key_status="ok") & ~Q(item__gold="")
    counts: dict[str, Any] = {
        "asked": Count("pk"),
        "done": Count("pk", filter=~Q(outcome="")),
        "judged": Count("pk", filter=judged),
        "right": Count("pk", filter=judged & Q(answer=F("item__gold"))),
        **{name: Count("pk", filter=Q(outcome=name)) for name in ("unparsed", "refused", "failed")},
    }
    rows = BaselineAnswer.objects.filter(run__in=runs).order_by("run_id", "item__dataset__family")
    found: dict[int, list[Result]] = defaultdict(list)
    for run, task, *numbers in rows.values_list("run_id", "item__dataset__family").annotate(**counts):
        found[run].append(Result(task, *numbers))
    return found


def _last_asked(runs: Sequence[BaselineRun]) -> dict[int, datetime]:
    running = [run for run in runs if run.state == BaselineRun.State.RUNNING]
    rows = BaselineAnswer.objects.filter(run__in=running, asked_at__isnull=False).order_by()
    return dict(rows.values_list("run_id").annotate(last=Max("asked_at")))


def datasets_with_sizes() -> list[tuple[Dataset, int]]:
    """Every data set that was loaded, with its items but worked examples."""
    rows = Item.objects.exclude(WORKED_EXAMPLES).exclude(dataset__family="attention").order_by()
    sizes = dict(rows.values_list("dataset").annotate(size=Count("pk")))
    return [(dataset, sizes[dataset.pk]) for dataset in Dataset.objects.filter(pk__in=sizes).order_by("name")]
