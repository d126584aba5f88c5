"""Any server that speaks the chat-completions protocol (vLLM, Ollama, llama.cpp, hosted ones), by the `openai` package.

The package `openai` is an optional extra. The key comes from `OPENAI_API_KEY` only; a server
of one's own may need none.
"""

import math
import os
from collections.abc import AsyncIterator
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from studies.assistants.base import Delta, Finished, ModelRequest, Part, ProviderFault, Receipt, StopReason
from studies.assistants.providers.sdk_clients import Clients
from studies.assistants.providers.sdk_faults import attempts, fault_of

if TYPE_CHECKING:
    from openai import AsyncOpenAI

NO_KEY = "none"  # the SDK wants one, servers of one's own do not
TOP_TOKENS = 20  # the most that servers tell
AROUND_LETTERS = " \n*("
STOPS: dict[str, StopReason] = {"stop": "end", "length": "max_tokens", "content_filter": "refusal"}
MISSING = "needs the package openai: install it into the platform's environment (.venv)"


class Settings(BaseModel):
    """What a study file may set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(min_length=1, description="as the server names it; there is no default")
    base_url: str = Field(
        default="", pattern=r"^(https?://.+)?$", description="such as http://127.0.0.1:8000/v1; empty: OPENAI_BASE_URL"
    )
    temperature: float | None = Field(default=None, ge=0, le=2, description="none: the server's own default")
    limit: Literal["max_tokens", "max_completion_tokens"] = Field(
        default="max_tokens", description="what the server calls the limit of a reply"
    )
    max_retries: int = Field(default=2, ge=0, le=10, description="by the package, before the first word only")
    read_timeout: float = Field(default=30, gt=0, le=600, description="seconds of silence that count as a stall")

    @model_validator(mode="after")
    def _installed(self) -> "Settings":
        if find_spec("openai") is None:
            raise ValueError(MISSING)
        return self


class OpenAICompatibleProvider:
    """One client per process (per event loop, which is the same but in tests)."""

    name: ClassVar[str] = "openai-compatible"
    Settings: ClassVar[type[Settings]] = Settings
    needs_belief: ClassVar[bool] = False
    remote: ClassVar[bool] = True

    def __init__(self) -> None:
        self._clients: Clients[AsyncOpenAI] = Clients(_made)

    def load(self) -> None:
        """Import the package, where it is installed: if not, its settings say so."""
        if find_spec("openai") is not None:
            import_module("openai")

    async def stream(self, request: ModelRequest) -> AsyncIterator[Part]:
        """Raises ProviderFault, ValueError where the settings are none of its own, or the package is missing."""
        settings = Settings.model_validate(dict(request.options))
        import httpx2
        import openai

        call = _Call(request.letters)
        try:
            client = await self._clients.of(
                max_retries=settings.max_retries, read_timeout=settings.read_timeout, base_url=settings.base_url
            )
            stream = await client.chat.completions.create(
                **arguments(request, settings), stream=True, stream_options={"include_usage": True}
            )
            call.answered(stream.response)
            async with stream:
                async for chunk in stream:
                    text = call.heard(chunk)
                    yield Delta(text) if text else call.receipt()
        except (openai.APIError, httpx2.HTTPError, TimeoutError) as error:
            raise fault_of(openai, error, begun=call.begun, receipt=call.receipt(error)) from None
        yield call.finished()


def _made() -> "AsyncOpenAI":
    from openai import AsyncOpenAI

    return AsyncOpenAI(api_key=os.environ.get("OPENAI_API_KEY") or NO_KEY)


class _Call:
    """What has become known of one streamed completion so far."""

    def __init__(self, letters: str) -> None:
        self.begun = False
        self._letters = letters
        self._awaits_letter = bool(letters)
        self._shares: dict[str, float] | None = None
        self._model = ""
        self._id = ""
        self._attempts: int | None = None
        self._usage: Any = None
        self._thought_bytes = 0
        self._stop = ""

    def answered(self, response: Any) -> None:
        self._id = response.headers.get("x-request-id", "")
        self._attempts = attempts(response.request)

    def heard(self, chunk: Any) -> str:
        """The text that a chunk brings."""
        self._model = chunk.model or self._model
        self._usage = chunk.usage or self._usage
        if not chunk.choices:
            return ""
        self._stop = chunk.choices[0].finish_reason or self._stop
        self._read_letters(chunk.choices[0].logprobs)
        self._thought_bytes += len(_thought(chunk.choices[0].delta).encode())
        text: str = chunk.choices[0].delta.content or ""
        self.begun = self.begun or bool(text)
        return text

    def _read_letters(self, told: Any) -> None:
        """Of the first word only: further on a letter may be an article."""
        for token in (told and told.content) or ():
            word = token.token.strip(AROUND_LETTERS)
            if self._awaits_letter and word:
                self._awaits_letter = False
                if word in tuple(self._letters):
                    likeliest = [(one.token.strip(AROUND_LETTERS), math.exp(one.logprob)) for one in token.top_logprobs]
                    self._shares = _scaled(likeliest, self._letters)

    def finished(self) -> Finished:
        if not self._stop:
            raise ProviderFault("stream_cut", retryable=True, detail="the stream ended early", receipt=self.receipt())
        stop = STOPS.get(self._stop, "end")
        return Finished(stop, **self.receipt().at_end(), letter_probabilities=self._shares)

    def receipt(self, error: Exception | None = None) -> Receipt:
        usage = self._usage
        details = getattr(usage, "prompt_tokens_details", None)
        return Receipt(
            model_returned=self._model,
            input_tokens=getattr(usage, "prompt_tokens", None),
            output_tokens=getattr(usage, "completion_tokens", None),
            cached_tokens=getattr(details, "cached_tokens", None),
            request_id=self._id or getattr(error, "request_id", None) or "",
            attempts=self._attempts or attempts(getattr(error, "request", None)),
            thought_bytes=self._thought_bytes,
            output_is_final=usage is not None and bool(self._stop),
        )


def _thought(delta: Any) -> str:
    """Thinking stands in no field of the protocol's own: servers call theirs by one of two names."""
    return getattr(delta, "reasoning_content", None) or getattr(delta, "reasoning", None) or ""


def arguments(request: ModelRequest, settings: Settings) -> dict[str, Any]:
    """The request as the protocol has it."""
    system = [{"role": "system", "content": request.system}] if request.system else []
    talk = [
        {"role": "user" if turn.role == "participant" else "assistant", "content": turn.text} for turn in request.turns
    ]
    words: dict[str, Any] = {"model": settings.model, "messages": [*system, *talk]}
    if request.letters:
        words |= {"logprobs": True, "top_logprobs": TOP_TOKENS}
    if request.max_tokens is not None:
        words[settings.limit] = request.max_tokens
    if settings.temperature is not None:
        words["temperature"] = settings.temperature
    return words


def _scaled(told: list[tuple[str, float]], letters: str) -> dict[str, float] | None:
    """` B` and `B` are the same letter; a letter that was not among the likeliest has nothing left to it."""
    sums = {letter: sum(share for text, share in told if text == letter) for letter in letters}
    total = sum(sums.values())
    return {letter: share / total for letter, share in sums.items()} if total > 0 else None
