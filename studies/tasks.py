"""What Celery does where CELERY_BROKER_URL is set. Only a worker imports this: no other process needs Celery."""

from asgiref.sync import async_to_sync
from celery import shared_task

from studies.runner import sweeper


@shared_task(name="studies.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """Close what is overdue and mark replies of dead processes, whether or not any web process has a visitor."""
    async_to_sync(sweeper.sweep_once)()
