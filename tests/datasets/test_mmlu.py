"""MMLU files as they are found, with what is known to be odd in them."""

import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.datasets.files import faults, mmlu_row, read, write_csv
from tests.shared_data import shared

HEADER = ["question", "choices", "answer"]


def test_subject_split_and_number_make_the_key(tmp_path: Path) -> None:
    items = read("mmlu", write_csv(tmp_path / "tide_tables_test.csv", mmlu_row(1), mmlu_row(2, "D"))).items
    assert [item.key for item in items] == ["tide_tables/test/1", "tide_tables/test/2"]
    assert [(item.category, item.split, item.gold) for item in items][1] == ("tide_tables", "test", "D")


def test_a_whole_data_folder_is_its_three_splits_and_nothing_else(tmp_path: Path) -> None:
    for split in ("dev", "val", "test"):
        write_csv(tmp_path / split / f"tides_{split}.csv", mmlu_row(len(split)))
    write_csv(tmp_path / "auxiliary_train" / "other.csv", mmlu_row(9))
    (tmp_path / "test" / "README.txt").write_text("about")
    (tmp_path / "test" / "._tides_test.csv").write_bytes(b"\x00")
    assert [item.key for item in read("mmlu", tmp_path).items] == ["tides/dev/1", "tides/val/1", "tides/test/1"]
    assert [item.key for item in read("mmlu", tmp_path / "val").items] == ["tides/val/1"]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "tides_dev.csv", mmlu_row(1))
    assert len(read("mmlu", file, tmp_path, file).items) == 1


def test_line_ends_inside_a_question_stay(tmp_path: Path) -> None:
    text = 'First line\nsecond\u0085third\u2028fourth, with a "quote"'
    rows = [[text, *mmlu_row(1)[1:]], mmlu_row(2)]
    items = read("mmlu", write_csv(tmp_path / "tides_test.csv", *rows)).items
    assert [item.question for item in items] == [text, rows[1][0]]


def test_options_stay_the_text_that_they_are(tmp_path: Path) -> None:
    options = ["7-Mar", "1:04", "0.50%", " 007 "]
    items = read("mmlu", write_csv(tmp_path / "tides_test.csv", ["Which?", *options, "A"])).items
    assert list(items[0].options) == options


def test_exact_duplicates_are_items_with_the_same_hash(tmp_path: Path) -> None:
    first, again, other = read(
        "mmlu", write_csv(tmp_path / "tides_test.csv", mmlu_row(1), mmlu_row(1), mmlu_row(1, "C"))
    ).items
    assert first.key != again.key
    assert first.content_sha256 == again.content_sha256 != other.content_sha256


def test_a_byte_order_mark_and_windows_line_ends_are_no_content(tmp_path: Path) -> None:
    file = tmp_path / "tides_test.csv"
    file.write_bytes(b"\xef\xbb\xbfWhat?,a,b,c,d,A\r\n\r\nWhy?,a,b,c,d,B\r\n")
    assert [(item.question, item.gold) for item in read("mmlu", file).items] == [("What?", "A"), ("Why?", "B")]


@pytest.mark.parametrize(
    "cell",
    [
        '["one", "it\'s, two", "3", "fo\\nur"]',
        """['one', "it's, two", '3', 'fo\\nur']""",
        """['one' "it's, two"\n '3' 'fo\\nur']""",
        """array(['one', "it's, two", '3', 'fo\\nur'], dtype=object)""",
    ],
    ids=["json", "python", "numpy", "numpy array"],
)
def test_a_list_in_a_cell_is_read_in_every_spelling(tmp_path: Path, cell: str) -> None:
    items = read("mmlu", write_csv(tmp_path / "tides_validation.csv", HEADER, ["Which?", cell, "1"])).items
    assert items[0].options == ("one", "it's, two", "3", "fo\nur")
    assert (items[0].gold, items[0].key) == ("B", "tides/val/1")


def test_converted_and_original_files_give_the_same_items(tmp_path: Path) -> None:
    row = mmlu_row(3, "C")
    original = read("mmlu", write_csv(tmp_path / "a" / "tides_test.csv", row)).items
    converted = read("mmlu", write_csv(tmp_path / "b" / "tides_test.csv", HEADER, [row[0], repr(row[1:5]), "2"])).items
    assert original == converted


def test_numbers_count_within_the_subject_column(tmp_path: Path) -> None:
    rows = [[subject, f"{subject}?", "['a', 'b']", "0"] for subject in ("tides", "knots", "tides")]
    items = read("mmlu", write_csv(tmp_path / "test.csv", ["subject", *HEADER], *rows)).items
    assert [item.key for item in items] == ["tides/test/1", "knots/test/1", "tides/test/2"]


def test_parquet_gives_the_same_items_as_csv(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is an optional extra")
    parquet = pytest.importorskip("pyarrow.parquet")
    folder = tmp_path / "tides"
    folder.mkdir()
    table = pyarrow.table({"question": ["What?"], "choices": [["a", "b", "c", "d"]], "answer": [3]})
    parquet.write_table(table, folder / "validation-00000-of-00001.parquet")
    plain = write_csv(tmp_path / "tides_val.csv", ["What?", "a", "b", "c", "d", "D"])
    assert read("mmlu", folder).items == read("mmlu", plain).items


def test_a_file_behind_a_link_is_named_by_the_link(tmp_path: Path) -> None:
    blob = write_csv(tmp_path / "blobs" / "f00", HEADER, ["Which?", "['a', 'b']", "1"])
    (tmp_path / "tides").mkdir()
    (tmp_path / "tides" / "test-00000-of-00001.csv").symlink_to(blob)
    assert [item.key for item in read("mmlu", tmp_path / "tides").items] == ["tides/test/1"]


def test_training_questions_have_no_subject_and_take_the_name_of_the_folder(tmp_path: Path) -> None:
    rows = [["subject", *HEADER], ["", "Which?", "['a', 'b']", "1"]]
    items = read("mmlu", write_csv(tmp_path / "all" / "auxiliary_train-00000-of-00001.csv", *rows)).items
    assert [(item.key, item.category) for item in items] == [("all/auxiliary_train/1", "all")]


def test_a_name_of_another_form_is_the_subject(tmp_path: Path) -> None:
    items = read("mmlu", write_csv(tmp_path / "harbour.csv", mmlu_row(1))).items
    assert [(item.key, item.category, item.split) for item in items] == [("harbour/1", "harbour", "")]


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "tides_val.parquet").write_bytes(b"PAR1")
    assert faults("mmlu", tmp_path / "tides_val.parquet") == [
        'tides_val.parquet: parquet files need pyarrow: pip install "pyarrow>=20"'
    ]


def test_a_broken_parquet_file_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is an optional extra")
    (tmp_path / "tides_val.parquet").write_bytes(b"PAR1 and then nothing of the kind")
    (fault,) = faults("mmlu", tmp_path / "tides_val.parquet")
    assert fault.startswith("tides_val.parquet: this is not a readable parquet file")


def test_every_fault_is_named_with_file_line_and_value(tmp_path: Path) -> None:
    one = write_csv(
        tmp_path / "one_test.csv",
        ["A question\nof two lines", "a", "b", "c", "d", "A"],
        mmlu_row(1, "E"),
        mmlu_row(2)[:5],
        ["", *mmlu_row(3)[1:]],
    )
    two = write_csv(tmp_path / "two_test.csv", ["What?", "a", " ", "c", "d", "A"])
    assert faults("mmlu", one, two) == [
        "one_test.csv:3: the last field must be the letter of the answer, A to D; found 'E'",
        "one_test.csv:4: a row has 6 fields (question, four options, letter), this one has 5; found '0.50%'",
        "one_test.csv:5: the question is empty; found ''",
        "two_test.csv:1: option B is empty; found ' '",
    ]


@pytest.mark.parametrize(
    ("cell", "answer", "fault"),
    [
        ("['a' 'b', 'c']", "0", """the choices are not a list of quoted texts; found "'a' 'b', 'c'\""""),
        ("[a, b]", "0", "the choices are not a list of quoted texts; found 'a, b'"),
        ("[0.5, 1]", "0", "option A must be text; found 0.5"),
        ("['a']", "0", "the options must be a list of 2 to 10 texts; found ['a']"),
        ("a|b", "0", "the choices must be a list in brackets; found 'a|b'"),
        ("['a', 'b']", "2", "the answer must be a number from 0 to 1 (options are counted from 0); found '2'"),
        ("['a', 'b']", "", "the answer must be a number from 0 to 1 (options are counted from 0); found ''"),
    ],
)
def test_a_list_or_answer_that_means_nothing_is_refused(tmp_path: Path, cell: str, answer: str, fault: str) -> None:
    file = write_csv(tmp_path / "tides_test.csv", HEADER, ["Which?", cell, answer])
    assert faults("mmlu", file) == [f"tides_test.csv:2: {fault}"]


def test_a_missing_column_and_an_unknown_header_are_one_fault(tmp_path: Path) -> None:
    no_answer = write_csv(tmp_path / "a_test.csv", ["question", "choices"], ["Which?", "['a', 'b']"])
    unknown = write_csv(tmp_path / "b_test.csv", ["question", "A", "B", "C", "D", "answer"], mmlu_row(1))
    assert faults("mmlu", no_answer, unknown) == [
        "a_test.csv:1: no column answer in the header; found 'question,choices'",
        "b_test.csv:1: this header is not known; use question,choices,answer, or no header at all; "
        "found 'question,A,B,C,D,answer'",
    ]


def test_an_open_quote_is_named_by_the_line_where_its_row_begins(tmp_path: Path) -> None:
    file = tmp_path / "tides_test.csv"
    file.write_text('What?,a,b,c,d,A\n"Why?,a,b,c,d,B\nHow?,a,b,c,d,C\n')
    (fault,) = faults("mmlu", file)
    assert fault.startswith("tides_test.csv:2: not a readable CSV row")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "tides_test.csv: there is no question in this file"),
        (b"What?,a,b,c,d,A\nWh\xff?,a,b,c,d,A\n", "tides_test.csv:2: this is not UTF-8; found b'\\xff?,a,b,c'"),
        (b"PK\x00\x01", "tides_test.csv: this is not a text file (it contains NUL bytes)"),
    ],
    ids=["empty", "not UTF-8", "binary"],
)
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes, fault: str) -> None:
    file = tmp_path / "tides_test.csv"
    file.write_bytes(content)
    assert faults("mmlu", file) == [fault]


def test_a_path_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert faults("mmlu", tmp_path / "gone.csv") == ["gone.csv: there is no such file"]
    assert faults("mmlu", tmp_path / "empty")[0].startswith("empty: this folder has no .csv or .parquet files")


def test_two_files_for_the_same_items_are_refused(tmp_path: Path) -> None:
    one = write_csv(tmp_path / "a" / "tides_test.csv", mmlu_row(1))
    two = write_csv(tmp_path / "b" / "tides_test.csv", mmlu_row(2))
    assert faults("mmlu", one, two) == ["tides_test.csv:1: item 'tides/test/1' was read before, at tides_test.csv:1"]


def test_as_many_items_as_all_of_mmlu_are_read_without_loss(tmp_path: Path) -> None:
    for subject in range(57):
        rows = [mmlu_row(subject * 1000 + number) for number in range(280)]
        write_csv(tmp_path / "test" / f"subject_{subject}_test.csv", *rows)
    items = read("mmlu", tmp_path).items
    assert len({item.key for item in items}) == len({item.content_sha256 for item in items}) == 57 * 280


def test_the_real_files_are_read_whole() -> None:
    items = read("mmlu", shared("mmlu")).items
    assert Counter(item.split for item in items) == {"test": 303, "val": 32, "dev": 15}
    assert len({item.category for item in items}) == 3
    assert all(len(item.options) == 4 and item.gold in set("ABCD") for item in items)
    assert any("\n" in item.question for item in items)
