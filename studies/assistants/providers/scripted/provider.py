"""The provider itself: the request read, the reply written, then delivered."""

import random
from collections.abc import AsyncIterator
from typing import ClassVar

from studies.assistants.base import Delta, Finished, ModelRequest
from studies.assistants.providers.scripted.delivery import deliver
from studies.assistants.providers.scripted.judging import judge, revise
from studies.assistants.providers.scripted.settings import Settings
from studies.assistants.providers.scripted.writing import write

WRITERS = {"critique": judge, "revision": revise}


class ScriptedProvider:
    """Says what its request makes it say: the same request, the same words."""

    name: ClassVar[str] = "scripted"
    Settings: ClassVar[type[Settings]] = Settings
    needs_belief: ClassVar[bool] = True
    remote: ClassVar[bool] = False

    async def stream(self, request: ModelRequest) -> AsyncIterator[Delta | Finished]:
        """Raises ProviderFault to order, ValueError where the settings are none of its own."""
        settings = Settings.model_validate(dict(request.options))
        source = random.Random(f"{request.seed}/{request.reply}/{request.attempt}")
        written = WRITERS.get(request.purpose, write)(request, settings, source)
        async for part in deliver(written, request, settings, source):
            yield part
