import hashlib
import json

import pytest

from studies.models import FrozenDocument
from studies.services.studies import freeze_draft
from tests.factories import launched_study
from tests.walk import START


@pytest.mark.django_db
def test_a_frozen_study_holds_the_words_of_its_prompts_under_their_hash() -> None:
    version = freeze_draft(study=launched_study(), now=START)
    prompts = json.loads(FrozenDocument.objects.get(version=version).text)["prompts"]
    assert list(prompts) == ["assigned.v1"]
    held = prompts["assigned.v1"]
    assert held["sha256"] == hashlib.sha256(held["text"].encode()).hexdigest()
    assert "argue" in held["text"]
