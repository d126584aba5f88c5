"""What Celery does where CELERY_BROKER_URL is set. Only a worker imports this: no other process needs Celery."""

from asgiref.sync import async_to_sync
from celery import shared_task

from studies.models import BaselineRun
from studies.runner import sweeper
from studies.runner.baselines import run_all

QUESTIONS_PER_TASK = 500  # so that a deploy waits for a minute, not for a whole run


@shared_task(name="studies.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """Close what is overdue, mark replies of dead processes, read out what is due, whoever visits or does not."""
    async_to_sync(sweeper.sweep_to_the_end)()


@shared_task(name="studies.tasks.baseline", ignore_result=True, acks_late=True)
def baseline(run_pk: int, concurrency: int) -> None:
    """Ask the next questions of a model-only run, then hand the rest to the next task."""
    run = BaselineRun.objects.get(pk=run_pk)
    if run.state != BaselineRun.State.RUNNING:
        return
    async_to_sync(run_all)(run, concurrency=concurrency, most=QUESTIONS_PER_TASK)
    run.refresh_from_db()
    if run.state == BaselineRun.State.RUNNING:
        baseline.delay(run_pk, concurrency)
