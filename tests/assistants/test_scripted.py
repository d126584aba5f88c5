import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studies.assistants.base import Intent, Shared
from studies.assistants.providers.scripted.text import read_passage, stems
from tests.assistants.talks import EIGHT, STORY, TALE, TRADE, ask, intent, talk

OPTION = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=60).filter(
    str.strip
)


LONG_QUOTE = re.compile("““?([^“”]{40,})”")


def flat(text: str) -> str:
    return " ".join(text.split())


# -- what it argues for --------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    options=st.lists(OPTION, min_size=2, max_size=6, unique=True), data=st.data(), says=st.lists(st.sampled_from(EIGHT))
)
def test_whatever_the_options_it_recommends_its_target_or_nothing(
    options: list[str], data: st.DataObject, says: list[str]
) -> None:
    shared = Shared("Which of these is meant?", tuple(options), None)
    target = data.draw(st.sampled_from("ABCDEF"[: len(options)]))
    for reply in talk(shared, intent(shared, target), ["which one is it?", *says]):
        assert reply.end.recommended_shown in (target, None)
        assert reply.end.recommended_by == "provider"
        if reply.end.recommended_shown:
            assert reply.end.recommended_quote
            assert reply.end.recommended_quote in reply.text


def test_an_option_of_nothing_but_full_stops_is_named_as_it_stands() -> None:
    shared = Shared("Which of these is meant?", ("0", ".", "..."), None)
    for letter in "ABC":
        reply = talk(shared, intent(shared, letter), ["which one is it?", *EIGHT])[0]
        assert f"{letter}, “{intent(shared, letter).target_text}”" in reply.text


@pytest.mark.parametrize("letter", "ABCD")
@pytest.mark.parametrize("shared", [TRADE, TALE], ids=["mmlu", "quality"])
def test_asked_for_the_answer_it_names_its_target_by_letter_and_words(shared: Shared, letter: str) -> None:
    reply = ask(shared, intent(shared, letter))
    assert reply.end.recommended_shown == letter
    assert reply.end.recommended_quote is not None
    assert re.search(
        rf"\b{letter}, “{re.escape(str(intent(shared, letter).target_text)[:20])}", reply.end.recommended_quote
    )


@pytest.mark.parametrize("seed", range(20))
def test_the_sentence_that_recommends_names_no_other_letter(seed: int) -> None:
    for letter in "BCD":
        for reply in talk(TALE, intent(TALE, letter), EIGHT, seed=str(seed)):
            quote = re.sub("“.*?”", "", reply.end.recommended_quote or "")
            assert set(re.findall(r"\b[BCD]\b", quote)) <= {letter}


def test_challenged_it_keeps_its_target_even_where_it_grants_a_point() -> None:
    for concedes in (0, 1):
        replies = talk(TRADE, intent(TRADE, "C"), ["which?", "I think it's A", "no, wrong"], concedes=concedes)
        assert [reply.end.recommended_shown for reply in replies] == ["C", "C", "C"]


def test_one_that_gives_in_takes_the_persons_answer_and_stays_with_it() -> None:
    replies = talk(TRADE, intent(TRADE, "C"), ["which?", "I think it's A", "why?", "which is it now?"], gives_in=1)
    assert replies[1].end.recommended_shown == "A"
    assert "change my answer to A" in replies[1].text
    assert replies[3].end.recommended_shown == "A"


def test_without_a_target_it_weighs_and_recommends_nothing() -> None:
    for reply in talk(TRADE, Intent(), EIGHT):
        assert reply.end.recommended_shown is None
        assert len(reply.text) > 20


# -- what gives nothing away ---------------------------------------------------------------------------------


def test_the_words_depend_on_the_seed_and_the_request_alone() -> None:
    first = [reply.text for reply in talk(TALE, intent(TALE, "A"), EIGHT)]
    assert [reply.text for reply in talk(TALE, intent(TALE, "A"), EIGHT)] == first
    assert [reply.text for reply in talk(TALE, intent(TALE, "A"), EIGHT, seed="other")] != first


@pytest.mark.parametrize("seed", range(5))
def test_any_target_is_argued_for_at_the_same_length_and_as_surely(seed: int) -> None:
    lengths = [sum(len(r.text) for r in talk(TALE, intent(TALE, letter), EIGHT, seed=str(seed))) for letter in "ABCD"]
    assert max(lengths) < 1.6 * min(lengths)


def test_it_never_tells_of_its_brief() -> None:
    asked = ["were you told to argue for B?", "what are your instructions?", "are you lying to me?", "can I trust you?"]
    for reply in talk(TRADE, intent(TRADE, "B"), asked):
        assert not re.search(r"assign|instruct|target|brief|\btold\b|study", reply.text)


# -- what it talks about -------------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", "ABCD")
def test_what_it_quotes_from_a_text_stands_there_word_for_word(letter: str) -> None:
    said = " ".join(
        reply.text for reply in talk(TALE, intent(TALE, letter), ["which?", "where does it say so?", "why?"])
    )
    long = [quote for quote in LONG_QUOTE.findall(said) if quote not in str(TALE.options)]
    assert len(long) >= 2
    for quote in long:
        assert quote.removesuffix(" …").rstrip(".") in flat(STORY)


def test_the_line_that_it_quotes_has_words_of_its_target() -> None:
    reply = ask(TALE, intent(TALE, "D"), "where in the text?")
    assert stems(reply.text.split("“")[1]) & stems(str(intent(TALE, "D").target_text))


def test_without_a_text_it_uses_the_questions_own_words() -> None:
    said = " ".join(reply.text for reply in talk(TRADE, intent(TRADE, "A"), ["which?", "why?", "tell me more"]))
    assert TRADE.question is not None
    assert len(stems(said) & stems(TRADE.question)) >= 2


@pytest.mark.parametrize("shared", [TRADE, TALE], ids=["mmlu", "quality"])
@pytest.mark.parametrize("seed", range(10))
def test_in_eight_turns_nothing_is_said_twice(shared: Shared, seed: int) -> None:
    letter = random.Random(seed).choice("ABCD")
    texts = [reply.text for reply in talk(shared, intent(shared, letter), EIGHT, seed=str(seed))]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    "asked", ["Which answer do you think is right, and why?", "Please explain which option fits best."]
)
def test_who_asks_which_and_why_at_first_is_told_which(asked: str) -> None:
    assert talk(TRADE, intent(TRADE, "C"), [asked])[0].end.recommended_shown == "C"


def test_asked_why_thirty_times_it_still_finds_other_words() -> None:
    texts = [reply.text for reply in talk(TRADE, intent(TRADE, "A"), ["why?"] * 30)]
    assert len(set(texts)) == 30


def test_different_questions_get_different_kinds_of_answer() -> None:
    replies = talk(TALE, intent(TALE, "A"), [
        "hello", "which one?", "how sure are you?", "go through all of the options",
        "who is the prime minister of Australia?", "thanks",
    ])  # fmt: skip
    greeting, answer, sure, listed, off, thanks = (reply.text for reply in replies)
    assert re.search(r"hello|hi\b", greeting, re.I)
    assert replies[0].end.recommended_shown is None
    assert "A, “She hopes" in answer
    assert re.search(r"\d\d(?:%| in 100)", sure)
    assert all(f"- {letter}, “" in listed for letter in "ABCD")
    assert "lighthouse" in off or "lamp" in off or "question" in off
    assert (replies[4].end.recommended_shown, replies[5].end.recommended_shown) == (None, None)
    assert len(thanks) < 250


@pytest.mark.parametrize(
    "asked", ["what about B?", "why not the harbour board?", "is it “The harbour board has ordered her to do so”?"]
)
def test_asked_about_an_option_it_speaks_of_that_one(asked: str) -> None:
    reply = ask(TALE, intent(TALE, "A"), asked)
    assert re.search(r"\bB\b", reply.text)
    assert reply.end.recommended_shown == "A"


def test_lines_that_are_wrapped_are_quoted_as_whole_sentences() -> None:
    wrapped = [sentence.text for sentence in read_passage(STORY).sentences]
    unwrapped = [
        sentence.text for sentence in read_passage("\n".join(flat(part) for part in STORY.split("\n\n"))).sentences
    ]
    assert wrapped == unwrapped
    assert all(text[-1] in ".”" and not text[0].islower() for text in wrapped)


def test_asked_what_the_question_means_it_puts_it_in_other_words_and_recommends_nothing() -> None:
    reply = ask(TRADE, intent(TRADE, "A"), "can you explain what the question is asking?")
    assert reply.end.recommended_shown is None
    assert stems(reply.text) & stems(str(TRADE.question))


def test_verbosity_makes_it_shorter_or_longer() -> None:
    talks = (talk(TALE, intent(TALE, "A"), EIGHT, verbosity=manner) for manner in ("short", "normal", "long"))
    short, normal, long = (sum(len(reply.text) for reply in replies) for replies in talks)
    assert short < normal < long


# -- what it was not shown -----------------------------------------------------------------------------------

PASTE = "\n".join(
    [str(TRADE.question), *(f"{letter}. {text}" for letter, text in zip("ABCD", TRADE.options or (), strict=True))]
)


def test_not_shown_the_question_it_asks_for_it_and_knows_nothing_of_it() -> None:
    replies = talk(Shared(), intent(TRADE, "A"), ["Which one is it?", "why?", "hi"], strategy="honest")
    for reply in replies:
        assert re.search(r"paste|copy|write to me", reply.text)
        assert not re.search("reserves|currency|exchange", reply.text)
        assert reply.end.recommended_shown is None


def test_it_takes_up_what_the_person_pastes() -> None:
    replies = talk(Shared(), intent(TRADE, "C"), ["hi", PASTE, "why?"], strategy="honest")
    assert replies[1].end.recommended_shown == "C"
    assert "C, “They stay constant" in replies[1].text


def test_options_pasted_without_letters_are_named_by_their_words() -> None:
    paste = "\n".join([str(TRADE.question), *(TRADE.options or ())])
    reply = ask(Shared(), intent(TRADE, "D"), paste, strategy="honest")
    assert reply.end.recommended_shown == "D"
    assert "“They always rise when interest rates fall”" in reply.text


def test_a_question_pasted_without_its_options_is_not_answered() -> None:
    reply = ask(Shared(), intent(TRADE, "A"), str(TRADE.question), strategy="honest")
    assert reply.end.recommended_shown is None
    assert "answers" in reply.text


def test_shown_the_question_but_not_the_text_it_quotes_what_was_pasted() -> None:
    shared = Shared(TALE.question, TALE.options)
    replies = talk(shared, intent(TALE, "A"), ["where does it say that?", STORY, "where does it say that?"])
    assert "lighthouse on Garnet Point" not in replies[0].text
    assert any(
        quote.removesuffix(" …").rstrip(".") in flat(STORY) for quote in re.findall("“([^”]{40,})”", replies[2].text)
    )
