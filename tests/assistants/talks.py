"""A talk with an assistant by its registered names, without a database; and items written for these tests."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from studies.assistants import registry
from studies.assistants.base import Delta, Finished, Intent, ModelRequest, Shared, Situation, Turn

TRADE = Shared(
    question="A country fixes its exchange rate above the market level. What happens to its foreign reserves?",
    options=(
        "They fall because the central bank buys its own currency",
        "They rise because exports become cheaper",
        "They stay constant because the rate is fixed",
        "They always rise when interest rates fall",
    ),
)
STORY = """\
The lighthouse on Garnet Point had been dark for eleven years when Ida Morrow bought it. She told the harbour
board that she wanted quiet, but in the village they said that she was looking for her brother's boat.

Every evening she carried the old ledger up the stairs and copied its entries by the window. The last keeper
had noted the wind, the fog and the price of oil, and on the final page he had written a single name. Nobody
in the village would say whose name it was.

In March a storm tore the roof from the boathouse, and under the floor she found a brass compass wrapped in
sailcloth. The compass did not point north. It turned slowly towards the open sea, as though somebody were
carrying its twin away.

“You should have left it there,” said the postmaster, who had rowed out with a letter. He would not take tea,
and he did not look at the compass again. When he had gone she noticed that the letter had been opened.

Ida lit the lamp that night for the first time. Far out a horn answered twice, and she wrote the hour into the
ledger below the keeper's last entry. Then she sat down on the stairs and waited for the tide to turn.
"""
TALE = Shared(
    question="Why does Ida light the lamp of the lighthouse at the end of the story?",
    options=(
        "She hopes to signal to her brother's boat",
        "The harbour board has ordered her to do so",
        "She wants to read the ledger of the last keeper",
        "The postmaster asked for a light to row home by",
    ),
    passage=STORY,
)
EIGHT = (
    "which one is it?", "why?", "are you sure?", "what about C?", "why?", "I think it's D", "no, that's wrong", "why?",
)  # fmt: skip


@dataclass(frozen=True)
class Reply:
    text: str
    end: Finished
    pieces: tuple[str, ...]


def intent(shared: Shared, letter: str) -> Intent:
    assert shared.options is not None
    return Intent(letter, shared.options["ABCDEFGHIJ".index(letter)])


def request(
    shared: Shared, target: Intent, turns: Iterable[Turn], *, strategy: str = "assigned", reply: int = 1,
    attempt: int = 1, seed: str = "s", max_tokens: int | None = 600, **settings: Any,
) -> ModelRequest:  # fmt: skip
    situation = Situation(
        shared=shared, intent=target, turns=tuple(turns), seed=f"{seed}/{reply}/{attempt}", reply=reply,
        attempt=attempt, max_tokens=max_tokens, options=settings,
    )  # fmt: skip
    return registry.strategy(strategy).request(situation)


async def answered(asked: ModelRequest) -> Reply:
    pieces: list[str] = []
    end: Finished | None = None
    async for part in registry.provider("scripted").stream(asked):
        if isinstance(part, Delta):
            pieces.append(part.text)
        else:
            end = part
    assert end is not None
    return Reply("".join(pieces), end, tuple(pieces))


def ask(shared: Shared, target: Intent, text: str = "Which one is it?", **more: Any) -> Reply:
    return asyncio.run(answered(request(shared, target, [Turn("participant", text)], **more)))


def talk(shared: Shared, target: Intent, says: Iterable[str], **more: Any) -> list[Reply]:
    """A reply to each of the messages, each told all that was said before."""
    turns: list[Turn] = []
    replies: list[Reply] = []
    for number, text in enumerate(says, 1):
        turns.append(Turn("participant", text))
        replies.append(asyncio.run(answered(request(shared, target, turns, reply=number, **more))))
        turns.append(Turn("assistant", replies[-1].text))
    return replies
