import io

import pytest
from django.core.management import CommandError, call_command

from studies.domain.states import StudyState
from studies.models import Allocation, Brief, Participant, Pool, Study
from studies.services import simulated
from tests.factories import launched_study
from tests.walk import START, completed

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out, verbosity=0)
    return out.getvalue()


def test_the_command_prints_what_became_of_them_by_outcome_and_arm() -> None:
    launched_study()
    told = run("simulate", "s", "--participants", "4", "--seed", "1")
    assert "4 simulated people" in told
    assert "assisted" in told
    assert "unaided" in told
    assert Participant.objects.filter(pool=Pool.SIMULATED).count() == 4


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("nowhere", "--participants", "1", "--seed", "1"), "There is no study 'nowhere'"),
        (("s", "--participants", "0", "--seed", "1"), "--participants"),
        (("s", "--participants", "1", "--seed", "1", "--start", "soon"), "is no time"),
        (("s", "--participants", "1", "--seed", "1", "--start", "2999-01-01T00:00:00Z"), "start it before"),
        (("s", "--participants", "1", "--seed", "1", "--live", "http://example.org"), "no server on this machine"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(words: tuple[str, ...], says: str) -> None:
    launched_study()
    with pytest.raises(CommandError, match=says):
        run("simulate", *words)
    assert not Participant.objects.exists()


def test_a_draft_is_refused() -> None:
    launched_study()
    Study.objects.update(state=StudyState.DRAFT)
    with pytest.raises(CommandError, match="not started"):
        run("simulate", "s", "--participants", "1", "--seed", "1")


def test_every_recorded_draw_comes_out_again() -> None:
    launched_study()
    run("simulate", "s", "--participants", "6", "--seed", "1")
    assert "come out again" in run("check_allocation", "s")


@pytest.mark.parametrize("spoilt", ["order", "choice", "seed", "chance", "target", "sequence"])
def test_a_draw_that_was_tampered_with_is_found(spoilt: str) -> None:
    completed(launched_study(), "p1")
    row = Allocation.objects.filter(arm="assisted").first()
    assert row is not None
    planned, brief = Allocation.objects.filter(pk=row.pk), Brief.objects.get(allocation=row)
    if spoilt == "order":
        planned.update(choice_order=row.choice_order[::-1])
    elif spoilt == "choice":
        planned.update(choice=str(int(row.choice) + 1))
    elif spoilt == "seed":
        planned.update(seed="0" * 64)
    elif spoilt == "chance":
        planned.update(probability=0.5)
    elif spoilt == "target":
        target = next(letter for letter in "ABCD" if letter != brief.target)
        Brief.objects.filter(pk=brief.pk).update(target=target, correct=target == row.item.gold)
    else:
        Participant.objects.update(sequence=["assisted"])
    with pytest.raises(CommandError, match="do not come out again"):
        run("check_allocation", "s")


def test_only_a_ticket_signed_here_leads_into_the_simulated_pool(client: object) -> None:
    study = launched_study()
    ticket = simulated.ticket(study=study, code="AAAABBBB", truth={"trust": 0.5})
    for address in (f"/join/s/?simulated={ticket}x", "/join/s/?simulated=me"):
        assert b"not valid any more" in client.post(address).content  # type: ignore[attr-defined]
    assert not Participant.objects.exists()
    client.post(f"/join/s/?simulated={ticket}")  # type: ignore[attr-defined]
    assert Participant.objects.get().pool == Pool.SIMULATED


def test_a_ticket_is_no_use_where_real_people_have_joined() -> None:
    study = launched_study()
    completed(study, "p1")
    ticket = simulated.ticket(study=study, code="AAAABBBB", truth={})
    with pytest.raises(Exception, match="real participants"):
        simulated.join_by_ticket(study=study, signed=ticket, now=START)
