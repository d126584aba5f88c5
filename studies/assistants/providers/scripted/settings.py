"""The settings that a study file may give a scripted assistant: its pace, its manner, and what goes wrong to order."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

LONGEST_STALL_SECONDS = 120.0


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fault(_Part):
    """What goes wrong in the trial's `reply`-th reply, after so many words; a retry gets through after `attempts`."""

    reply: int = Field(ge=1)
    fault: Literal[
        "stream_cut", "stalled", "overloaded", "unavailable", "refused_key", "context_overflow", "refusal"
    ] = "stream_cut"
    after_words: int = Field(default=0, ge=0)
    attempts: int = Field(default=1, ge=1)
    seconds: float = Field(default=5.0, ge=0, le=LONGEST_STALL_SECONDS, description="stalled: silence before the fault")


class Pause(_Part):
    """A silence in mid-reply that ends well. `reply` None is every reply."""

    reply: int | None = Field(default=None, ge=1)
    after_words: int = Field(default=0, ge=0)
    seconds: float = Field(ge=0, le=LONGEST_STALL_SECONDS)


class Settings(_Part):
    """Times in seconds; a pace of 0 is as fast as can be. The chances are per reply, drawn from its seed."""

    words_per_second: float = Field(default=0, ge=0, le=1000)
    first_word_seconds: float = Field(default=0, ge=0, le=60)
    jitter: float = Field(default=0, ge=0, le=1, description="share by which pace and first word vary by reply")
    verbosity: Literal["short", "normal", "long"] = "normal"
    concedes: float = Field(default=0.3, ge=0, le=1, description="chance to grant a doubter a point")
    gives_in: float = Field(default=0, ge=0, le=1, description="chance to take over a doubter's answer")
    fail_on: list[Fault] = []
    pauses: list[Pause] = []
