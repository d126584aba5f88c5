"""The command as typed, against the service on loopback."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from studies.models import Study
from tests.api_server import ApiServer
from tests.talk import START, document

pytestmark = pytest.mark.django_db


def check(**assistants: dict[str, object]) -> str:
    Study.objects.create(slug="talk", title="T", document=document(assistants=assistants), created_at=START)
    out = StringIO()
    try:
        call_command("check_assistant", "talk", stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}FAILED {error}"
    return out.getvalue()


def claude(**settings: object) -> dict[str, object]:
    return {"provider": "anthropic", "settings": {"model": "claude-haiku-4-5", "max_retries": 0, **settings}}


def test_one_line_per_assistant_with_model_time_and_cost(api: ApiServer) -> None:
    lines = check(guide=claude(), other={"provider": "scripted"}).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("guide: anthropic: claude-haiku-4-5, first word after ")
    assert "0.000016 USD" in lines[0]
    assert lines[1].startswith("other: scripted: scripted-1")


def test_a_model_without_a_price_has_no_cost_rather_than_none_to_pay(api: ApiServer) -> None:
    assert "no price" in check(guide=claude(model="unheard-of"))


def test_a_fault_is_one_line_and_the_command_fails(api: ApiServer) -> None:
    api.fail("wrong_key")
    said = check(guide=claude())
    assert said == (
        "guide: anthropic: refused_key: AuthenticationError 401 authentication_error\nFAILED No answer from: guide"
    )


def test_another_model_than_asked_for_is_said(api: ApiServer) -> None:
    api.fail("changed_model")
    assert "claude-haiku-4-5-next (asked for claude-haiku-4-5)" in check(guide=claude())


def test_a_study_that_is_not_there_is_said_in_a_sentence() -> None:
    with pytest.raises(CommandError, match="There is no study"):
        call_command("check_assistant", "nobody")
