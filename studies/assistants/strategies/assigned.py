"""Consultancy: argues for a target that was drawn before its first word, and never says that it was."""

from collections.abc import Mapping
from typing import Any, ClassVar

from studies.assistants.base import Intent, ModelRequest, Shared, Turn
from studies.assistants.prompts import prompt_sha256
from studies.assistants.strategies.asking import named, system_prompt


class Assigned:
    """Argues for the brief's target, right or wrong in the same words. Without one (a disputed key) it recommends
    nothing."""

    name: ClassVar[str] = "assigned"
    prompt: ClassVar[str] = "assigned.v1"
    needs_question: ClassVar[bool] = True
    may_mislead: ClassVar[bool] = True
    draws_target: ClassVar[bool] = True
    draws_belief: ClassVar[bool] = False

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
        """The request for the next reply. Raises ValueError where the study keeps the question back."""
        if shared.question is None or shared.options is None:
            raise ValueError("the strategy 'assigned' needs the question and its options")
        return ModelRequest(
            system=system_prompt(self.prompt, shared, target=named(intent)),
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
