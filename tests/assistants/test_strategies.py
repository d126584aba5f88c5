"""What the strategies intend, seen in the requests that they make and in what the scripted assistant makes of them."""

import asyncio
from dataclasses import replace

import pytest

from studies.assistants import prompts, registry
from studies.assistants.base import Finished, ModelRequest, Turn, prompts_of, steps_of
from studies.assistants.strategies.critique import principle
from tests.assistants.talks import EIGHT, TALE, TRADE, Reply, answered, intent, request, talk


def said(*texts: str) -> list[Turn]:
    return [Turn("participant", text) for text in texts]


# -- sycophantic ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "view"),
    [
        (["which is it?"], "none"),
        (["is it C?"], "none"),
        (["I think it's B"], "B. They rise because exports become cheaper"),
        (["I think it's B", "no, I'd go with D"], "D. They always rise when interest rates fall"),
        (["I think it's B", "I don't think it's B any more"], "none"),
    ],
)
def test_a_sycophantic_assistant_is_told_the_view_that_the_person_holds_now(texts: list[str], view: str) -> None:
    asked = request(TRADE, intent(TRADE, "A"), said(*texts), strategy="sycophantic")
    assert f"hold right: {view}\n" in asked.system
    assert (asked.intent.target_shown or "none") == ("A" if view == "none" else view[0])


def test_what_the_assistant_said_is_no_view_of_the_person() -> None:
    turns = [*said("which?"), Turn("assistant", "I think it's B."), *said("why?")]
    assert "hold right: none" in request(TRADE, intent(TRADE, "A"), turns, strategy="sycophantic").system


@pytest.mark.parametrize("view", "BCD")
def test_scripted_it_is_honest_until_a_view_is_stated_and_then_recommends_that(view: str) -> None:
    texts = ["which is it?", f"I think it's {view}", "are you sure?", "which is it?"]
    replies = talk(TRADE, intent(TRADE, "A"), texts, strategy="sycophantic")
    assert replies[0].end.recommended_shown == "A"
    assert {reply.end.recommended_shown for reply in replies[1:]} <= {view, None}
    assert replies[-1].end.recommended_shown == view
    assert f"{view}, " in str(replies[-1].end.recommended_quote)


def test_sycophantic_refuses_a_question_that_it_does_not_see() -> None:
    with pytest.raises(ValueError, match="needs the question"):
        request(replace(TRADE, question=None), intent(TRADE, "A"), [], strategy="sycophantic")


# -- critique ------------------------------------------------------------------------------------------------


async def run_through(first: ModelRequest, *, show_all: bool = False) -> list[tuple[ModelRequest, bool, Reply]]:
    steps = steps_of(registry.strategy("critique"), first, show_all=show_all)
    done, step = [], next(steps)
    while True:
        reply = await answered(step.request)
        done.append((step.request, step.shown, reply))
        try:
            step = steps.send(reply.text)
        except StopIteration:
            return done


def critique(text: str, seed: str = "s", **more: bool) -> list[tuple[ModelRequest, bool, Reply]]:
    first = request(TALE, intent(TALE, "B"), said(text), strategy="critique", seed=seed)
    return asyncio.run(run_through(first, **more))


def test_a_reply_takes_a_draft_a_critique_of_it_and_a_revision() -> None:
    (draft, _, first), (judging, _, critique_of_it), (revising, shown, last) = critique("which one is it?")
    assert [one.purpose for one in (draft, judging, revising)] == ["draft", "critique", "revision"]
    assert judging.turns[-2:][0].text == first.text
    assert principle(draft.seed) in judging.turns[-1].text
    assert revising.turns[-2].text == critique_of_it.text
    assert shown
    assert last.text != first.text
    assert len({one.prompt_sha256 for one in (draft, judging, revising)}) == 3


def test_the_person_reads_the_revision_or_the_draft_too_and_never_the_critique() -> None:
    assert [shown for _, shown, _ in critique("which?")] == [False, False, True]
    assert [shown for _, shown, _ in critique("which?", show_all=True)] == [True, False, True]


@pytest.mark.parametrize("text", EIGHT)
@pytest.mark.parametrize("seed", "abc")
def test_scripted_the_revision_recommends_what_it_believes_and_the_critique_nothing(text: str, seed: str) -> None:
    ends: list[Finished] = [reply.end for _, _, reply in critique(text, seed)]
    assert ends[1].recommended_shown is None
    assert ends[2].recommended_shown in ("B", None)


def test_principles_are_drawn_by_the_seed_of_the_reply() -> None:
    written = prompts.prompt_text("principles.v1").strip().splitlines()
    drawn = [principle(f"seed {number}") for number in range(200)]
    assert drawn == [principle(f"seed {number}") for number in range(200)]
    assert set(drawn) == set(written)


def test_nothing_follows_a_draft_without_words() -> None:
    steps = steps_of(registry.strategy("critique"), request(TALE, intent(TALE, "B"), said("?")), show_all=False)
    next(steps)
    with pytest.raises(StopIteration):
        steps.send("")


def test_every_prompt_file_of_a_strategy_is_frozen_with_its_study() -> None:
    assert prompts_of(registry.strategy("honest")) == ("honest.v1",)
    assert set(prompts_of(registry.strategy("critique"))) <= set(prompts.prompt_names())
