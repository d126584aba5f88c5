"""The Messages API: `POST /v1/messages` (streamed or whole) and `/v1/messages/count_tokens`."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from tests.api_server import talk
from tests.api_server.faults import KINDS, Plan

VERSIONS = ("2023-06-01", "2026-10-21")


def refused(plan: Plan, request_id: str) -> Response:
    headers = {"request-id": request_id}
    if plan.retry_after is not None:
        headers["retry-after"] = str(plan.retry_after)
    return error(plan.status, plan.said, headers)


def error(status: int, said: str, headers: dict[str, str] | None = None) -> Response:
    body = {"type": "error", "error": {"type": KINDS.get(status, "api_error"), "message": said}}
    return JSONResponse(body, status_code=status, headers=headers)


class Cache:
    """System prompts that were sent with `cache_control`, by model."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def usage(self, body: dict[str, Any]) -> dict[str, int]:
        system = body.get("system") or ""
        text = talk.text_of(system)
        talked = sum(talk.count(talk.text_of(one["content"])) for one in body["messages"])
        wanted = not isinstance(system, str) and any("cache_control" in block for block in system)
        if not wanted:
            return _usage(talked + talk.count(text), 0, 0)
        key = hashlib.sha256(f"{body['model']}\n{text}".encode()).hexdigest()
        known = key in self._known
        self._known.add(key)
        return _usage(talked, talk.count(text) if known else 0, 0 if known else talk.count(text))


def _usage(sent: int, read: int, written: int) -> dict[str, int]:
    return {"input_tokens": sent, "cache_read_input_tokens": read, "cache_creation_input_tokens": written}


def whole(body: dict[str, Any], usage: dict[str, int], plan: Plan, request_id: str) -> Response:
    text, stop = _said(body, plan)
    message = {
        **_message(body, plan, request_id), "content": [{"type": "text", "text": text}], "stop_reason": stop,
        "usage": {**usage, "output_tokens": talk.count(text)},
    }  # fmt: skip
    return JSONResponse(message, headers={"request-id": request_id})


def streamed(body: dict[str, Any], usage: dict[str, int], plan: Plan, pace: float, request_id: str) -> Response:
    return StreamingResponse(
        _events(body, usage, plan, pace, request_id),
        media_type="text/event-stream",
        headers={"request-id": request_id},
    )


def _said(body: dict[str, Any], plan: Plan) -> tuple[str, str]:
    if plan.breaks == "refusal":
        return "", "refusal"
    said, system = talk.text_of(body["messages"][-1]["content"]), talk.text_of(body.get("system") or "")
    words = talk.pieces(talk.reply_to(said, system) if plan.text is None else plan.text)
    most = int(body["max_tokens"])
    return "".join(words[:most]), "max_tokens" if len(words) > most else "end_turn"


def _message(body: dict[str, Any], plan: Plan, request_id: str) -> dict[str, Any]:
    return {
        "id": request_id.replace("req", "msg"), "type": "message", "role": "assistant", "content": [],
        "model": body["model"] + plan.model_suffix, "stop_reason": None, "stop_sequence": None,
    }  # fmt: skip


async def _events(
    body: dict[str, Any], usage: dict[str, int], plan: Plan, pace: float, request_id: str
) -> AsyncIterator[bytes]:
    text, stop = _said(body, plan)
    message = {**_message(body, plan, request_id), "usage": {**usage, "output_tokens": 1}}
    yield talk.event("message_start", {"type": "message_start", "message": message})
    thoughts = talk.pieces(talk.THOUGHTS) if _thinks(body) else []
    for place, word in enumerate(thoughts):
        if place == len(thoughts) // 2 and plan.breaks in ("cut_thinking", "stall_thinking"):
            await broken(plan.breaks.partition("_")[0])
            return
        if not place:
            yield _block(0, {"type": "thinking", "thinking": "", "signature": ""})
        yield _delta(0, {"type": "thinking_delta", "thinking": word})
    if thoughts:
        yield _delta(0, {"type": "signature_delta", "signature": "c2ln"}) + _stop(0)
    index = int(bool(thoughts))
    yield _block(index, {"type": "text", "text": ""}) + talk.event("ping", {"type": "ping"})
    words = talk.pieces(text)
    for place, word in enumerate(words):
        if place == len(words) // 2 and plan.breaks in ("cut", "stall", "early_end", "error_event"):
            if plan.breaks == "error_event":
                said = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
                yield talk.event("error", said)
            await broken(plan.breaks)
            return
        if pace:
            await asyncio.sleep(pace)
        yield _delta(index, {"type": "text_delta", "text": word})
    yield _stop(index)
    counted = {"output_tokens": len(words) + len(thoughts)}
    end = {"delta": {"stop_reason": stop, "stop_sequence": None}, "usage": counted}
    yield talk.event("message_delta", {"type": "message_delta", **end})
    if plan.breaks == "cut_late":
        await broken("cut")
    yield talk.event("message_stop", {"type": "message_stop"})


def _thinks(body: dict[str, Any]) -> bool:
    return body.get("thinking", {}).get("type") in ("enabled", "adaptive")


def _block(index: int, content: dict[str, Any]) -> bytes:
    start = {"type": "content_block_start", "index": index, "content_block": content}
    return talk.event("content_block_start", start)


def _delta(index: int, delta: dict[str, Any]) -> bytes:
    return talk.event("content_block_delta", {"type": "content_block_delta", "index": index, "delta": delta})


def _stop(index: int) -> bytes:
    return talk.event("content_block_stop", {"type": "content_block_stop", "index": index})


class Cut(Exception):
    """Raised in mid-stream: the connection is closed without an end."""


async def broken(how: str) -> None:
    if how == "stall":
        await asyncio.sleep(3600)
    if how == "cut":
        raise Cut


async def counted(request: Request) -> Response:
    body = await request.json()
    system = talk.text_of(body.get("system") or "")
    tokens = talk.count(system) + sum(talk.count(talk.text_of(one["content"])) for one in body["messages"])
    return JSONResponse({"input_tokens": tokens})
