"""The chat without a socket: a snapshot to poll, and the same frames by POST.

Asynchronous, so that a reply is written in the server's own loop and outlives the request.
"""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from studies.domain import wire
from studies.domain.errors import Refused
from studies.runner import acts, sweeper, turns
from studies.runner.db import in_db


@never_cache
@require_http_methods(["GET", "POST"])
async def chat(request: HttpRequest, token: str) -> JsonResponse:
    """GET `?trial=`: the snapshot frame. POST, one frame as JSON: `{"frames": [...]}`, the frames that answer it."""
    sweeper.ensure_running()
    try:
        session = await in_db(acts.sitting, token=token)
        if request.method == "POST":
            frame = wire.parse(_body(request))
            effect = await turns.perform(token=token, session_id=session.pk, frame=frame)
            return JsonResponse({"frames": effect.frames})
    except Refused as refused:
        return JsonResponse(wire.refusal(refused), status=_status(refused))
    trial = request.GET.get("trial", "")
    shown = await in_db(acts.look, token=token, trial=trial, now=timezone.now())
    return JsonResponse(turns.with_live_text(shown))


def _body(request: HttpRequest) -> bytes:
    try:
        return request.body
    except RequestDataTooBig:
        return b" " * (wire.MAX_FRAME_BYTES + 1)  # refused by its length, like any other that is too long


def _status(refused: Refused) -> int:
    return 404 if refused.code == acts.GONE.code else 400
