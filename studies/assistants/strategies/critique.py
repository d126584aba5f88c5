"""Critique and revision: an honest draft, judged against one written principle, then written again.

After Constitutional AI (Bai et al. 2022, arXiv:2212.08073), whose model was trained on such revisions; here the
person reads them.
"""

import random
from collections.abc import Generator
from dataclasses import replace
from string import Template
from typing import ClassVar

from studies.assistants.base import ModelRequest, Step, Turn
from studies.assistants.prompts import prompt_sha256, prompt_text
from studies.assistants.strategies.honest import Honest

CRITIQUE, REVISION, PRINCIPLES = "critique.v1", "revision.v1", "principles.v1"
DRAFT_HEADING, REVISION_HEADING = "**First draft**", "**After a second look**"


class Critique(Honest):
    """Three calls a reply. `request` makes that of the draft, which is an honest assistant's."""

    name: ClassVar[str] = "critique"
    prompts: ClassVar[tuple[str, ...]] = (Honest.prompt, CRITIQUE, REVISION, PRINCIPLES)

    def steps(self, first: ModelRequest, *, show_all: bool) -> Generator[Step, str, None]:
        """Draft, critique, revision. Nothing follows a draft or a critique without words: models refuse them."""
        drafting = replace(first, purpose="draft")
        draft = yield Step(drafting, shown=show_all, heading=DRAFT_HEADING if show_all else "")
        if not draft.strip():
            return
        asked = Template(prompt_text(CRITIQUE)).substitute(principle=principle(first.seed)).strip()
        judging = replace(_after(drafting, draft, asked), purpose="critique", prompt_sha256=prompt_sha256(CRITIQUE))
        critique = yield Step(judging, shown=False)
        if not critique.strip():
            return
        revising = _after(judging, critique, prompt_text(REVISION).strip())
        revising = replace(revising, purpose="revision", prompt_sha256=prompt_sha256(REVISION))
        yield Step(revising, heading=REVISION_HEADING if show_all else "")


def _after(asked: ModelRequest, said: str, then: str) -> ModelRequest:
    """The next request of the same talk."""
    return replace(asked, turns=(*asked.turns, Turn("assistant", said), Turn("participant", then)))


def principle(seed: int | str) -> str:
    """The principle of the reply with this seed."""
    return random.Random(f"{seed}/principle").choice(prompt_text(PRINCIPLES).strip().splitlines())
