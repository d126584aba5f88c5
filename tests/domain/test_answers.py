import pytest
from hypothesis import given
from hypothesis import strategies as st

from studies.domain.answers import confidence_options, confidence_probability, to_original, to_shown
from studies.domain.errors import Refused
from studies.domain.protocol import Confidence

orders = st.permutations("ABCD").map("".join)


@given(order=orders, letter=st.sampled_from("ABCD"))
def test_shown_and_original_letters_are_inverse(order: str, letter: str) -> None:
    assert to_original(order, to_shown(order, letter)) == letter


def test_the_first_letter_of_the_order_is_shown_first() -> None:
    assert to_shown("CABD", "C") == "A"
    assert to_original("CABD", "B") == "A"


@pytest.mark.parametrize("shown", ["E", "AB", "1", "a", "\x00", "𝐀"])
def test_what_is_no_shown_letter_is_refused(shown: str) -> None:
    with pytest.raises(Refused) as refused:
        to_original("CABD", shown)
    assert refused.value.code == "bad_answer"


def test_no_answer_stays_no_answer() -> None:
    assert to_original("CABD", "") == ""
    assert confidence_probability("", Confidence()) is None


def test_the_five_bins_stand_at_the_published_centres() -> None:
    assert [option.probability for option in confidence_options(Confidence())] == [0.25, 0.42, 0.6, 0.8, 1.0]


@pytest.mark.parametrize(("raw", "value"), [("0", 0.0), ("63", 0.63), ("100", 1.0)])
def test_the_slider_takes_whole_percentages(raw: str, value: float) -> None:
    assert confidence_probability(raw, Confidence(scale="slider")) == value


@pytest.mark.parametrize("raw", ["101", "-1", "5.5", "٣", "", "1000"])
def test_the_slider_refuses_the_rest(raw: str) -> None:
    slider = Confidence(scale="slider")
    if not raw:
        assert confidence_probability(raw, slider) is None
        return
    with pytest.raises(Refused):
        confidence_probability(raw, slider)


def test_a_list_takes_only_what_it_offers() -> None:
    listed = Confidence(scale="list", values=[25, 50, 75])
    assert confidence_probability("50", listed) == 0.5
    with pytest.raises(Refused):
        confidence_probability("60", listed)
