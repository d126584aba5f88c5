"""The socket of a sitting: reads frames, passes them on, and reads replies along. It holds no truth of its own."""

import asyncio
import json
import logging
import time
from collections.abc import Coroutine
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils import timezone

from studies.domain import wire
from studies.domain.errors import Refused
from studies.runner import acts, control, sweeper, turns
from studies.runner.db import in_db

UNKNOWN, NO_SOCKETS = 4404, 4503
BEAT_SECONDS = 20.0
CLOCK_SECONDS = 60.0
COVERED_SECONDS = 1.0
OVER_MS = 50
SERVER_ERROR = Refused("server_error", "Something went wrong here. It has been noted; please try again.")
logger = logging.getLogger(__name__)


class ChatConsumer(AsyncWebsocketConsumer):
    """One socket of one sitting. Several may be open at once: every one shows the same."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Where the channel layer is away the socket ends with a code of its own, and its page goes on by polling."""
        answered = False

        async def sent(message: Any) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await super().__call__(scope, receive, sent)
        except Exception as error:
            if not control.is_away(error):
                raise
            logger.warning("no socket: the channel layer is away (%s)", type(error).__name__)
            if not answered:
                await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": NO_SOCKETS})

    async def connect(self) -> None:
        self.token: str = self.scope["url_route"]["kwargs"].get("token", "")
        self.session_id: int | None = None
        self.trial = ""
        self.tasks: dict[str, asyncio.Task[None]] = {}
        await self.accept()
        try:
            self.session_id = (await in_db(acts.sitting, token=self.token)).pk
        except Refused as refused:
            await self._send(wire.refusal(refused))
            await self.close(code=UNKNOWN)
            return
        await self.channel_layer.group_add(control.group(self.session_id), self.channel_name)
        sweeper.ensure_running()
        self._spawn("beat", self._beat())

    async def disconnect(self, code: int) -> None:
        for task in list(self.tasks.values()):
            task.cancel()
        if self.session_id is not None:
            await self.channel_layer.group_discard(control.group(self.session_id), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.session_id is None:
            return
        frame: wire.Frame | None = None
        try:
            frame = wire.parse(text_data if text_data is not None else bytes_data or b"")
            await self._perform(frame)
        except Refused as refused:
            await self._send(wire.refusal(refused))
        except Exception:
            logger.exception("a frame of sitting %s failed", self.session_id)
            await self._send(wire.refusal(SERVER_ERROR, frame))

    async def _perform(self, frame: wire.Frame) -> None:
        assert self.session_id is not None, "checked on receipt"
        effect = await turns.perform(
            token=self.token, session_id=self.session_id, frame=frame, sender=self.channel_name
        )
        for answer in effect.frames:
            await self._show(answer)
        if effect.start:
            self._follow(effect.start.row.public_id, 0)
        if isinstance(frame, wire.Hello):
            self.trial = frame.trial
            self._spawn("beat", self._beat(next((one for one in effect.frames if one["type"] == "snapshot"), None)))

    async def _show(self, frame: dict[str, Any]) -> None:
        """Send a frame; of a reply that it shows unfinished, read the rest along."""
        await self._send(frame)
        chat = frame.get("chat") or {}
        for message in [*chat.get("messages", []), *filter(None, [frame.get("message")])]:
            if message["status"] in ("queued", "streaming"):
                self._follow(message["id"], len(message["text"]))

    # -- other sockets and processes ------------------------------------------------------------------------

    async def control(self, word: dict[str, Any]) -> None:
        """A word from the channel layer. What changed is read again: the word itself carries nothing."""
        if word["sender"] == self.channel_name or not self.trial:
            return
        if word["event"] == control.CLOSED:
            self._spawn("beat", self._beat())
            return
        frame = await in_db(acts.look, token=self.token, trial=self.trial, now=timezone.now())
        await self._show(turns.with_live_text(frame))

    # -- what runs beside the handlers ----------------------------------------------------------------------

    def _spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        if known := self.tasks.pop(name, None):
            known.cancel()
        task = self.tasks[name] = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(lambda done: self._done(name, done))

    def _done(self, name: str, task: asyncio.Task[None]) -> None:
        if self.tasks.get(name) is task:
            del self.tasks[name]
        if not task.cancelled() and (error := task.exception()):
            logger.warning("%s of sitting %s ended", name, self.session_id, exc_info=error)

    def _follow(self, reply: str, offset: int) -> None:
        if reply not in self.tasks:
            self._spawn(reply, self._read_along(reply, offset))

    async def _read_along(self, reply: str, offset: int) -> None:
        async for piece in turns.pieces(reply, offset):
            await self._send({"type": "delta", "id": reply, "at": piece.at, "text": piece.text})
        final, clock = await in_db(acts.ended, reply=reply, now=timezone.now())
        await self._send(final)
        if self.trial:
            await self._send(clock)
            self._spawn("beat", self._beat(clock))

    async def _beat(self, clock: dict[str, Any] | None = None) -> None:
        """Tell the clock now and then, at its end at once; between, and on pages without a trial, a sign of life.

        `clock` is what the person was told just now.
        """
        while self.trial:
            if clock is None:
                clock = await in_db(acts.clock_of, token=self.token, trial=self.trial, now=timezone.now())
                await self._send(clock)
            if clock["type"] == "closed":
                self.trial = ""
            else:
                await self._beat_until(time.monotonic() + _seconds_to_next_look(clock))
            clock = None
        await self._beat_until(float("inf"))

    async def _beat_until(self, when: float) -> None:
        while (left := when - time.monotonic()) > 0:
            await asyncio.sleep(min(left, BEAT_SECONDS))
            if left > BEAT_SECONDS:
                await self._send({"type": "ping"})

    async def _send(self, frame: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(frame, separators=(",", ":")))


def _seconds_to_next_look(clock: dict[str, Any]) -> float:
    if clock["covered"]:
        return COVERED_SECONDS
    if clock["remaining_ms"] is None:
        return CLOCK_SECONDS
    due = (int(clock["remaining_ms"]) + int(clock.get("grace_ms", 0)) + OVER_MS) / 1000
    return min(CLOCK_SECONDS, due)
