"""The items that the project ships: enough of them, well formed, their keys not given away by form."""

from collections import Counter

import pytest

from tests.presets import bundled
from tests.presets.bundled import Question

ALL = {"mmlu": bundled.mmlu(), "quality": bundled.quality()}


def test_there_are_five_subjects_with_two_practice_and_eight_test_questions_each() -> None:
    counts = Counter(question.key.rpartition("/")[0] for question in ALL["mmlu"])
    assert len({place.partition("/")[0] for place in counts}) == 5
    assert all(count == (2 if place.endswith("/dev") else 8) for place, count in counts.items())
    assert len(ALL["mmlu"]) == 50


def test_there_are_at_least_five_texts_with_five_questions_each() -> None:
    articles = bundled.articles()
    assert len(articles) >= 5
    assert all(len(article["questions"]) == 5 for article in articles)


@pytest.mark.parametrize("article", bundled.articles(), ids=lambda article: article["title"])
def test_a_text_has_the_length_of_a_quality_text_and_says_whose_it_is(article: dict[str, object]) -> None:
    assert 1800 <= len(str(article["article"]).split()) <= 3000
    assert article["license"] == "CC0-1.0"
    assert article["author"] == "Written for this project"
    assert type(article["year"]) is int


def test_texts_are_told_apart_by_id_and_title() -> None:
    articles = bundled.articles()
    for key in ("article_id", "set_unique_id", "title"):
        assert len({article[key] for article in articles}) == len(articles)


def test_no_annotator_is_made_up() -> None:
    entries = [entry for article in bundled.articles() for entry in article["questions"]]
    assert all(entry["validation"] == [] and entry["speed_validation"] == [] for entry in entries)
    assert all(type(entry["gold_label"]) is int and 1 <= entry["gold_label"] <= 4 for entry in entries)
    assert all(entry["difficult"] in (0, 1) for entry in entries)


@pytest.mark.parametrize("family", ALL)
def test_keys_and_questions_are_unique_and_options_distinct(family: str) -> None:
    questions = ALL[family]
    assert len({question.key for question in questions}) == len(questions)
    assert len({question.text for question in questions}) == len(questions)
    for question in questions:
        assert len({option.strip().casefold() for option in question.options}) == 4
        assert all(option and option == option.strip() for option in question.options)


@pytest.mark.parametrize(("family", "letters"), [("mmlu", "ABCD"), ("quality", "1234")])
def test_the_place_of_the_right_answer_gives_nothing_away(family: str, letters: str) -> None:
    counts = Counter(question.gold for question in ALL[family])
    assert set(counts) == set(letters)
    share = len(ALL[family]) / 4
    assert all(0.7 * share <= count <= 1.3 * share for count in counts.values()), counts


def right(question: Question) -> str:
    return question.options["ABCD1234".index(question.gold) % 4]


@pytest.mark.parametrize("family", ALL)
def test_the_length_of_the_right_answer_gives_little_away(family: str) -> None:
    """Choosing the one longest option, or the one shortest, is right far less often than people without help."""
    for extreme in (max, min):
        hits = 0
        for question in ALL[family]:
            wrong = [len(option) for option in question.options if option != right(question)]
            own = len(right(question))
            hits += extreme([own, *wrong]) == own and own not in wrong
        assert hits / len(ALL[family]) < 0.45, (extreme, hits)
