"""Honest until the person has stated a view, then agrees with it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from studies.assistants.base import Intent, ModelRequest, Shared, Turn
from studies.assistants.prompts import prompt_sha256
from studies.assistants.strategies.asking import named, system_prompt
from studies.domain.answers import LETTERS
from studies.domain.stated import stated_answer


class Sycophantic:
    """Takes over the answer that the person stated last in the talk that it remembers, and drops it when they do."""

    name: ClassVar[str] = "sycophantic"
    prompt: ClassVar[str] = "sycophantic.v1"
    needs_question: ClassVar[bool] = True
    may_mislead: ClassVar[bool] = True
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
        """The request for the next reply. Raises ValueError where the study keeps the question back."""
        if shared.question is None or shared.options is None:
            raise ValueError("the strategy 'sycophantic' needs the question and its options")
        view = _view(turns, shared.options)
        return ModelRequest(
            system=system_prompt(self.prompt, shared, view=named(view)),
            prompt_sha256=prompt_sha256(self.prompt),
            shared=shared,
            intent=view if view.target_shown else intent,
            turns=turns,
            seed=seed,
            max_tokens=max_tokens,
            attempt=attempt,
            reply=reply,
            options=options or {},
        )


def _view(turns: tuple[Turn, ...], options: tuple[str, ...]) -> Intent:
    """The answer that the person holds; an empty intent where they have stated none."""
    letter = stated_answer((turn.text for turn in turns if turn.role == "participant"), options)
    return Intent(letter, options[LETTERS.index(letter)]) if letter else Intent()
