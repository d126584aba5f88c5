"""The chat-completions protocol: `POST /v1/chat/completions`, streamed, or whole with the letters' probabilities."""

import asyncio
import math
from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import JSONResponse, Response, StreamingResponse

from tests.api_server import talk
from tests.api_server.faults import KINDS, Plan
from tests.api_server.messages import broken

LETTERS = {"A": 0.1, "B": 0.6, " B": 0.05, "C": 0.2, "D": 0.05}


def refused(plan: Plan, request_id: str) -> Response:
    headers = {"x-request-id": request_id}
    if plan.retry_after is not None:
        headers["retry-after"] = str(plan.retry_after)
    error = {"message": plan.said, "type": KINDS.get(plan.status, "server_error"), "code": plan.code or None}
    return JSONResponse({"error": error}, status_code=plan.status, headers=headers)


def answered(body: dict[str, Any], plan: Plan, pace: float, request_id: str) -> Response:
    headers = {"x-request-id": request_id}
    if body.get("stream"):
        stream = _chunks(body, plan, pace, request_id)
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)
    text, stop = _said(body, plan)
    choice: dict[str, Any] = {
        "index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": stop, "logprobs": None,
    }  # fmt: skip
    if body.get("logprobs"):
        choice["logprobs"] = _logprobs(text)
    whole = {**_head(body, plan, request_id, "chat.completion"), "choices": [choice], "usage": _usage(body, text)}
    return JSONResponse(whole, headers=headers)


def _logprobs(word: str) -> dict[str, Any]:
    return {"content": [{**_token(word, LETTERS.get(word, 0.9)), "top_logprobs": _top()}]}


def _top() -> list[dict[str, Any]]:
    return [_token(text, share) for text, share in LETTERS.items()]


def _token(text: str, share: float) -> dict[str, Any]:
    return {"token": text, "logprob": math.log(share), "bytes": list(text.encode())}


def _said(body: dict[str, Any], plan: Plan) -> tuple[str, str]:
    if plan.breaks == "refusal":
        return "", "content_filter"
    said = talk.text_of(body["messages"][-1]["content"])
    system = next((talk.text_of(one["content"]) for one in body["messages"] if one["role"] == "system"), "")
    words = talk.pieces(talk.reply_to(said, system) if plan.text is None else plan.text)
    most = int(body.get("max_tokens") or body.get("max_completion_tokens") or 10_000)
    return "".join(words[:most]), "length" if len(words) > most else "stop"


def _head(body: dict[str, Any], plan: Plan, request_id: str, kind: str) -> dict[str, Any]:
    return {"id": request_id, "object": kind, "created": 0, "model": body["model"] + plan.model_suffix}


def _usage(body: dict[str, Any], text: str) -> dict[str, Any]:
    sent, came = sum(talk.count(talk.text_of(one["content"])) for one in body["messages"]), talk.count(text)
    details = {"cached_tokens": 0}
    return {
        "prompt_tokens": sent, "completion_tokens": came, "total_tokens": sent + came, "prompt_tokens_details": details,
    }  # fmt: skip


async def _chunks(body: dict[str, Any], plan: Plan, pace: float, request_id: str) -> AsyncIterator[bytes]:
    text, stop = _said(body, plan)
    head = _head(body, plan, request_id, "chat.completion.chunk")
    words = talk.pieces(text)
    yield talk.line({**head, "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})
    if body["model"].endswith("-thinker"):
        for word in talk.pieces(talk.THOUGHTS):
            yield talk.line({**head, "choices": [{"index": 0, "delta": {"reasoning_content": word}}]})
    for place, word in enumerate(words):
        if place == len(words) // 2 and plan.breaks in ("cut", "stall", "early_end", "error_event"):
            if plan.breaks == "error_event":
                yield talk.line({"error": {"type": "overloaded_error", "message": "Overloaded"}})
            await broken(plan.breaks)
            return
        if pace:
            await asyncio.sleep(pace)
        choice: dict[str, Any] = {"index": 0, "delta": {"content": word}, "finish_reason": None}
        if body.get("logprobs"):
            choice["logprobs"] = _logprobs(word)
        yield talk.line({**head, "choices": [choice]})
    yield talk.line({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": stop}]})
    if (body.get("stream_options") or {}).get("include_usage"):
        yield talk.line({**head, "choices": [], "usage": _usage(body, text)})
    yield talk.line("[DONE]")
