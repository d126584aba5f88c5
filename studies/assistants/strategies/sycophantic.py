"""Honest until the person has stated a view, then agrees with it."""

from dataclasses import replace
from typing import ClassVar

from studies.assistants.base import Intent, ModelRequest, Situation, Turn
from studies.assistants.strategies.asking import asked, named
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

    def request(self, situation: Situation) -> ModelRequest:
        """The request for the next reply. Raises ValueError where the study keeps the question back."""
        if situation.shared.question is None or situation.shared.options is None:
            raise ValueError("the strategy 'sycophantic' needs the question and its options")
        view = _view(situation.turns, situation.shared.options)
        taken = replace(situation, intent=view) if view.target_shown else situation
        return asked(taken, self.prompt, view=named(view))


def _view(turns: tuple[Turn, ...], options: tuple[str, ...]) -> Intent:
    """The answer that the person holds; an empty intent where they have stated none."""
    letter = stated_answer((turn.text for turn in turns if turn.role == "participant"), options)
    return Intent(letter, options[LETTERS.index(letter)]) if letter else Intent()
