"""Where long work goes that a page starts: to Celery's workers where there is a broker, else to this process."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction

from studies.domain.errors import Refused
from studies.domain.retries import Retries
from studies.models import BaselineRun, Report
from studies.runner import background
from studies.runner.baselines import run_all
from studies.runner.reports import make

AT_ONCE = 10  # requests of a run in flight
RETRIES = Retries()


def ask(run: BaselineRun) -> None:
    """Have a running model-only run's questions asked. Whoever asked them before asks no more. Raises Refused."""
    if settings.CELERY_BROKER_URL:
        from studies.tasks import baseline

        _send(baseline, run.pk, AT_ONCE, RETRIES.tries, RETRIES.wait)
    else:
        _here(partial(run_all, run, concurrency=AT_ONCE, retries=RETRIES), name=run.code)


def report(asked: Report) -> None:
    """Have a report made. Raises Refused."""
    if settings.CELERY_BROKER_URL:
        from studies.tasks import report as task

        _send(task, asked.pk)
    else:
        _here(partial(make, asked.pk), name=f"report {asked.public_id}")


def _here(work: Callable[[], None], *, name: str) -> None:
    transaction.on_commit(partial(background.start, work, name=name))


def _send(task: Any, *arguments: Any) -> None:
    from kombu.exceptions import OperationalError

    import oversight.celery  # noqa: F401  (so that the task goes to the broker and queue of the settings)

    try:
        task.delay(*arguments)
    except OperationalError:
        sentence = "The broker cannot be reached, so nobody was told to begin. See that it runs, then start this again."
        raise Refused("no_broker", sentence) from None
