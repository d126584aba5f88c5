import hashlib
import itertools
import json
from collections import Counter

import pytest

from studies.domain.protocol import Protocol
from studies.models import FrozenDocument, Item, Passage, StudyItem
from studies.queries.pool import main_items
from studies.queries.study_file import database_faults
from studies.services.freezing import freeze
from studies.services.studies import freeze_draft
from tests.factories import dataset, document, launched_study
from tests.walk import START


@pytest.mark.django_db
def test_a_frozen_study_holds_the_words_of_its_prompts_under_their_hash() -> None:
    version = freeze_draft(study=launched_study(), now=START)
    prompts = json.loads(FrozenDocument.objects.get(version=version).text)["prompts"]
    assert list(prompts) == ["assigned.v1"]
    held = prompts["assigned.v1"]
    assert held["sha256"] == hashlib.sha256(held["text"].encode()).hexdigest()
    assert "argue" in held["text"]


CHECK = {"key": "look", "question": "Choose Green.", "options": ["Blue", "Green", "Red"], "answer": "Green", "after": 1}


@pytest.mark.django_db
def test_another_wording_of_an_attention_check_leaves_the_frozen_one_alone() -> None:
    study = launched_study(attention=[CHECK])
    other = document(attention=[{**CHECK, "question": "Please choose Green."}])
    freeze(study=study, protocol=Protocol.model_validate(other), prompts={}, now=START)
    asked = StudyItem.objects.filter(kind="attention").order_by("version__number")
    assert [entry.item.question for entry in asked] == ["Choose Green.", "Please choose Green."]


@pytest.mark.django_db
def test_separate_samples_that_leave_one_arm_short_are_a_fault() -> None:
    dataset()
    short = document(
        design={"participants": 5, "items": "separate"},
        tasks=[{"name": "mmlu", "dataset": "d", "items_per_arm": 11}],
    )
    assert database_faults(Protocol.model_validate(short)) == [
        "tasks[0].items_per_arm: arm 'assisted' needs 11 items; 10 can be met",
        "tasks[0].items_per_arm: arm 'unaided' needs 11 items; 10 can be met",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_separate_samples_have_as_many_questions_whatever_the_length_of_their_texts(seed: int) -> None:
    quality = dataset(name="q", family="quality", questions=40)
    lengths, places = (12, 7, 5, 4, 3, 3, 2, 2, 1, 1), iter(quality.items.order_by("pk"))
    for number, length in enumerate(lengths):
        text = Passage.objects.create(dataset=quality, key=f"t{number}", text="A text.")
        for item in itertools.islice(places, length):
            Item.objects.filter(pk=item.pk).update(passage=text)
    settings = document(
        design={"participants": 5, "items": "separate"}, tasks=[{"name": "quality", "dataset": "q", "items_per_arm": 2}]
    )
    settings["study"]["seed"] = seed
    pool = list(main_items(Protocol.model_validate(settings), []))
    counted = Counter(entry.arm for entry in pool)
    assert max(counted.values()) - min(counted.values()) <= 1
    arms_of = {(entry.item.passage_id, entry.arm) for entry in pool}
    assert len(arms_of) == len(lengths)  # a text is in one arm only
