"""Rare words to every socket of a sitting, in whatever process: something changed, read it again.

The database is the truth and these only make it prompt: a lost word costs seconds, never data.
"""

import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

logger = logging.getLogger(__name__)
CHANGED, CLOSED = "changed", "closed"


def group(session_id: int) -> str:
    return f"sitting.{session_id}"


async def tell(session_id: int, event: str, *, sender: str = "") -> None:
    """Say to a sitting's sockets that its chat changed, or that its trial closed. `sender` knows already."""
    word: dict[str, Any] = {"type": "control", "event": event, "sender": sender}
    layer = get_channel_layer()
    assert layer is not None, "a channel layer is configured"
    try:
        await layer.group_send(group(session_id), word)
    except Exception as error:
        unexpected = None if is_away(error) else error
        logger.warning("no word could be sent to sitting %s", session_id, exc_info=unexpected)


def is_away(error: Exception) -> bool:
    """Whether the error says that the channel layer cannot be reached. By name: without Redis nobody imports it."""
    return isinstance(error, OSError) or type(error).__module__ == "redis.exceptions"


def publish(session_id: int, event: str) -> None:
    """The same from a synchronous view, once its transaction has been committed."""
    transaction.on_commit(lambda: async_to_sync(tell)(session_id, event))
