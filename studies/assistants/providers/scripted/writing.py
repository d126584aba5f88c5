"""The words of a reply."""

import random

from studies.assistants.base import ModelRequest
from studies.assistants.providers.scripted.delivery import Written
from studies.assistants.providers.scripted.settings import Settings


def write(request: ModelRequest, settings: Settings, source: random.Random) -> Written:
    """The reply to the last turn of the talk."""
    target = request.intent
    if not target.target_shown:
        return Written("Let us weigh the answers against each other first. Which two seem most likely to you?")
    quote = f"I would go with {target.target_shown}, “{target.target_text}”."
    openings = ["Having looked at the question again, this is where I come down.", "Here is how I see it."]
    return Written(f"{source.choice(openings)} {quote}", target.target_shown, quote)
