"""The scripted provider: no network, no model; argues for a given option in prose made of what it was shown and told.

reading: what it knows of the question and the text · asking: what the person wants · arguing: what can be said for and
against an option · phrases, smalltalk, voice, writing: the words of a reply · delivery: pace, pauses, faults and caps.
"""

from studies.assistants.providers.scripted.provider import ScriptedProvider
from studies.assistants.providers.scripted.settings import Settings

__all__ = ["ScriptedProvider", "Settings"]
