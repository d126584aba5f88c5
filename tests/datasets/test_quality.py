"""QuALITY files in both layouts, with what is known to be odd in them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.datasets.files import ARTICLE, faults, line, question, read, single, write_lines, write_list
from tests.shared_data import shared

NAME = "QuALITY.v1.0.1.htmlstripped.dev"


def second(**changes: Any) -> dict[str, Any]:
    """A question of another writer about the same article."""
    return question(question="When?", question_unique_id="70001_BBBB2222_1", gold_label=4, **changes)


def test_labels_count_from_one(tmp_path: Path) -> None:
    items = read("quality", write_lines(tmp_path / NAME, line(question(), second()))).items
    assert [(item.key, item.gold) for item in items] == [("70001_AAAA1111_1", "A"), ("70001_BBBB2222_1", "D")]
    assert {item.split for item in items} == {"dev"}
    assert {item.category for item in items} == {"Harbour Press"}


def test_two_lines_of_an_article_share_one_passage(tmp_path: Path) -> None:
    file = write_lines(tmp_path / NAME, line(), line(second(), set_unique_id="70001_BBBB2222", writer_id="2002"))
    contents = read("quality", file)
    (passage,) = contents.passages
    assert (passage.key, passage.title, passage.text) == ("70001", "The Lamp", ARTICLE)
    assert [item.metadata["writer_id"] for item in contents.items] == ["2001", "2002"]


def test_validators_are_kept_as_ratings(tmp_path: Path) -> None:
    (item,) = read("quality", write_lines(tmp_path / NAME, line())).items
    assert [(each.source, each.rater_id, each.answer, each.correct, each.seconds) for each in item.ratings] == [
        ("untimed", "0001", "A", True, None),
        ("untimed", "0002", "C", False, None),
        ("speed", "0003", "D", False, None),
        ("speed", "00NA", "B", False, None),
        ("speed", "00NA#2", "A", True, None),
    ]


def test_what_validators_said_of_a_question_is_kept(tmp_path: Path) -> None:
    (item,) = read("quality", write_lines(tmp_path / NAME, line())).items
    assert item.metadata["best_distractor_votes"] == {"B": 1, "C": 1}
    assert item.metadata["answerability_votes"] == {"1": 1, "2": 1}
    assert item.metadata["context_votes"] == {"2": 2}
    assert item.metadata["difficult"] is True
    assert (item.metadata["year"], item.metadata["license"]) == (1931, "CC BY 4.0")


def test_the_distractor_is_found_under_the_name_of_the_readme_too(tmp_path: Path) -> None:
    vote = {"untimed_annotator_id": "0001", "untimed_answer": 1, "untimed_eval3_distractor": 4}
    (item,) = read("quality", write_lines(tmp_path / NAME, line(question(validation=[vote])))).items
    assert item.metadata["best_distractor_votes"] == {"D": 1}


def test_the_test_split_has_no_answers(tmp_path: Path) -> None:
    bare = question(gold_label=None, writer_label=None, validation=None, speed_validation=None, difficult=None)
    (item,) = read("quality", write_lines(tmp_path / "QuALITY.v1.0.1.htmlstripped.test", line(bare))).items
    assert (item.gold, item.ratings, item.split) == ("", (), "test")
    assert "difficult" not in item.metadata
    assert "writer_label" not in item.metadata


def test_a_rating_without_gold_or_answer_is_not_wrong(tmp_path: Path) -> None:
    silent = [{"speed_annotator_id": "0009", "speed_answer": None}]
    file = write_lines(tmp_path / NAME, line(question(gold_label=None, speed_validation=silent)))
    (item,) = read("quality", file).items
    assert {rating.correct for rating in item.ratings} == {None}
    assert item.ratings[-1].answer == ""


def test_questions_without_an_id_are_numbered_through_both_lines(tmp_path: Path) -> None:
    bare = [question(question_unique_id=None, question=f"{number}?") for number in range(3)]
    items = read("quality", write_lines(tmp_path / NAME, line(*bare[:2]), line(bare[2]))).items
    assert [item.key for item in items] == ["70001/1", "70001/2", "70001/3"]


def test_line_ends_and_odd_characters_of_an_article_stay(tmp_path: Path) -> None:
    text = "One\n\n two\u0085three\u2028four  five\t<not a tag>"
    contents = read("quality", write_lines(tmp_path / NAME, line(article=text), line(second(), article=text)))
    assert contents.passages[0].text == text
    assert len(contents.items) == 2


def test_the_same_question_about_another_text_is_another_content(tmp_path: Path) -> None:
    other = question(question_unique_id="70002_1")
    items = read(
        "quality", write_lines(tmp_path / NAME, line(), line(other, article_id="70002", article="Else."))
    ).items
    assert items[0].content_sha256 != items[1].content_sha256


def test_single_questions_count_from_zero(tmp_path: Path) -> None:
    file = write_list(tmp_path / "own_dev.json", single(article_id="7"), single(article_id=8, gold_label=0))
    items = read("quality", file).items
    assert [(item.key, item.gold, item.split) for item in items] == [("7/1", "B", "dev"), ("8/1", "A", "dev")]


def test_single_questions_without_an_article_id_share_the_passage_of_their_text(tmp_path: Path) -> None:
    contents = read("quality", write_list(tmp_path / "own.json", single(), single(question="Where?")))
    (passage,) = contents.passages
    assert [item.key for item in contents.items] == [f"{passage.key}/1", f"{passage.key}/2"]
    assert contents.items[0].split == ""


def test_every_fault_is_named_with_file_line_and_value(tmp_path: Path) -> None:
    file = write_lines(
        tmp_path / NAME,
        line(question(gold_label=0)),
        line(question(question_unique_id="2", gold_label="4"), article=""),
        line(question(question_unique_id="3", options=["one"])),
        line(question(question_unique_id="4", speed_validation=[{"speed_annotator_id": "1", "speed_answer": 5}])),
        line(question(question_unique_id="5", question=None)),
    )
    assert faults("quality", file) == [
        f"{NAME}:1: gold_label must be from 1 to 4 (options are counted from 1); found 0",
        f"{NAME}:2: questions.0.gold_label: Input should be a valid integer; found '4'",
        f"{NAME}:3: the options must be a list of 2 to 10 texts; found ['one']",
        f"{NAME}:4: speed_answer must be from 1 to 4 (options are counted from 1); found 5",
        f"{NAME}:5: questions.0.question: this field is missing",
    ]


def test_a_fault_in_a_list_is_named_by_the_line_of_its_entry(tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_text(f"[\n  {json.dumps(single())},\n\n  {json.dumps(single(gold_label=4))}\n]\n")
    assert faults("quality", file) == [
        "own.json:4: gold_label must be from 0 to 3 (options are counted from 0); found 4"
    ]


def test_an_article_with_two_texts_is_refused(tmp_path: Path) -> None:
    (fault,) = faults("quality", write_lines(tmp_path / NAME, line(), line(second(), article="Another text.")))
    assert fault == f"{NAME}:2: article '70001' was read before with another text; found 'Another text.'"


def test_a_question_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    (fault,) = faults("quality", write_lines(tmp_path / NAME, line(), line()))
    assert fault == f"{NAME}:2: item '70001_AAAA1111_1' was read before, at {NAME}:1"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "own.json: there is no question in this file"),
        ("[]", "own.json: there is no question in this file"),
        ('\n{"article": ', "own.json:2: this is not JSON: Expecting value at column 13; found ''"),
        ('[\n{"article": 1},\n{]', "own.json:3: this is not JSON"),
        ("[[1]]", "own.json:1: an entry must be an object with an article and its questions; found [1]"),
        ('{"article": NaN}', "own.json:1: this is not usable JSON: NaN is not a JSON value"),
        ("[" * 100_000, "own.json:1: this is not usable JSON: "),
        (json.dumps(single(question="a\0b")), "own.json:1: question contains a NUL character; found 'a\\x00b'"),
        (json.dumps(single(article="a\0b")), "own.json:1: article contains a NUL character; found 'a\\x00b'"),
    ],
)
def test_a_file_that_is_not_the_layout_is_refused(tmp_path: Path, content: str, fault: str) -> None:
    file = tmp_path / "own.json"
    file.write_text(content)
    (found,) = faults("quality", file)
    assert found.startswith(fault)


def test_half_a_character_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_text(json.dumps(single(options=["a", "\ud800", "c", "d"])))
    (found,) = faults("quality", file)
    assert found.startswith("own.json:1: option B contains half a character")


def test_a_folder_is_the_files_in_it_that_are_named_like_data(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    fault = "empty: this folder has no files named like quality.jsonl, quality.json or quality.dev"
    assert faults("quality", tmp_path / "empty") == [fault]
    (tmp_path / "README.md").write_text("not data")
    dev = write_lines(tmp_path / "QuALITY.v1.0.1.htmlstripped.dev", line())
    own = write_list(tmp_path / "own.json", single())
    assert read("quality", tmp_path).items == read("quality", dev, own).items


def test_the_real_line_is_read_whole() -> None:
    contents = read("quality", shared("quality/QuALITY.v1.0.1.htmlstripped.dev.1line"))
    assert (len(contents.items), len(contents.passages)) == (7, 1)
    assert {len(item.ratings) for item in contents.items} == {10}
    first = contents.items[0]
    assert (first.key, first.gold, first.split) == ("99914_0Q5X8VEX_1", "D", "dev")
    assert first.metadata["best_distractor_votes"] == {"A": 4, "C": 1}


def test_the_real_single_questions_are_read_whole() -> None:
    contents = read("quality", shared("quality/quality_dev_single_question_8.json"))
    assert (len(contents.items), len(contents.passages)) == (8, 8)
    assert (contents.items[0].key, contents.items[0].gold) == ("0/1", "B")
