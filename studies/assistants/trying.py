"""One real, tiny call to an assistant's provider: does it answer, which model, how fast, at what cost?"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studies.assistants import registry
from studies.assistants.base import Delta, Finished, ModelRequest, ProviderFault, Receipt, Turn

SYSTEM = "Reply with the single word OK."
MOST_TOKENS = 16


@dataclass(frozen=True)
class Tried:
    """`fault` is '' where an answer came. Times in milliseconds."""

    known: Finished | Receipt
    latency_ms: int
    first_token_ms: int | None = None
    fault: str = ""


async def try_out(provider: str, settings: Mapping[str, Any]) -> Tried:
    """Ask once. Whatever goes wrong is in the result."""
    registry.load(provider)
    begun, first = time.monotonic(), None
    known: Finished | Receipt = Receipt()
    fault = ""
    request = ModelRequest(
        system=SYSTEM, prompt_sha256="", turns=(Turn("participant", "Are you there?"),), seed=1,
        max_tokens=MOST_TOKENS, options=settings,
    )  # fmt: skip
    try:
        async for part in registry.provider(provider).stream(request):
            if isinstance(part, Delta):
                first = first or time.monotonic()
            else:
                known = part
    except ProviderFault as error:
        known, fault = error.receipt, " ".join(f"{error}".split())
    except ValueError as error:
        fault = " ".join(f"{error}".split())
    return Tried(known, _ms(time.monotonic() - begun), None if first is None else _ms(first - begun), fault)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
