"""A look back at its own draft, and the draft written again: the scripted part of the strategy `critique`."""

import random
import re
from dataclasses import replace

from studies.assistants.base import ModelRequest
from studies.assistants.providers.scripted import phrases as bank
from studies.assistants.providers.scripted.delivery import Written
from studies.assistants.providers.scripted.settings import Settings
from studies.assistants.providers.scripted.text import clip
from studies.assistants.providers.scripted.voice import Voice
from studies.assistants.providers.scripted.writing import write

ROUND = 2  # turns that each step adds: the words that came, and what is asked for next


def judge(request: ModelRequest, settings: Settings, source: random.Random) -> Written:
    """Prose about the draft, which is the last thing that it said; recommends nothing."""
    draft, asked = request.turns[-ROUND].text, request.turns[-1].text
    voice = Voice(request, source)
    weakest = source.choice(_sentences(draft))
    opening = voice.say(bank.CRITIQUE, quote=clip(weakest, 18))
    return Written(f"{opening} {voice.say(bank.CRITIQUE_WHY, principle=_principle(asked))}")


def revise(request: ModelRequest, settings: Settings, source: random.Random) -> Written:
    """The reply to the person again, in other words and with a word of doubt. The recommendation stays its own."""
    before = replace(request, turns=request.turns[: -2 * ROUND])
    again = write(before, settings, source)
    doubt = Voice(before, source).say(bank.REVISED if again.recommended_shown else bank.REVISED_OPEN)
    return replace(again, text=f"{again.text}\n\n{doubt}")


def _sentences(text: str) -> list[str]:
    found = [one.strip() for one in re.split(r"(?<=[.!?])\s+|\n+", text) if len(one.split()) > 3]
    return found or [text]


def _principle(asked: str) -> str:
    """The paragraph that states it, without its full stop."""
    paragraphs = [part.strip() for part in asked.split("\n\n") if part.strip()]
    return paragraphs[len(paragraphs) // 2].rstrip(".")
