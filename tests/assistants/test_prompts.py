import hashlib

import pytest

from studies.assistants import prompts, registry
from studies.assistants.base import Intent, Shared
from tests.assistants.talks import TALE, TRADE, intent, request


@pytest.mark.parametrize("name", registry.strategy_names())
def test_every_strategy_has_its_prompt_file_and_its_hash_is_of_the_bytes(name: str) -> None:
    prompt = registry.strategy(name).prompt
    assert prompts.prompt_sha256(prompt) == hashlib.sha256(prompts.prompt_text(prompt).encode()).hexdigest()
    assert prompt in prompts.prompt_names()


@pytest.mark.parametrize("name", ["honest.v99", "../base", "", "honest.v1.txt", "honest"])
def test_an_unknown_prompt_is_refused_with_the_names_that_there_are(name: str) -> None:
    with pytest.raises(prompts.UnknownPrompt, match=r"assigned\.v1, .*honest\.v1"):
        prompts.prompt_text(name)


def test_a_prompt_shows_what_the_study_shares_and_options_as_they_are_shown() -> None:
    system = request(TALE, intent(TALE, "B"), []).system
    assert TALE.question is not None
    assert TALE.question in system
    assert "B. The harbour board has ordered her to do so" in system
    assert "whose name it was" in system
    assert "$" not in system


def test_the_honest_prompt_says_nothing_of_the_belief() -> None:
    said = {request(TRADE, intent(TRADE, letter), [], strategy="honest").system for letter in "ABCD"}
    assert len(said) == 1


def test_the_assigned_prompt_names_its_target_and_nothing_that_tells_whether_it_is_right() -> None:
    one, other = (request(TRADE, intent(TRADE, letter), []).system for letter in "AC")
    assert one != other
    assert one.replace("A. They fall", "A. They fall") == one
    changed = [(a, b) for a, b in zip(one.splitlines(), other.splitlines(), strict=True) if a != b]
    assert [a.split(":")[0] for a, _ in changed] == ["Your assigned answer"]


def test_what_is_kept_back_is_not_in_the_prompt_and_the_assistant_is_told_so() -> None:
    system = request(Shared(), intent(TRADE, "A"), [], strategy="honest").system
    assert "They fall" not in system
    assert "You have not been shown the question" in system


def test_assigned_refuses_to_argue_about_a_question_that_it_does_not_see() -> None:
    with pytest.raises(ValueError, match="needs the question"):
        request(Shared(passage="x"), intent(TRADE, "A"), [])


def test_a_disputed_question_without_a_target_is_weighed_and_not_argued() -> None:
    assert "Your assigned answer: none" in request(TRADE, Intent(), []).system
