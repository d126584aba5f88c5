"""Who reads out what replies recommend is a setting: checked by its key, and frozen with its prompt."""

import json

import pytest

from studies.assistants.prompts import prompt_sha256
from studies.services import studies
from tests.commands.study_file import TOML, load_items
from tests.factories import LONG_AGO, launched_study

pytestmark = pytest.mark.django_db


def faults(settings: str) -> list[str]:
    load_items()
    return studies.check(TOML.replace('strategy = "assigned"', f'strategy = "assigned"\n{settings}'))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ('audit_model = "m"', "assistants.guide.audit_model: the provider 'scripted' asks no model"),
        ('audit_model = "m"\naudit_provider = "nobody"', "assistants.guide.audit_provider: there is no 'nobody'"),
        (
            'audit_model = "m"\naudit_provider = "anthropic"\naudit_settings = { effort = "much" }',
            "assistants.guide.audit_settings.effort",
        ),
    ],
)
def test_an_auditor_that_cannot_be_asked_is_refused_by_its_key(settings: str, says: str) -> None:
    (fault,) = faults(settings)
    assert fault.startswith(says)


@pytest.mark.parametrize("settings", ["", 'audit_model = "m"\naudit_provider = "anthropic"'])
def test_one_that_can_be_asked_is_taken(settings: str) -> None:
    assert faults(settings) == []


@pytest.mark.parametrize("strategy", ["sycophantic", "critique"])
def test_the_new_strategies_are_taken(strategy: str) -> None:
    load_items()
    assert studies.check(TOML.replace('"assigned"', f'"{strategy}"')) == []


def test_every_prompt_that_a_study_uses_is_frozen_with_it() -> None:
    rules = {"strategy": "critique", "audit_model": "m", "audit_provider": "anthropic"}
    version = studies.freeze_draft(study=launched_study(assistants={"guide": rules}), now=LONG_AGO)
    frozen = json.loads(version.document.text)["prompts"]
    assert set(frozen) == {"honest.v1", "critique.v1", "revision.v1", "principles.v1", "audit.v1"}
    assert frozen["audit.v1"]["sha256"] == prompt_sha256("audit.v1")
