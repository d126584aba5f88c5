"""Reading out what a final reply recommended: a task of the process, begun when the person has the reply already."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from studies.assistants import auditing
from studies.assistants.base import ModelRequest
from studies.domain.audit import Reading, Unreadable, read
from studies.domain.randomisation import derive_seed
from studies.domain.transcript import shown_options
from studies.queries.trials import protocol_of
from studies.runner.db import in_db
from studies.runner.job import talk_before
from studies.runner.queue import QUEUE
from studies.runner.source import Calling, error_code
from studies.services import audit
from studies.services.replies import Call

LONGEST_SECONDS = 60.0
QUEUED_AS = "audit"  # one key for all of them: people who wait for a reply are served between
logger = logging.getLogger(__name__)
_tasks: dict[int, asyncio.Task[None]] = {}


@dataclass(frozen=True)
class Asked:
    """A final reply that a model is to read."""

    reply: str
    options: int
    provider: str
    request: ModelRequest


def start(reply_id: int) -> None:
    """Have a final reply read, where its study says by whom. A second call does nothing, here or elsewhere."""
    if reply_id not in _tasks:
        _tasks[reply_id] = asyncio.get_running_loop().create_task(_run(reply_id), name=f"audit {reply_id}")


async def pick_up() -> None:
    """Have read what is due: begun by a process that died, or by none."""
    for reply_id in await in_db(audit.due, now=timezone.now()):
        start(reply_id)


async def all_read() -> None:
    """Wait until this process reads nothing more (before it ends)."""
    while _tasks:
        await asyncio.wait(list(_tasks.values()))
        await asyncio.sleep(0)


async def _run(reply_id: int) -> None:
    try:
        async with QUEUE.place(QUEUED_AS):
            asked = await in_db(claimed, reply_id=reply_id, now=timezone.now())
            if asked is not None:
                reading, call = await read_out(asked, started_at=timezone.now())
                await in_db(audit.record_reading, reply_id=reply_id, reading=reading, call=call, now=timezone.now())
    except Exception:
        logger.exception("reply %s was not audited", reply_id)
    finally:
        _tasks.pop(reply_id, None)


async def read_out(asked: Asked, *, started_at: datetime) -> tuple[Reading | None, Call]:
    """What a model reads out of a reply (None: it could not be taken), and its call."""
    call, error = Calling(asked.provider, started_at), ""
    reading: Reading | None = None
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            async for _ in call.stream(asked.request):
                pass
        reading = read(call.text, reply=asked.reply, options=asked.options)
    except Unreadable as unreadable:
        error = unreadable.code
    except Exception as fault:
        error = error_code(fault)
    if error:
        logger.warning("a reply was not read out: %s", error)
    return reading, call.record(error)


def claimed(*, reply_id: int, now: datetime) -> Asked | None:
    """None where nobody is to read the reply now, or somebody has."""
    row = audit.claim(reply_id=reply_id, now=now)
    if row is None:
        return None
    planned = row.trial.allocation
    rules = protocol_of(row.trial).assistants[planned.brief.assistant]
    options = shown_options(planned.item.options, planned.choice_order)
    settings = {**rules.audit_settings, "model": rules.audit_model}
    seed = derive_seed("audit", row.public_id)
    return Asked(
        reply=row.text,
        options=len(options),
        provider=rules.audited_by,
        request=auditing.request(
            options_shown=options, turns=talk_before(row), reply=row.text, seed=seed, settings=settings
        ),
    )
