"""A frame from beginning to end, the same for sockets and for POST; and following a reply, wherever it is written."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from django.utils import timezone

from studies.domain import wire
from studies.runner import acts, control, replies
from studies.runner.db import in_db
from studies.runner.hub import HUB, Piece

POLL_SECONDS = 0.3


async def perform(*, token: str, session_id: int, frame: wire.Frame, sender: str = "") -> acts.Effect:
    """Carry out a frame, start or stop what it asks for, and tell the sitting's other sockets."""
    effect = await in_db(acts.act, token=token, frame=frame, now=timezone.now())
    if effect.start:
        replies.start(effect.start.row.public_id, effect.start)
    if effect.cancel:
        replies.cancel(effect.cancel)
    if effect.changed:
        await control.tell(session_id, control.CHANGED, sender=sender)
    return add_live_text(effect)


def add_live_text(effect: acts.Effect) -> acts.Effect:
    for frame in effect.frames:
        with_live_text(frame)
    return effect


def with_live_text(frame: dict[str, Any]) -> dict[str, Any]:
    """A snapshot with what this process has written since the last checkpoint."""
    chat = frame.get("chat") or {}
    for message in chat.get("messages", []):
        buffer = HUB.find(message["id"])
        if buffer is not None and len(buffer.text) > len(message["text"]):
            message["text"] = buffer.text
    return frame


async def pieces(reply: str, offset: int) -> AsyncIterator[Piece]:
    """The text of a reply from `offset` until it is final: from this process, or from another one's checkpoints."""
    if (buffer := HUB.find(reply)) is not None:
        async for piece in buffer.read(offset):
            yield piece
            offset = piece.at + len(piece.text)
    while True:
        message = await in_db(acts.message_now, reply=reply)
        if len(message["text"]) > offset:
            yield Piece(offset, message["text"][offset:])
            offset = len(message["text"])
        if message["status"] not in ("queued", "streaming"):
            return
        await asyncio.sleep(POLL_SECONDS)
