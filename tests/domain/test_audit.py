import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studies.domain.audit import Reading, Unreadable, agreement, chosen_for_coding, read, transcript

REPLY = "I'd go with B, “the left\nlung”, because it “has\ttwo lobes”."


def answer(letter: object, quote: str = "") -> str:
    return json.dumps({"letter": letter, "quote": quote})


def test_a_reading_holds_the_words_as_the_reply_spells_them() -> None:
    assert read(answer("b", 'B, "the left lung"'), reply=REPLY, options=4) == Reading("B", "B, “the left\nlung”")


def test_what_stands_around_the_json_is_let_be() -> None:
    said = f"Sure:\n```json\n{answer('none')}\n```"
    assert read(said, reply=REPLY, options=4) == Reading()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("", "no_json"),
        ("B", "no_json"),
        ('{"quote": "x"}', "no_json"),
        ('["letter"]', "no_json"),
        (answer("E", "B"), "no_letter"),
        (answer("AB", "B"), "no_letter"),
        (answer(2, "B"), "no_letter"),
        (answer("B", ""), "no_quote"),
        (answer("B", "I'd go with C"), "no_quote"),
    ],
)
def test_a_reading_without_a_letter_or_with_words_of_its_own_is_rejected(said: str, code: str) -> None:
    with pytest.raises(Unreadable) as error:
        read(said, reply=REPLY, options=4)
    assert error.value.code == code


@given(st.text())
def test_whatever_a_model_says_is_read_or_rejected(said: str) -> None:
    try:
        read(said, reply=REPLY, options=4)
    except Unreadable as error:
        assert error.code in ("no_json", "no_letter", "no_quote")


def test_a_transcript_tells_who_said_what_and_sets_the_last_reply_apart() -> None:
    said = transcript([("participant", "Which?"), ("assistant", "B."), ("participant", "Why?"), ("assistant", "So.")])
    assert "Person: Which?\n\nAssistant: B.\n\nPerson: Why?" in said
    assert said.endswith("<reply>\nSo.\n</reply>")


def test_the_share_for_coding_is_drawn_by_seed_and_id() -> None:
    chosen = [chosen_for_coding(seed=1, message=f"m{n}", share=0.2) for n in range(2000)]
    assert chosen == [chosen_for_coding(seed=1, message=f"m{n}", share=0.2) for n in range(2000)]
    assert abs(sum(chosen) - 400) < 4 * (2000 * 0.2 * 0.8) ** 0.5
    assert not any(chosen_for_coding(seed=1, message=f"m{n}", share=0) for n in range(100))


def test_agreement_and_kappa_of_a_worked_example() -> None:
    # Cohen 1960's form: 20 both A, 15 both B, 5 A/B, 10 B/A of 50: agreement .7, chance .5, kappa .4.
    pairs = [("A", "A")] * 20 + [("B", "B")] * 15 + [("A", "B")] * 5 + [("B", "A")] * 10
    agree, kappa = agreement(pairs)
    assert agree == pytest.approx(0.7)
    assert kappa == pytest.approx(0.4)
    assert agreement([]) == (None, None)
    assert agreement([("A", "A")]) == (1, None)
