"""Which calls count against which cap."""

from decimal import Decimal

import pytest

from studies.models import Generation, Message, Trial
from studies.queries.spending import cap_reached
from studies.queries.trials import protocol_of
from tests.talk import START, assisted_trial

pytestmark = pytest.mark.django_db
LEVELS = ("trial", "participant", "study")


def spent_in(trial: Trial, **more: object) -> None:
    reply = Message.objects.create(
        trial=trial, turn=1, role="assistant", status="done", public_id=f"m{trial.pk}", sent_at=START
    )
    Generation.objects.create(
        message=reply, public_id=f"g{trial.pk}", started_at=START, input_tokens=60, output_tokens=40,
        cost_usd=Decimal("0.01"), **more,
    )  # fmt: skip


def of_the_same_person(trial: Trial, other: Trial) -> Trial:
    """`other` as a trial of another sitting of theirs."""
    assert trial.session is not None
    assert other.session is not None
    other.session.participant, other.session.sitting = trial.session.participant, 2
    other.session.state, other.session.finished_at = "finished", START
    other.session.save()
    return other


@pytest.mark.parametrize("unit", ["tokens", "usd"])
@pytest.mark.parametrize("level", LEVELS)
def test_a_cap_counts_the_calls_of_its_own_level_and_no_others(unit: str, level: str) -> None:
    key = f"{unit}_per_{level}"
    caps = {key: 100 if unit == "tokens" else 0.01}
    own, stranger = assisted_trial(caps=caps), assisted_trial(caps=caps)
    beside = of_the_same_person(own, assisted_trial(caps=caps))
    protocol = protocol_of(own)
    assert cap_reached(own, protocol) == ""
    spent_in(own)
    reached = [bool(cap_reached(trial, protocol)) for trial in (own, beside, stranger)]
    assert reached == [True, level in ("participant", "study"), level == "study"]
    assert cap_reached(own, protocol) == key


@pytest.mark.parametrize("level", LEVELS)
def test_what_reads_replies_out_counts_for_the_study_alone(level: str) -> None:
    trial = assisted_trial(caps={f"tokens_per_{level}": 100})
    spent_in(trial, purpose="audit")
    assert bool(cap_reached(trial, protocol_of(trial))) == (level == "study")
