"""A task per process that makes deadlines and interruptions prompt. Any number may run: the rows decide who wins."""

import asyncio
import logging
from datetime import timedelta

from django.utils import timezone

from studies.runner import audit, control, owner
from studies.runner.db import in_db
from studies.runner.lost import lost_call
from studies.services import replies, sweep

EVERY_SECONDS = 3.0
STALE_AFTER = timedelta(seconds=15)
logger = logging.getLogger(__name__)
_tasks: dict[asyncio.AbstractEventLoop, asyncio.Task[None]] = {}


def ensure_running() -> None:
    """Start this loop's sweep if it does not run. There is no start hook: the first connection calls this."""
    loop = asyncio.get_running_loop()
    task = _tasks.get(loop)
    if task is None or task.done():
        for stale in [known for known in _tasks if known.is_closed()]:
            del _tasks[stale]
        _tasks[loop] = loop.create_task(_sweep_for_ever())


async def _sweep_for_ever() -> None:
    while True:
        try:
            await sweep_once()
        except Exception:
            logger.exception("the sweep failed; it is tried again")
        await asyncio.sleep(EVERY_SECONDS)


async def sweep_to_the_end() -> None:
    """One sweep, and what it began: for a process that ends afterwards."""
    await sweep_once()
    await audit.all_read()


async def sweep_once() -> None:
    now = timezone.now()
    await in_db(sweep.sweep, now=now)
    interrupted = await in_db(
        replies.interrupt_orphans, now=now, stale_after=STALE_AFTER, owner_is_dead=owner.is_dead, lost_call=lost_call
    )
    for session_id in {reply.trial.session_id for reply in interrupted}:
        if session_id is not None:
            await control.tell(session_id, control.CHANGED)
    await audit.pick_up()
