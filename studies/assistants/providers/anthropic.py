"""Models of Anthropic through the official SDK, streamed. The key comes from the environment only.

`ANTHROPIC_API_KEY` (or `ANTHROPIC_AUTH_TOKEN`) and `ANTHROPIC_BASE_URL` are the SDK's own names.
"""

import os
from collections.abc import AsyncIterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from studies.assistants.base import Delta, Finished, ModelRequest, Part, ProviderFault, Receipt, StopReason
from studies.assistants.providers.sdk_clients import Clients
from studies.assistants.providers.sdk_faults import attempts, fault_of

if TYPE_CHECKING:
    from ssl import SSLContext

    from anthropic import AsyncAnthropic

UNLIMITED_TOKENS = 8000
STOPS: dict[str, StopReason] = {
    "end_turn": "end",
    "stop_sequence": "end",
    "max_tokens": "max_tokens",
    "refusal": "refusal",
}


class Settings(BaseModel):
    """What a study file may set. `thinking` as a number is a budget in tokens, on top of the reply's own limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(min_length=1, description="as the API names it; there is no default")
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = Field(
        default=None, description="how much work goes into a reply; none: the model's own default"
    )
    thinking: Literal["adaptive", "disabled"] | int | None = Field(
        default=None, description="adaptive, disabled, or a budget in tokens from 1024; none: the model's own default"
    )
    thinking_room: int = Field(
        default=4000, ge=0, le=64_000, description="tokens for adaptive thinking, beside the reply's own limit"
    )
    cache: Literal["5m", "1h", "none"] = Field(default="5m", description="how long what the study shares is cached")
    max_retries: int = Field(default=2, ge=0, le=10, description="by the SDK, before the first word only")
    read_timeout: float = Field(default=30, gt=0, le=600, description="seconds of silence that count as a stall")

    @model_validator(mode="after")
    def _budget(self) -> "Settings":
        if isinstance(self.thinking, int) and self.thinking < 1024:
            raise ValueError("thinking: a budget must be at least 1024 tokens")
        return self


class AnthropicProvider:
    """One client per process (per event loop, which is the same but in tests)."""

    name: ClassVar[str] = "anthropic"
    Settings: ClassVar[type[Settings]] = Settings
    needs_belief: ClassVar[bool] = False
    remote: ClassVar[bool] = True

    def __init__(self) -> None:
        self._clients: Clients[AsyncAnthropic] = Clients(_made)

    def load(self) -> None:
        """Import the package, and all that it would import at its first request."""
        _client("none", None)
        import_module("anthropic.resources.messages")

    async def stream(self, request: ModelRequest) -> AsyncIterator[Part]:
        """Raises ProviderFault, ValueError where the settings are none of its own."""
        settings = Settings.model_validate(dict(request.options))
        asking = await self._clients.of(max_retries=settings.max_retries, read_timeout=settings.read_timeout)
        import anthropic
        import httpx2

        call = _Call()
        try:
            stream = await asking.messages.create(**arguments(request, settings), stream=True)
            call.answered(stream.response)
            async with stream:
                async for event in stream:
                    if event.type == "content_block_delta" and event.delta.type == "text_delta":
                        call.begun = True
                        yield Delta(event.delta.text)
                    elif call.heard(event):
                        yield call.receipt()
        except (anthropic.APIError, httpx2.HTTPError, TimeoutError) as error:
            # From None: an SDK's error may repeat what was sent.
            raise fault_of(anthropic, error, begun=call.begun, receipt=call.receipt(error)) from None
        yield call.finished()


def _made() -> "AsyncAnthropic":
    key, token = os.environ.get("ANTHROPIC_API_KEY") or None, os.environ.get("ANTHROPIC_AUTH_TOKEN") or None
    if not key and not token and _is_loopback(os.environ.get("ANTHROPIC_BASE_URL", "")):
        key = "loopback-key"  # a service of one's own on this machine wants none
    if not key and not token:
        raise ProviderFault("refused_key", retryable=False, detail="no key: set ANTHROPIC_API_KEY")
    return _client(key, None if key else token)


def _client(key: str | None, token: str | None) -> "AsyncAnthropic":
    """Its requests and streamed words cost a quarter less CPU than with the SDK's default of an HTTP client."""
    from anthropic import AsyncAnthropic, DefaultAioHttpClient

    return AsyncAnthropic(api_key=key, auth_token=token, http_client=DefaultAioHttpClient(verify=_trusted()))


@cache
def _trusted() -> "SSLContext":
    """Reading the certificates takes a tenth of a second, in which every other chat would wait."""
    from httpx2 import create_ssl_context

    return create_ssl_context()


def _is_loopback(address: str) -> bool:
    return urlsplit(address).hostname in ("127.0.0.1", "::1", "localhost")


class _Call:
    """What has become known of one streamed message so far."""

    def __init__(self) -> None:
        self.begun = False
        self._ended = False
        self._model = ""
        self._id = ""
        self._attempts: int | None = None
        self._usage: dict[str, int] = {}
        self._thought_bytes = 0
        self._stop = ""

    def answered(self, response: Any) -> None:
        self._id = response.headers.get("request-id", "")
        self._attempts = attempts(response.request)

    def heard(self, event: Any) -> bool:
        """An event that brings no text. Whether more is known of the call by it."""
        if event.type == "message_start":
            self._model = event.message.model
            self._count(event.message.usage)
        elif event.type == "message_delta":
            self._stop = event.delta.stop_reason or ""
            self._count(event.usage)
        elif event.type == "content_block_delta" and event.delta.type == "thinking_delta":
            self._thought_bytes += len(event.delta.thinking.encode())
        else:
            self._ended = self._ended or event.type == "message_stop"
            return False
        return True

    def _count(self, usage: Any) -> None:
        names = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        self._usage |= {name: value for name in names if (value := getattr(usage, name, None)) is not None}

    def finished(self) -> Finished:
        receipt = self.receipt()
        if not self._ended:
            raise ProviderFault("stream_cut", retryable=True, detail="the stream ended early", receipt=receipt)
        if self._stop == "model_context_window_exceeded":
            raise ProviderFault("context_overflow", retryable=False, receipt=receipt)
        return Finished(STOPS.get(self._stop, "end"), **receipt.at_end())

    def receipt(self, error: Exception | None = None) -> Receipt:
        sent = self._usage.get("input_tokens")
        read, written = (self._usage.get(f"cache_{name}_input_tokens") for name in ("read", "creation"))
        return Receipt(
            model_returned=self._model,
            input_tokens=None if sent is None else sent + (read or 0) + (written or 0),
            output_tokens=self._usage.get("output_tokens"),
            cached_tokens=read,
            cache_write_tokens=written,
            request_id=self._id or getattr(error, "request_id", None) or "",
            attempts=self._attempts or attempts(getattr(error, "request", None)),
            thought_bytes=self._thought_bytes,
            output_is_final=bool(self._stop),  # it comes with the last count
        )


def arguments(request: ModelRequest, settings: Settings) -> dict[str, Any]:
    """The request as the Messages API has it. The shared material stands in the system prompt, which is cached."""
    system: dict[str, Any] = {"type": "text", "text": request.system}
    if settings.cache != "none":
        system["cache_control"] = {"type": "ephemeral", "ttl": settings.cache}
    words: dict[str, Any] = {
        "model": settings.model,
        "max_tokens": (request.max_tokens or UNLIMITED_TOKENS) + _thinking_room(settings),
        "messages": [
            {"role": "user" if turn.role == "participant" else "assistant", "content": turn.text}
            for turn in request.turns
        ],
    }
    if request.system:
        words["system"] = [system]
    if settings.effort is not None:
        words["output_config"] = {"effort": settings.effort}
    if isinstance(settings.thinking, int):
        words["thinking"] = {"type": "enabled", "budget_tokens": settings.thinking}
    elif settings.thinking is not None:
        words["thinking"] = {"type": settings.thinking}
    return words


def _thinking_room(settings: Settings) -> int:
    if isinstance(settings.thinking, int):
        return settings.thinking
    return settings.thinking_room if settings.thinking == "adaptive" else 0
