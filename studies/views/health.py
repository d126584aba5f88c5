"""Addresses for whatever watches over the processes: alive, and able to serve."""

import asyncio
import logging
import uuid

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from studies.queries.health import database_problem

LONGEST_WAIT_SECONDS = 3
logger = logging.getLogger(__name__)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Nothing else is asked: a database that is away is no reason to restart it."""
    return HttpResponse("alive\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The process can serve people, or what is missing."""
    problem = database_problem() or _channel_problem()
    return HttpResponse(f"{problem or 'ready'}\n", content_type="text/plain", status=503 if problem else 200)


def _channel_problem() -> str:
    if not settings.REDIS_URL:
        return ""
    try:
        async_to_sync(_round_trip)()
    except Exception:
        logger.exception("the channel layer does not answer")
        return "Redis, which carries control events between processes, cannot be reached."
    return ""


async def _round_trip() -> None:
    """Send something to a channel of our own and wait for it."""
    layer = get_channel_layer()
    assert layer is not None, "the settings name a channel layer"
    mine, word = await layer.new_channel(), uuid.uuid4().hex
    async with asyncio.timeout(LONGEST_WAIT_SECONDS):
        await layer.send(mine, {"type": "ready", "word": word})
        while (await layer.receive(mine)).get("word") != word:
            pass
