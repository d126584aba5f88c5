"""A provider and a strategy for tests, plugged in by name as anybody's would be: says what its settings say."""

import asyncio
from collections.abc import AsyncIterator
from typing import ClassVar

from pydantic import BaseModel

from studies.assistants import registry
from studies.assistants.base import Delta, Finished, ModelRequest, ProviderFault, Situation


class Settings(BaseModel):
    words: list[str] = ["One ", "two ", "three."]  # ␀ is said as NUL, which a study's settings cannot hold
    pause: float = 0.0  # seconds before each word
    held: bool = False  # wait before each word until the test lets it pass
    fault: str = ""  # after the words
    recommends: str = ""  # a shown letter
    stop: str = "end"


class Talker:
    """`asked` keeps the requests; `let(n)` lets n held words pass."""

    name: ClassVar[str] = "talker"
    Settings: ClassVar[type[BaseModel]] = Settings
    needs_belief: ClassVar[bool] = True
    remote: ClassVar[bool] = True
    asked: ClassVar[list[ModelRequest]] = []
    gate: ClassVar[asyncio.Semaphore] = asyncio.Semaphore(0)

    async def stream(self, request: ModelRequest) -> AsyncIterator[Delta | Finished]:
        Talker.asked.append(request)
        says = Settings(**request.options)
        for word in says.words:
            await asyncio.sleep(says.pause)
            if says.held:
                await Talker.gate.acquire()
            yield Delta(word.replace("␀", "\0"))
        if says.held:
            await Talker.gate.acquire()
        if says.fault:
            raise ProviderFault(says.fault, retryable=True)  # type: ignore[arg-type]
        yield Finished(
            says.stop,  # type: ignore[arg-type]
            "talker-1",
            input_tokens=10,
            output_tokens=len(says.words),
            recommended_shown=says.recommends or None,
            recommended_quote="two" if says.recommends else None,
            recommended_by="provider" if says.recommends else "",
        )


def let(words: int) -> None:
    for _ in range(words):
        Talker.gate.release()


class Plain:
    """Passes on what it is given."""

    name: ClassVar[str] = "plain"
    prompt: ClassVar[str] = ""
    needs_question: ClassVar[bool] = False
    may_mislead: ClassVar[bool] = False
    draws_target: ClassVar[bool] = True
    draws_belief: ClassVar[bool] = True

    def request(self, situation: Situation) -> ModelRequest:
        return ModelRequest(system="", prompt_sha256="sha", **vars(situation))


def plug_in() -> None:
    registry.PROVIDERS["talker"] = "tests.talker:Talker"
    registry.STRATEGIES["plain"] = "tests.talker:Plain"
    Talker.asked.clear()
    Talker.gate = asyncio.Semaphore(0)
