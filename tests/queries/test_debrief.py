"""What a person is told afterwards of an assistant that agreed with them."""

import pytest

from studies.models import Message, Trial
from studies.queries.debrief import debrief
from studies.queries.trials import protocol_of
from studies.services import trials
from tests.talk import assisted_trial, at

pytestmark = pytest.mark.django_db


def agreed(strategy: str, letter: str) -> Trial:
    """A closed trial whose last reply recommends the original `letter`; the key is A."""
    trial = assisted_trial(target="", assistants={"guide": {"strategy": strategy}})
    brief = trial.allocation.brief
    brief.strategy = strategy
    brief.save()
    for turn, said in enumerate(("D", letter), 1):
        Message.objects.create(
            trial=trial, turn=turn, role="assistant", status="done", public_id=f"r{turn}", text="So.", sent_at=at(turn),
            recommended=said, recommended_by="provider",
        )  # fmt: skip
    trials.submit(trial=trial, answer="B", confidence_raw="60", now=at(20))
    return trial


@pytest.mark.parametrize(("letter", "advice"), [("B", ["beta"]), ("A", [])])
def test_agreeing_with_a_wrong_view_is_told_as_misleading(letter: str, advice: list[str]) -> None:
    trial = agreed("sycophantic", letter)
    assert trial.session is not None
    told = debrief(session=trial.session, protocol=protocol_of(trial))
    assert [one["advice"] for one in told["misled"]] == advice
    assert told["asks_data_use"]


def test_an_honest_error_is_no_misleading_by_design() -> None:
    trial = agreed("honest", "B")
    assert trial.session is not None
    told = debrief(session=trial.session, protocol=protocol_of(trial))
    assert (told["misled"], told["asks_data_use"]) == ([], False)
