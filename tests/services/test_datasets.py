"""What a load stores, and what it leaves alone."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connection

from studies.datasets import DatasetError
from studies.domain.errors import Refused
from studies.models import Dataset, Item, Passage, Rating
from studies.services import datasets
from tests.datasets.files import line, mmlu_row, question, write_csv, write_lines
from tests.shared_data import shared

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 9, tzinfo=UTC)


def load(family: str, paths: Sequence[Path], name: str = "own", now: datetime = NOW) -> datasets.LoadResult:
    return datasets.load(family=family, paths=paths, name=name, now=now)


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Dataset, Passage, Item, Rating))


@pytest.fixture
def tides(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "tides_test.csv", mmlu_row(1), mmlu_row(2), mmlu_row(1))


@pytest.fixture
def lamp(tmp_path: Path) -> Path:
    """Two lines of one article: two questions, five ratings each."""
    second = question(question="When?", question_unique_id="70001_BBBB2222_1", gold_label=4)
    return write_lines(tmp_path / "lamp.dev", line(), line(second))


def test_items_are_stored_in_the_order_of_the_file(tides: Path) -> None:
    result = load("mmlu", [tides])
    assert (result.added, result.known, result.duplicates, result.categories) == (3, 0, 1, 1)
    dataset = Dataset.objects.get()
    assert (dataset.name, dataset.family, dataset.loaded_at) == ("own", "mmlu", NOW)
    first, second, again = dataset.items.order_by("pk")
    assert (first.key, first.category, first.split) == ("tides/test/1", "tides", "test")
    assert (first.options, first.gold) == (["1", "2", "1.0", "0.50%"], "B")
    assert first.content_sha256 == again.content_sha256 != second.content_sha256


def test_articles_and_ratings_are_stored_once(lamp: Path) -> None:
    result = load("quality", [lamp])
    assert (result.added, result.passages, result.ratings) == (2, 1, 10)
    passage = Passage.objects.get()
    assert {item.passage for item in Item.objects.select_related("passage")} == {passage}
    rating = Rating.objects.get(item__key="70001_AAAA1111_1", source="speed", rater_id="00NA#2")
    assert (rating.answer, rating.correct, rating.seconds) == ("A", True, None)
    assert Item.objects.get(key="70001_AAAA1111_1").metadata["best_distractor_votes"] == {"B": 1, "C": 1}


def test_loading_twice_adds_nothing(tides: Path, lamp: Path) -> None:
    load("mmlu", [tides])
    load("quality", [lamp], name="lamps")
    before = counts()
    again = load("mmlu", [tides], now=LATER)
    lamps = load("quality", [lamp], name="lamps", now=LATER)
    assert counts() == before
    assert (again.added, again.known, lamps.added, lamps.known) == (0, 3, 0, 2)
    assert set(Dataset.objects.values_list("loaded_at", flat=True)) == {NOW}


def test_further_files_add_to_a_data_set(tides: Path, tmp_path: Path) -> None:
    load("mmlu", [tides])
    result = load("mmlu", [tides, write_csv(tmp_path / "knots_dev.csv", mmlu_row(7))], now=LATER)
    assert (result.added, result.known) == (1, 3)
    assert Dataset.objects.get().items.count() == 4


def test_another_content_under_the_same_name_is_refused_whole(tides: Path, tmp_path: Path) -> None:
    load("mmlu", [tides])
    before = counts()
    other = write_csv(tmp_path / "new" / "tides_test.csv", mmlu_row(1), mmlu_row(2, "A"), mmlu_row(1), mmlu_row(9))
    with pytest.raises(DatasetError) as refused:
        load("mmlu", [other])
    assert refused.value.faults == [
        "item 'tides/test/2' is already in data set 'own' with another question, options, answer or passage; "
        "load this version as another: --dataset NAME"
    ]
    assert counts() == before
    assert load("mmlu", [other], name="own-2").added == 4


def test_other_ratings_of_the_same_item_are_refused(lamp: Path, tmp_path: Path) -> None:
    load("quality", [lamp])
    with pytest.raises(DatasetError, match=r"70001_AAAA1111_1.*other ratings"):
        load("quality", [write_lines(tmp_path / "bare.dev", line(question(validation=None)))])


def test_another_text_of_a_loaded_article_is_refused(lamp: Path, tmp_path: Path) -> None:
    load("quality", [lamp])
    before = counts()
    new = write_lines(tmp_path / "new.dev", line(question(question_unique_id="new"), article="Another text."))
    with pytest.raises(DatasetError, match=r"article '70001' is already in data set 'own' with another text"):
        load("quality", [new])
    assert counts() == before


def test_a_bad_file_loads_nothing_of_the_good_ones(tides: Path, tmp_path: Path) -> None:
    bad = write_csv(tmp_path / "bad_test.csv", mmlu_row(4), mmlu_row(5, "?"))
    with pytest.raises(DatasetError, match=r"bad_test\.csv:2"):
        load("mmlu", [tides, bad])
    assert counts() == (0, 0, 0, 0)


def test_a_name_holds_one_family(tides: Path, lamp: Path) -> None:
    load("mmlu", [tides])
    with pytest.raises(Refused) as refused:
        load("quality", [lamp])
    assert refused.value.code == "dataset_of_other_family"


@pytest.mark.parametrize("name", ["", "two words", "a" * 81, "ä"])
def test_a_name_that_no_study_file_can_use_is_refused(tides: Path, name: str) -> None:
    with pytest.raises(Refused) as refused:
        load("mmlu", [tides], name=name)
    assert refused.value.code == "bad_dataset_name"


def test_an_unknown_family_is_refused(tides: Path) -> None:
    with pytest.raises(Refused, match="there is mmlu, quality"):
        load("halie", [tides])


def test_questions_without_an_answer_are_loaded_and_counted(tmp_path: Path) -> None:
    bare = question(gold_label=None, writer_label=None, validation=None, speed_validation=None)
    result = load("quality", [write_lines(tmp_path / "own.test", line(bare))])
    assert (result.added, result.without_answer) == (1, 1)
    assert Item.objects.get().gold == ""


def test_odd_characters_come_back_as_they_were(tmp_path: Path) -> None:
    text = "One\n two\u0085three\u2028four\x0bfive 🌊 e\u0301"
    load("quality", [write_lines(tmp_path / "own.dev", line(question(question=text), article=text))])
    item = Item.objects.select_related("passage").get()
    assert item.passage is not None
    assert (item.question, item.passage.text) == (text, text)


def test_more_items_than_one_chunk_are_stored_and_reported(tmp_path: Path) -> None:
    many = write_csv(tmp_path / "tides_test.csv", *(mmlu_row(number) for number in range(datasets.CHUNK * 2 + 5)))
    seen: list[tuple[str, int, int]] = []
    datasets.load(
        family="mmlu",
        paths=[many],
        name="own",
        now=NOW,
        progress=lambda what, done, total: seen.append((what, done, total)),
    )
    assert Item.objects.values("content_sha256").distinct().count() == datasets.CHUNK * 2 + 5
    assert seen[0] == ("reading files", 1, 1)
    assert seen[-1] == ("storing items", 2005, 2005)


@pytest.mark.django_db(transaction=True)
def test_of_two_loads_at_once_one_adds_and_the_other_finds(tides: Path) -> None:
    barrier = Barrier(2)

    def run(_: int) -> int:
        barrier.wait()
        try:
            return load("mmlu", [tides]).added
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(run, range(2))) == [0, 3]
    assert counts() == (1, 0, 3, 0)


def test_the_real_files_are_stored() -> None:
    mmlu = load("mmlu", [shared("mmlu")], name="mmlu")
    quality = load("quality", [shared("quality/QuALITY.v1.0.1.htmlstripped.dev.1line")], name="quality")
    assert (mmlu.added, mmlu.categories) == (350, 3)
    assert (quality.added, quality.passages, quality.ratings) == (7, 1, 70)
    # The speed validators are the honest unaided baseline; the untimed ones took part in the gold label.
    assert set(Rating.objects.values_list("source", flat=True)) == {"untimed", "speed"}
