"""Every method of a model-only run through the real SDK, to the rows of the package."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from studies.models import BaselineRun
from tests.api_server import ApiServer
from tests.runner.model_only import ANTHROPIC, asked, exported, modelled, openai, worked_examples

pytestmark = pytest.mark.django_db(transaction=True)


def column(found: list[dict[str, str]], name: str) -> list[str]:
    return [row[name] for row in found]


def last_words(body: dict[str, Any]) -> str:
    content = body["messages"][-1]["content"]
    return content if isinstance(content, str) else str(content[0]["text"])


def test_a_letter_is_asked_for_and_scored_and_what_is_no_answer_is_not_wrong(api: ApiServer, tmp_path: Path) -> None:
    study = modelled(ANTHROPIC, questions=5)
    api.fail("", "", "", "refusal")
    api.say("A", "C", "It might be A or B.", "(A)")
    asked(study)
    found = exported(study, tmp_path)
    assert column(found, "outcome") == ["answered", "answered", "unparsed", "refused", "answered"]
    assert column(found, "answer") == ["A", "C", "", "", "A"]
    assert column(found, "correct") == ["true", "false", "", "", "true"]
    assert set(column(found, "method")) == {"zero_shot"}
    assert "Q0\nA. w\nB. x\nC. y\nD. z" in last_words(api.requests[0])
    assert (found[0]["model_returned"], found[3]["stop_reason"]) == ("claude-haiku-4-5", "refusal")


def test_few_shot_runs_once_for_every_number_of_worked_examples(api: ApiServer, tmp_path: Path) -> None:
    study = modelled(ANTHROPIC, questions=1)
    worked_examples(3)
    asked(study, "--method", "few_shot", "--shots", "0", "1", "3")
    said = [last_words(body) for body in api.requests]
    assert [text.count("Worked") for text in said] == [0, 1, 3]
    assert said[1].startswith("Worked 0\nA. p\nB. q\nC. r\nD. s\nAnswer: A\n\nQ0\n")
    found = exported(study, tmp_path)
    assert list(zip(column(found, "method"), column(found, "shots"), strict=True)) == [
        ("few_shot", "0"), ("few_shot", "1"), ("few_shot", "3"),
    ]  # fmt: skip


def test_more_worked_examples_than_there_are_is_refused_before_anything_is_asked(api: ApiServer) -> None:
    study = modelled(ANTHROPIC, questions=1)
    worked_examples(1)
    with pytest.raises(CommandError, match="fewer than 5 worked examples"):
        asked(study, "--method", "few_shot")
    assert not api.requests
    assert not BaselineRun.objects.exists()


def test_a_chain_of_thought_is_read_only_in_its_conclusion(api: ApiServer, tmp_path: Path) -> None:
    study = modelled(ANTHROPIC, questions=1)
    api.say("The answer is B, or so one thinks at first.", "D")
    asked(study, "--method", "chain_of_thought")
    talk = api.requests[1]["messages"]
    assert [one["role"] for one in talk] == ["user", "assistant", "user"]
    assert "single, most likely answer choice" in last_words(api.requests[1])
    (row,) = exported(study, tmp_path)
    assert (row["outcome"], row["answer"]) == ("answered", "D")
    sent = [len(body["system"][0]["text"].split()) for body in api.requests]
    words = sum(len(str(one["content"]).split()) for body in api.requests for one in body["messages"])
    assert int(row["input_tokens"]) == words + sum(sent)


def test_samples_vote_and_a_tie_is_no_answer(api: ApiServer, tmp_path: Path) -> None:
    study = modelled(ANTHROPIC, questions=2)
    for letter in "BBC":
        api.say("Let me think.", letter)
    for letter in "BCD":
        api.say("Let me think.", letter)
    asked(study, "--method", "self_consistency", "--repeats", "3")
    found = exported(study, tmp_path)
    samples = [row for row in found if row["method"] == "chain_of_thought"]
    votes = [row for row in found if row["method"] == "self_consistency"]
    assert column(samples, "answer") == ["B", "B", "C", "B", "C", "D"]
    assert column(samples, "repeat") == ["1", "2", "3", "1", "2", "3"]
    assert column(votes, "answer") == ["B", ""]
    assert column(votes, "outcome") == ["answered", "unparsed"]
    assert float(votes[0]["probability"]) == pytest.approx(2 / 3)
    assert column(votes, "input_tokens") == ["", ""]  # what the samples took stands in their own rows


def test_one_sample_is_no_vote() -> None:
    study = modelled(ANTHROPIC, questions=1)
    with pytest.raises(CommandError, match="--repeats of 2"):
        asked(study, "--method", "self_consistency", "--repeats", "1")


def test_stated_probabilities_are_kept_by_original_letter(api: ApiServer, tmp_path: Path) -> None:
    study = modelled(ANTHROPIC, questions=2)
    api.say("A: 10%\nB: 60%\nC: 20%\nD: 10%", "I am sure that it is A.")
    asked(study, "--method", "stated_probability", "--order", "drawn")
    first, second = exported(study, tmp_path)
    assert first["answer"] == first["choice_order"][1]
    assert json.loads(first["probabilities"])[first["answer"]] == pytest.approx(0.6)
    assert float(first["probability"]) == pytest.approx(0.6)
    assert second["outcome"] == "unparsed"


def test_p_true_asks_the_model_about_its_own_answer(api: ApiServer, tmp_path: Path) -> None:
    study = modelled(ANTHROPIC, questions=2)
    api.say("C", "85%", "A", "who knows")
    asked(study, "--method", "p_true")
    assert api.requests[1]["messages"][1] == {"role": "assistant", "content": "C"}
    assert "the answer you have given is right" in last_words(api.requests[1])
    found = exported(study, tmp_path)
    assert column(found, "answer") == ["C", "A"]
    assert column(found, "probability") == ["0.85", ""]


def test_letters_have_true_probabilities_where_the_protocol_tells_them(api: ApiServer, tmp_path: Path) -> None:
    pytest.importorskip("openai", reason="the extra [openai] is not installed")
    study = modelled(openai(api), questions=2)
    api.say("C", "I cannot say.")
    asked(study)
    first, second = exported(study, tmp_path)
    assert len(api.requests) == 2, "the probabilities come with the reply"
    assert json.loads(first["probabilities"]) == pytest.approx({"A": 0.1, "B": 0.65, "C": 0.2, "D": 0.05})
    assert (first["answer"], float(first["probability"])) == ("B", pytest.approx(0.65))
    assert (second["outcome"], second["probabilities"]) == ("unparsed", "")


def test_a_cyclic_run_asks_every_order_and_exports_their_average(api: ApiServer, tmp_path: Path) -> None:
    study = modelled(ANTHROPIC, questions=1)
    api.say("A", "A", "D", "C")  # in ABCD, BCDA, CDAB, DABC: originals A, B, B, B
    asked(study, "--order", "cyclic")
    found = exported(study, tmp_path)
    single, together = found[:4], found[4:]
    assert column(single, "choice_order") == ["ABCD", "BCDA", "CDAB", "DABC"]
    assert column(single, "answer") == ["A", "B", "B", "B"]
    assert [(row["method"], row["answer"], row["probability"]) for row in together] == [
        ("zero_shot_cyclic", "B", "0.75")
    ]


def test_an_average_of_a_run_that_is_not_through_is_not_told(api: ApiServer, tmp_path: Path) -> None:
    study = modelled(ANTHROPIC, questions=1)
    with pytest.raises(CommandError, match="cap of 1 tokens"):
        asked(study, "--order", "cyclic", "--cap-tokens", "1")
    assert set(column(exported(study, tmp_path), "method")) == {"zero_shot"}


def test_as_deployed_makes_every_call_of_the_strategy_and_reads_what_the_person_would(
    api: ApiServer, tmp_path: Path
) -> None:
    study = modelled(ANTHROPIC, questions=1, strategy="critique")
    api.say("The answer is A.", "Too sure.", "The answer is C.")
    asked(study, "--comparator", "as_deployed")
    (row,) = exported(study, tmp_path)
    assert (row["comparator"], row["method"], row["answer"]) == ("as_deployed", "first_reply", "C")
    assert len(api.requests) == 3
    assert "Q0" in api.requests[0]["system"][0]["text"], "the study shares the question"
    assert last_words(api.requests[0]) == "Q0\nA. w\nB. x\nC. y\nD. z"
