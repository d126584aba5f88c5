"""One task per reply, owned by the process: a socket may come and go, the reply is written once.

Row first: claimed, checkpointed about every second (also the sign of life), and ended by one last write.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import datetime

from django.utils import timezone

from studies.assistants import registry
from studies.domain.states import MessageStatus
from studies.domain.wire import clean_text
from studies.models import Message
from studies.runner import audit, owner
from studies.runner.db import in_db
from studies.runner.hub import HUB, Buffer
from studies.runner.job import Queued, claim, queued
from studies.runner.pace import paced
from studies.runner.queue import QUEUE
from studies.runner.source import Source, error_code
from studies.services import replies
from studies.services.replies import Advice, Ending

CHECKPOINT_SECONDS = 1.0
LONGEST_REPLY_SECONDS = 180.0
FINISH_TRIES = 5
logger = logging.getLogger(__name__)
_writings: dict[str, "Writing"] = {}  # the strong reference: a loop keeps only a weak one


def start(reply: str, found: Queued | None = None) -> None:
    """Write a queued reply in this process. Who reads along finds its buffer at once; a second call does nothing.

    `found` spares looking it up.
    """
    if reply not in _writings:
        _writings[reply] = Writing(reply, found)


def cancel(reply: str) -> None:
    """Stop writing here at once. Elsewhere the next checkpoint, within a second, says the same."""
    if writing := _writings.get(reply):
        writing.cancel()


async def all_written() -> None:
    """Wait until this process writes and reads nothing more (before it ends)."""
    while _writings:
        await asyncio.wait([writing.task for writing in _writings.values()])
        await asyncio.sleep(0)
    await audit.all_read()


class Writing:
    """The task of one reply: it keeps the generation alive and its row true, and ends both."""

    def __init__(self, reply: str, found: Queued | None) -> None:
        self.reply = reply
        self._found = found
        self.buffer: Buffer = HUB.open(reply)
        self._unwanted = False
        self._first_at: datetime | None = None
        self._held = AsyncExitStack()  # the place among the requests in flight
        self._generation: asyncio.Task[None] | None = None
        self.task = asyncio.get_running_loop().create_task(self._run(), name=f"reply {reply}")

    def cancel(self) -> None:
        self._unwanted = True
        if self._generation is not None:
            self._generation.cancel()

    async def _run(self) -> None:
        try:
            found = self._found or await in_db(queued, reply=self.reply)
            if found is not None:
                async with self._place(found):
                    await self._claim_and_write(found.row)
        except Exception:
            logger.exception("reply %s was given up", self.reply)
        finally:
            HUB.close(self.reply)
            _writings.pop(self.reply, None)

    @asynccontextmanager
    async def _place(self, found: Queued) -> AsyncIterator[None]:
        """Where a service is asked: a place among the requests in flight, waited for as a queued reply."""
        if not found.remote:
            yield
            return
        async with self._held as held:
            taking = asyncio.create_task(held.enter_async_context(QUEUE.place(found.participant)))
            try:
                while not taking.done():
                    await asyncio.wait({taking}, timeout=CHECKPOINT_SECONDS)
                    if not taking.done() and (self._unwanted or not await self._still_queued()):
                        taking.cancel()
                        break
            finally:
                if not taking.done():
                    taking.cancel()
            await asyncio.wait({taking})
            yield

    async def _still_queued(self) -> bool:
        now = timezone.now()
        try:
            return await in_db(replies.wait_on, public_id=self.reply, owner=owner.this_process(), now=now)
        except Exception:
            logger.warning("reply %s: no sign of life while it waits", self.reply, exc_info=True)
            return True

    async def _claim_and_write(self, row: Message) -> None:
        job = await in_db(claim, row=row, owner=owner.this_process(), now=timezone.now())
        if job is None:
            return
        # In a thread: for the second or two that an SDK takes to import, everybody's chat would stand still.
        await asyncio.to_thread(registry.load, job.assistant.provider)
        source = Source(job, timezone.now())
        if job.cap:
            await self._finish(row, source, Ending(MessageStatus.CAPPED, cap=job.cap))
        else:
            await self._write(row, source)

    async def _write(self, row: Message, source: Source) -> None:
        generation = self._generation = asyncio.create_task(self._generate(source))
        if self._unwanted:
            generation.cancel()
        try:
            await self._keep_alive(source, generation)
        finally:
            generation.cancel()
        await self._finish(row, source, self._ending(source, generation))

    async def _generate(self, source: Source) -> None:
        chat = source.job.chat
        held = (source.job.asked_at - timezone.now()).total_seconds() + chat.min_first_token
        words = paced(self._words(source), pace=chat.reply_pace, first_in=max(0.0, held), longest=LONGEST_REPLY_SECONDS)
        async with aclosing(words):
            async for text in words:
                self._first_at = self._first_at or timezone.now()
                self.buffer.append(str(clean_text(text)))
                if self.buffer.full:
                    return

    async def _words(self, source: Source) -> AsyncIterator[str]:
        """The words as they come; who waits for a place need not wait until the person has been shown the last."""
        async for text in source.text():
            yield text
        await self._held.aclose()

    async def _keep_alive(self, source: Source, generation: asyncio.Task[None]) -> None:
        while not generation.done():
            await asyncio.wait({generation}, timeout=CHECKPOINT_SECONDS)
            if not generation.done() and not await self._checkpoint(source):
                generation.cancel()

    async def _checkpoint(self, source: Source) -> bool:
        """False: the row says that the reply is not wanted any more. A database that is away is no such word."""
        try:
            return await in_db(
                replies.checkpoint,
                reply_id=source.job.pk,
                owner=owner.this_process(),
                text=self.buffer.text,
                first_token_at=self._first_at,
                now=timezone.now(),
            )
        except Exception:
            logger.warning("reply %s: no checkpoint", self.reply, exc_info=True)
            return True

    def _ending(self, source: Source, generation: asyncio.Task[None]) -> Ending:
        """What became of it. Cut off from outside it is interrupted, unless the row says stopped already."""
        error = None if generation.cancelled() else generation.exception()
        if generation.cancelled() or error is not None:
            code = "cancelled" if error is None else error_code(error)
            if error is not None:
                logger.warning("reply %s: %s", self.reply, code, exc_info=error)
            text = self.buffer.text
            status = MessageStatus.INTERRUPTED if text or error is None else MessageStatus.FAILED
            return Ending(status, text, self._first_at, Advice(), source.calls(code))
        status = MessageStatus.CAPPED if self.buffer.full else source.status()
        return Ending(status, self.buffer.text, self._first_at, source.advice(), source.calls(), source.cap)

    async def _finish(self, row: Message, source: Source, ending: Ending) -> None:
        for left in reversed(range(FINISH_TRIES)):
            try:
                now = timezone.now()
                await in_db(replies.finish, reply=row, owner=owner.this_process(), ending=ending, now=now)
                break
            except Exception:
                if not left:
                    raise
                logger.warning("reply %s: not ended yet", self.reply, exc_info=True)
                await asyncio.sleep(CHECKPOINT_SECONDS)
        if source.job.assistant.audit_model:
            audit.start(source.job.pk)
