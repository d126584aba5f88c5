"""From the errors of an official SDK to the few codes of ours. Both SDKs name their errors alike and speak httpx2.

Failures in mid-stream come raw: a cut as `httpx2.RemoteProtocolError`, a stall as `httpx2.ReadTimeout`, an error event
as an API error without a status of its own.
"""

import os
import re
from types import ModuleType
from typing import Any

from studies.assistants.base import FaultCode, ProviderFault, Receipt

RETRYABLE = frozenset({"stream_cut", "stalled", "overloaded", "unavailable"})
BY_STATUS: dict[int, FaultCode] = {
    400: "bad_request",
    401: "refused_key",
    402: "refused_key",
    403: "refused_key",
    404: "bad_request",
    413: "context_overflow",
    422: "bad_request",
    429: "overloaded",
    529: "overloaded",
}
BY_TYPE: dict[str, FaultCode] = {"overloaded_error": "overloaded", "rate_limit_error": "overloaded"}
TOO_LONG = re.compile(
    r"prompt is too long|context.length|context window|maximum context|exceed.*context", re.IGNORECASE
)
KEYS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "OPENAI_API_KEY")
LONGEST_DETAIL = 200


def fault_of(sdk: ModuleType, error: Exception, *, begun: bool, receipt: Receipt) -> ProviderFault:
    """The fault behind an SDK's error. Its detail says what to do about it, without key and talk."""
    code = _code(sdk, error, begun)
    return ProviderFault(
        code, retryable=code in RETRYABLE, detail=f"{code}: {_detail(error)}", receipt=receipt,
        retry_after=_retry_after(error),
    )  # fmt: skip


def _retry_after(error: Exception) -> float | None:
    """Seconds; None where the service names none, or a date."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return max(0.0, float(headers["retry-after"]))
    except (KeyError, ValueError):
        return None


def _code(sdk: ModuleType, error: Exception, begun: bool) -> FaultCode:
    import httpx2

    if isinstance(error, httpx2.TimeoutException | TimeoutError | sdk.APITimeoutError):
        return "stalled"
    if isinstance(error, httpx2.HTTPError | sdk.APIConnectionError):
        return "stream_cut" if begun else "unavailable"
    status = int(getattr(error, "status_code", 200))
    if TOO_LONG.search(_said(error)) and status < 500:
        return "context_overflow"
    if status == 200:
        return BY_TYPE.get(str(_field(error, "type")), "stream_cut" if begun else "unavailable")
    return BY_STATUS.get(status, "unavailable")


def _detail(error: Exception) -> str:
    """What kind of error it was; the service's own words only where they say what is wrong with our request."""
    status = getattr(error, "status_code", None)
    parts = [type(error).__name__, "" if status is None else str(status), str(_field(error, "type") or "")]
    if status in (400, 404, 422):
        parts.append(_without_keys(_said(error))[:LONGEST_DETAIL])
    return " ".join(filter(None, parts))


def _said(error: Exception) -> str:
    return f"{_field(error, 'code') or ''} {_field(error, 'message') or getattr(error, 'message', '')}".strip()


def _field(error: Exception, name: str) -> Any:
    """A field of the error that the service sent; some send it bare, some within `error`."""
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else None
    return inner.get(name) if isinstance(inner, dict) else None


def _without_keys(text: str) -> str:
    for name in KEYS:
        key = os.environ.get(name)
        text = text.replace(key, "…") if key else text
    return text


def attempts(request: Any) -> int | None:
    """How many requests the SDK had sent up to this one."""
    headers = getattr(request, "headers", None)
    return None if headers is None else int(headers.get("x-stainless-retry-count", 0)) + 1
