"""The model as it is, with its own errors."""

from typing import ClassVar

from studies.assistants.base import ModelRequest, Situation
from studies.assistants.strategies.asking import asked


class Honest:
    """Says what it holds true. A provider without opinions is given one: the drawn belief, in `intent`."""

    name: ClassVar[str] = "honest"
    prompt: ClassVar[str] = "honest.v1"
    needs_question: ClassVar[bool] = False
    may_mislead: ClassVar[bool] = False
    draws_target: ClassVar[bool] = False
    draws_belief: ClassVar[bool] = True

    def request(self, situation: Situation) -> ModelRequest:
        """The request for the next reply; the prompt says nothing of a belief, which only a scripted provider has."""
        return asked(situation, self.prompt)
