"""What a provider and a strategy are. A provider says where text comes from, a strategy what the assistant tries to do.

Letters here are *shown* letters: A is the option that the participant sees first. Gold is no part of any of this.
"""

from collections.abc import AsyncIterator, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from pydantic import BaseModel

StopReason = Literal["end", "max_tokens", "refusal"]
Purpose = Literal["reply", "draft", "critique", "revision", "audit"]
FaultCode = Literal[
    "stream_cut", "stalled", "overloaded", "unavailable", "refused_key", "context_overflow", "bad_request"
]


@dataclass(frozen=True)
class Shared:
    """What the study itself shows the assistant; None where it keeps it back. Options are in the order shown."""

    question: str | None = None
    options: tuple[str, ...] | None = None
    passage: str | None = None


@dataclass(frozen=True)
class Intent:
    """What was drawn for the trial: the target to argue for, or the belief of an honest assistant without a model."""

    target_shown: str | None = None
    target_text: str | None = None


@dataclass(frozen=True)
class Turn:
    """One message of the talk since the last reset."""

    role: Literal["participant", "assistant"]
    text: str


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Where a reply stands: what a strategy is given, and all of which a provider is.

    `reply` counts the trial's replies from 1 and `attempt` the tries at this one; `max_tokens` None is unlimited;
    `options` are the provider's settings; `item` is the item's key, for looking up, never to be sent.
    """

    shared: Shared = Shared()
    intent: Intent = Intent()
    turns: tuple[Turn, ...] = ()
    seed: int | str
    max_tokens: int | None = None
    attempt: int = 1
    reply: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)
    item: str = ""


@dataclass(frozen=True, kw_only=True)
class ModelRequest(Situation):
    """All that a provider may use for one reply. The same request gives the same words where the provider can.

    `purpose` says what the call is for: a model learns it from the turns, a provider without a model from here.
    `letters` are those whose probabilities are wanted as well, of a provider that can tell them.
    """

    system: str
    prompt_sha256: str
    purpose: Purpose = "reply"
    letters: str = ""


@dataclass(frozen=True)
class Step:
    """One model call of a reply that takes several. Where `shown`, the person reads `heading` and the words."""

    request: ModelRequest
    shown: bool = True
    heading: str = ""


@dataclass(frozen=True)
class Delta:
    """The next piece of text."""

    text: str


@dataclass(frozen=True)
class Finished:
    """The last word of a stream. Counts are None where the provider does not say.

    `input_tokens` is all that was sent, of which `cached_tokens` were read from the provider's cache and
    `cache_write_tokens` written to it. `attempts` counts the requests, the provider's own retries included.
    `recommended_by` is 'provider' where the provider knows what it recommended (None: nothing), '' where it does not.
    """

    stop_reason: StopReason
    model_returned: str
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    recommended_shown: str | None = None
    recommended_quote: str | None = None
    recommended_by: str = ""
    cache_write_tokens: int | None = None
    request_id: str = ""
    attempts: int | None = None
    letter_probabilities: Mapping[str, float] | None = None  # where asked for and told


@dataclass(frozen=True)
class Receipt:
    """What is known of a call that has not ended, named as in `Finished`: words that came were paid for.

    `thought_bytes` is the length of the thinking that came, which nobody reads and which was paid for, too;
    `output_is_final`: `output_tokens` counts everything, though the end of the stream was not seen.
    """

    model_returned: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    request_id: str = ""
    attempts: int | None = None
    thought_bytes: int = 0
    output_is_final: bool = False

    def at_end(self) -> dict[str, Any]:
        """What `Finished` has of it."""
        of_a_cut = ("thought_bytes", "output_is_final")
        return {name: value for name, value in vars(self).items() if name not in of_a_cut}


Part = Delta | Receipt | Finished


class ProviderFault(Exception):
    """A reply that did not come, or not to its end. What was streamed before stays with the caller.

    `detail` is for the log: it holds no key and nothing of the talk. `retry_after` is how many seconds the service asks
    one to wait, None where it says nothing.
    """

    def __init__(
        self, code: FaultCode, *, retryable: bool, detail: str = "", receipt: Receipt | None = None,
        retry_after: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__(detail or code)
        self.code: FaultCode = code
        self.retryable = retryable
        self.receipt = receipt or Receipt()
        self.retry_after = retry_after


class Provider(Protocol):
    """Where text comes from. One per process, shared by all its replies, so it holds no state of a talk."""

    name: ClassVar[str]
    Settings: ClassVar[type[BaseModel]]
    needs_belief: ClassVar[bool]  # has no opinions of its own: an honest assistant is given a drawn one
    remote: ClassVar[bool]  # asks a service, so that its requests in flight are bounded

    def stream(self, request: ModelRequest) -> AsyncIterator[Part]:
        """Any number of `Delta`, then one `Finished`. Raises ProviderFault.

        A `Receipt` between says what is known so far: all that is left of a call that is stopped.
        """
        ...


@runtime_checkable
class Heavy(Protocol):
    """A provider that takes seconds before its first request."""

    def load(self) -> None:
        """Get that over with, so that it does not count as a model's time."""
        ...


class Strategy(Protocol):
    """What the assistant tries to do, as the request that it makes of any provider."""

    name: ClassVar[str]
    prompt: ClassVar[str]  # the prompt file's name
    needs_question: ClassVar[bool]  # does not work unless the study shares the question
    may_mislead: ClassVar[bool]  # by design, so that the study needs a debrief
    draws_target: ClassVar[bool]  # a target is drawn before the first word
    draws_belief: ClassVar[bool]  # takes a drawn belief where the provider needs one

    def request(self, situation: Situation) -> ModelRequest:
        """The request for the next reply. Raises ValueError where the strategy lacks what it needs."""
        ...


@runtime_checkable
class Stepwise(Strategy, Protocol):
    """A strategy whose reply takes several model calls."""

    prompts: ClassVar[tuple[str, ...]]  # all of its prompt files

    def steps(self, first: ModelRequest, *, show_all: bool) -> Generator[Step, str, None]:
        """The calls of a reply, of which `first` is what `request` made; each yield is sent the words that came."""
        ...


def steps_of(strategy: Strategy, first: ModelRequest, *, show_all: bool) -> Generator[Step, str, None]:
    """The calls of one reply of any strategy: of most, the one request."""
    if isinstance(strategy, Stepwise):
        yield from strategy.steps(first, show_all=show_all)
    else:
        yield Step(first)


def prompts_of(strategy: Strategy) -> tuple[str, ...]:
    """The prompt files whose words a study freezes."""
    return strategy.prompts if isinstance(strategy, Stepwise) else (strategy.prompt,)
