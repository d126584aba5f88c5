import pytest

from studies.domain.stated import options_named, stated_answer

WORDS = ("the heart", "the left lung", "not a muscle", "A nerve")
NUMBERS = ("2", "6", "60", "1.5")


@pytest.mark.parametrize(
    ("said", "letter"),
    [
        ("I think it's B", "B"),
        ("i think it's b", "B"),
        ("I think B.", "B"),
        ("I think the answer is C because of the nerves", "C"),
        ("My answer is the left lung", "B"),
        ("my first guess would be D", "D"),
        ("I'd go with A.", "A"),
        ("I'm leaning towards (C)", "C"),
        ("I am pretty sure it's B.", "B"),
        ("It's definitely the heart!", "A"),
        ("D looks correct", "D"),
        ("B, because the lung is smaller", "B"),
        ("Definitely C.", "C"),
        ("answer: B", "B"),
        ("I don't know, but I think it's B", "B"),
        ("I think it's B, not C", "B"),
        ("I would choose B rather than D.", "B"),
        ("I think it is not a muscle", "C"),
        ("I think it's B. Am I right?", "B"),
        ("Which of these is a pump?\nA. the heart\nB. the left lung\n\nI think it's A", "A"),
    ],
)
def test_a_statement_is_read_as_its_option(said: str, letter: str) -> None:
    assert stated_answer([said], WORDS) == letter


@pytest.mark.parametrize(
    "said",
    [
        "",
        "is it C?",
        "Is it B",
        "Do you think it's B",
        "should I go with B?",
        "I think it's B?",
        "why not B?",
        "what about the left lung",
        "I don't think it's B",
        "It's not B.",
        "I think B is wrong",
        "I can rule out B.",
        "I think it's B or C",
        "I'm torn between B and C",
        "could be B",
        "maybe B",
        "you said it's B",
        "My friend says it is B",
        "I think B means something else",
        "I think it's a muscle",
        "I think a nerve is thin",
        "if I say B",
        "I have a question about the heart",
        "The text says it is the heart that pumps.",
        "B",
        "Which of these is a pump?\nA. the heart\nB. the left lung\nC. not a muscle\nD. A nerve",
        "Help me with this one, I have no idea",
        "I think, therefore I am",
    ],
)
def test_what_states_no_single_answer_is_none(said: str) -> None:
    assert stated_answer([said], WORDS) == ""


def test_the_last_statement_wins_over_all_messages() -> None:
    assert stated_answer(["I think it's B", "tell me more", "ok, I think it's C"], WORDS) == "C"
    assert stated_answer(["I think it's B but now I'd say it's D"], WORDS) == "D"


def test_a_question_after_a_statement_leaves_it_standing() -> None:
    assert stated_answer(["I think it's B", "or is it C?"], WORDS) == "B"


def test_a_statement_can_be_taken_back() -> None:
    assert stated_answer(["I think it's B", "Hmm, I don't think it's B any more."], WORDS) == ""
    assert stated_answer(["I think it's B", "It's not C."], WORDS) == "B"


def test_numbers_are_matched_whole() -> None:
    assert stated_answer(["I think it's 6"], NUMBERS) == "B"
    assert stated_answer(["I think it's 60."], NUMBERS) == "C"
    assert stated_answer(["I think it is 1.5"], NUMBERS) == "D"
    assert stated_answer(["I think it's 600"], NUMBERS) == ""


def test_letters_beyond_the_options_are_no_options() -> None:
    assert stated_answer(["I think it's E"], WORDS) == ""


def test_named_options_come_in_the_order_of_the_text_and_once() -> None:
    assert options_named("Is it C or the heart? I mean C.", WORDS) == ["C", "A"]
    assert options_named("I have a plan B-side and vitamin C3", WORDS) == []
    assert options_named("A or B?", WORDS) == ["A", "B"]
