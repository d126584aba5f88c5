"""What goes wrong, and how one asks for it: queued for the next requests, or by a word in the last message: `#cut`."""

import re
from dataclasses import dataclass

STATUSES = {"429": 429, "529": 529, "500": 500}
FAULTS = (
    *STATUSES,
    "stall",
    "cut",
    "early_end",
    "error_event",
    "cut_thinking",
    "stall_thinking",
    "cut_late",
    "refusal",
    "context",
    "wrong_key",
    "changed_model",
)
ORDERED = re.compile(rf"#({'|'.join(FAULTS)})\b")
KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "not_found_error",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


@dataclass(frozen=True)
class Plan:
    """How one request is answered: with an error at once, or by a stream that may break."""

    status: int = 200
    said: str = ""
    code: str = ""
    retry_after: float | None = None
    breaks: str = ""
    text: str | None = None  # what is said; None: what the service would say by itself
    model_suffix: str = ""


def plan(fault: str, *, retry_after: float) -> Plan:
    if fault in STATUSES:
        status = STATUSES[fault]
        return Plan(status, f"to order: {fault}", retry_after=retry_after if status in (429, 529) else None)
    if fault == "context":
        return Plan(400, "prompt is too long: 210000 tokens > 200000 maximum", code="context_length_exceeded")
    if fault == "wrong_key":
        return Plan(401, "invalid x-api-key", code="invalid_api_key")
    if fault == "changed_model":
        return Plan(model_suffix="-next")
    return Plan(breaks=fault)


def ordered_in(text: str) -> str:
    """The fault that a message asks for; '' where it asks for none."""
    found = ORDERED.search(text)
    return found.group(1) if found else ""
