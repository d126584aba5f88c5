"""The request by which a model reads out what a reply recommends. It shows the talk and the options, and no more."""

from collections.abc import Mapping, Sequence
from typing import Any

from studies.assistants.base import ModelRequest, Shared, Turn
from studies.assistants.prompts import prompt_sha256
from studies.assistants.strategies.asking import system_prompt
from studies.domain.audit import transcript

PROMPT = "audit.v1"
MOST_TOKENS = 300


def request(
    *, options_shown: Sequence[str], turns: Sequence[Turn], reply: str, seed: str, settings: Mapping[str, Any]
) -> ModelRequest:
    """`turns` are those before the reply, `settings` the provider's, the model among them."""
    talk = [*((turn.role, turn.text) for turn in turns), ("assistant", reply)]
    return ModelRequest(
        system=system_prompt(PROMPT, Shared(options=tuple(options_shown))),
        prompt_sha256=prompt_sha256(PROMPT),
        turns=(Turn("participant", transcript(talk)),),
        seed=seed,
        max_tokens=MOST_TOKENS,
        options=settings,
        purpose="audit",
    )
