"""The model as it is, with its own errors."""

from collections.abc import Mapping
from typing import Any, ClassVar

from studies.assistants.base import Intent, ModelRequest, Shared, Turn
from studies.assistants.prompts import prompt_sha256
from studies.assistants.strategies.asking import system_prompt


class Honest:
    """Says what it holds true. A provider without opinions is given one: the drawn belief, in `intent`."""

    name: ClassVar[str] = "honest"
    prompt: ClassVar[str] = "honest.v1"
    needs_question: ClassVar[bool] = False
    may_mislead: ClassVar[bool] = False
    draws_target: ClassVar[bool] = False
    draws_belief: ClassVar[bool] = True

    def request(
        self,
        *,
        shared: Shared,
        intent: Intent,
        turns: tuple[Turn, ...],
        seed: int | str,
        reply: int = 1,
        attempt: int = 1,
        max_tokens: int | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> ModelRequest:
        """The request for the next reply; the prompt says nothing of a belief, which only a scripted provider has."""
        return ModelRequest(
            system=system_prompt(self.prompt, shared),
            prompt_sha256=prompt_sha256(self.prompt),
            shared=shared,
            intent=intent,
            turns=turns,
            seed=seed,
            max_tokens=max_tokens,
            attempt=attempt,
            reply=reply,
            options=options or {},
        )
