"""Consultancy: argues for a target that was drawn before its first word, and never says that it was."""

from typing import ClassVar

from studies.assistants.base import ModelRequest, Situation
from studies.assistants.strategies.asking import asked, named


class Assigned:
    """Argues for the brief's target, right or wrong in the same words. Without one (a disputed key) it recommends
    nothing."""

    name: ClassVar[str] = "assigned"
    prompt: ClassVar[str] = "assigned.v1"
    needs_question: ClassVar[bool] = True
    may_mislead: ClassVar[bool] = True
    draws_target: ClassVar[bool] = True
    draws_belief: ClassVar[bool] = False

    def request(self, situation: Situation) -> ModelRequest:
        """The request for the next reply. Raises ValueError where the study keeps the question back."""
        if situation.shared.question is None or situation.shared.options is None:
            raise ValueError("the strategy 'assigned' needs the question and its options")
        return asked(situation, self.prompt, target=named(situation.intent))
