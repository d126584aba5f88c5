"""Answers and ratings of others."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from studies.models import BaselineAnswer, BaselineRun, Rating
from studies.services.datasets import load
from tests.factories import dataset
from tests.shared_data import shared

pytestmark = pytest.mark.django_db


def written(folder: Path, text: str) -> str:
    path = folder / "a.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("subject", ["management", "global_facts", "high_school_computer_science"])
@pytest.mark.parametrize("model", ["openai_gpt-4-0613", "meta_llama-3-70b", "mistralai_mixtral-8x22b"])
def test_published_answers_become_a_baseline_of_the_items_that_they_answer(subject: str, model: str) -> None:
    path = shared(f"mmlu/test/{subject}_test.csv")
    load(family="mmlu", paths=[path], name="real", now=timezone.now())
    call_command("import_baseline", str(shared(f"model_only/{subject}.csv")), "--dataset", "real", "--model", model)
    rows = list(BaselineAnswer.objects.select_related("item"))
    answered = [row for row in rows if row.outcome == "answered"]
    assert len(answered) >= 0.95 * len(rows) > 80
    assert 0.3 < sum(bool(row.correct) for row in answered) / len(answered) < 1


def test_a_word_that_is_no_letter_is_unparsed_and_never_wrong(tmp_path: Path) -> None:
    dataset()
    path = written(tmp_path, "question,choices,m\nQ0,\"['w', 'x', 'y', 'z']\",The\nQ1,\"['z', 'w', 'x', 'y']\", A\n")
    call_command("import_baseline", path, "--dataset", "d", "--model", "m")
    first, second = BaselineAnswer.objects.order_by("pk")
    assert (first.outcome, first.answer, first.correct) == ("unparsed", "", None)
    assert (second.choice_order, second.answer) == ("DABC", "D")  # the file's A is the item's D


def test_a_file_with_item_ids_is_imported_once(tmp_path: Path) -> None:
    dataset()
    path = written(tmp_path, "item_id,answer,repeat\nd/k0,A,1\nk0,B,2\n")
    call_command("import_baseline", path, "--dataset", "d", "--model", "m")
    with pytest.raises(CommandError, match="imported already"):
        call_command("import_baseline", path, "--dataset", "d", "--model", "m")
    assert [row.correct for row in BaselineAnswer.objects.order_by("repeat")] == [True, False]


def test_a_row_about_no_item_stops_the_whole_import(tmp_path: Path) -> None:
    dataset()
    path = written(tmp_path, "item_id,answer\nk0,A\nnobody,B\n")
    with pytest.raises(CommandError, match="row 3: no item"):
        call_command("import_baseline", path, "--dataset", "d", "--model", "m")
    assert not BaselineRun.objects.exists()


def test_ratings_are_kept_with_what_they_leave_open(tmp_path: Path) -> None:
    dataset()
    path = written(
        tmp_path, "item_id,source,rater_id,answer,correct,seconds\nd/k0,expert,r1,A,,12.5\nd/k1,expert,r1,,,\n"
    )
    call_command("import_ratings", path)
    first, second = Rating.objects.order_by("pk")
    assert (first.answer, first.correct, first.seconds) == ("A", True, 12.5)
    assert (second.answer, second.correct, second.seconds) == ("", None, None)
    with pytest.raises(CommandError, match="already"):
        call_command("import_ratings", path)
    assert Rating.objects.count() == 2
