"""What Celery does where CELERY_BROKER_URL is set. Only a worker imports this: no other process needs Celery."""

from asgiref.sync import async_to_sync
from celery import shared_task

from studies.domain.retries import Retries
from studies.models import BaselineRun
from studies.runner import sweeper
from studies.runner.baselines import run_all
from studies.runner.reports import make

SECONDS_PER_TASK = 60.0  # so that a deploy waits for a minute, not for a whole run


@shared_task(name="studies.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """Close what is overdue, mark replies of dead processes, read out what is due, whoever visits or does not."""
    async_to_sync(sweeper.sweep_to_the_end)()


@shared_task(name="studies.tasks.baseline", ignore_result=True, acks_late=True)
def baseline(run_pk: int, concurrency: int, tries: int, wait: float) -> None:
    """Ask a model-only run's questions for a minute, then hand the rest to the next task."""
    run = BaselineRun.objects.get(pk=run_pk)
    if run.state != BaselineRun.State.RUNNING:
        return
    run_all(run, concurrency=concurrency, seconds=SECONDS_PER_TASK, retries=Retries(tries, wait))
    run.refresh_from_db()
    if run.state == BaselineRun.State.RUNNING:
        baseline.delay(run_pk, concurrency, tries, wait)


@shared_task(name="studies.tasks.report", ignore_result=True)
def report(report_pk: int) -> None:
    """Make a report of the analysis that somebody asked for in the console."""
    make(report_pk)
