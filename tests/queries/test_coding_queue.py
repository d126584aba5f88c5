"""Which replies wait for people: as before each was drawn anew for every page, and without reading the whole study."""

from collections.abc import Iterator
from importlib import import_module
from itertools import count
from random import Random

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from studies.domain.audit import chosen_for_coding
from studies.domain.states import IN_FLIGHT
from studies.models import Message, Participant, Pool, Study, Trial
from studies.queries import audit
from studies.services import audit as services
from studies.services import chat
from studies.services.public_ids import drawn_from
from tests.exports.packing import first_main, full_study, person, say
from tests.walk import at, open_trial

pytestmark = pytest.mark.django_db
SHARE = 0.4
_panel = count(1)


@pytest.fixture(autouse=True)
def ids() -> Iterator[None]:
    """The same replies are drawn whenever this runs."""
    with drawn_from(Random(1)):
        yield


def talked(study: Study, replies: int, *, pool: Pool = Pool.REAL) -> Trial:
    """Somebody who was answered so often in the first main trial."""
    trial = first_main(person(study, f"panel-{next(_panel)}"))
    assert trial.session is not None
    Participant.objects.filter(pk=trial.session.participant_id).update(pool=pool)
    for turn in range(replies):
        say(trial, "and?", now=21 + 4 * turn)
    return trial


def coded_study() -> Study:
    """Talks of two pools, of somebody who withdrew, in practice, with a reply without words or one being written."""
    study = full_study(audit={"blind_share": SHARE})
    practice = open_trial(person(study, "practising"), now=at(0))
    for turn in range(8):
        say(practice, "and?", now=1 + 4 * turn)
    for replies in (8, 7, 8):
        talked(study, replies)
    talked(study, 8, pool=Pool.SIMULATED)
    gone = talked(study, 8)
    assert gone.session is not None
    Participant.objects.filter(pk=gone.session.participant_id).update(withdrew_at=at(90))
    say(talked(study, 4), "and?", now=45, status="failed", reply="")
    chat.post_message(trial=talked(study, 5), client_id="", text="and?", now=at(45))
    return study


def drawn_anew(study: Study, pool: str) -> list[int]:
    """Every final reply with words to such people in main trials, drawn one by one: how the queue was made before."""
    rows = Message.objects.filter(
        role="assistant",
        trial__allocation__participant__study=study,
        trial__allocation__participant__pool=pool,
        trial__allocation__participant__withdrew_at=None,
        trial__allocation__kind="main",
    )
    rows = rows.exclude(status__in=IN_FLIGHT).exclude(text="").order_by("pk")
    seed = study.versions.get().protocol.study.seed
    return [row.pk for row in rows if chosen_for_coding(seed=seed, message=row.public_id, share=SHARE)]


def waiting(study: Study, pool: str, coder: User) -> list[int]:
    return [reply.pk for reply in audit.to_code(study=study, pool=pool, coder_id=coder.pk)]


@pytest.mark.parametrize("pool", [Pool.REAL, Pool.SIMULATED])
def test_the_queue_is_the_seeded_share_of_the_replies_in_their_order(pool: Pool) -> None:
    study, ann = coded_study(), User.objects.create(username="ann")
    expected = drawn_anew(study, pool)
    assert 0 < len(expected) < Message.objects.filter(role="assistant").count()
    assert waiting(study, pool, ann) == expected


def test_what_one_coder_has_read_is_left_out_for_them_alone() -> None:
    study = coded_study()
    ann, ben = (User.objects.create(username=name) for name in ("ann", "ben"))
    expected = drawn_anew(study, Pool.REAL)
    for pk in expected[1:3]:
        services.code(message=audit.reply_to_code(pk=pk), coder=ann, shown="", now=at(99))
    queue = audit.coding_queue(study=study, pool=Pool.REAL, coder_id=ann.pk)
    assert (queue.chosen, queue.mine) == (len(expected), 2)
    assert waiting(study, Pool.REAL, ann) == [expected[0], *expected[3:]]
    assert waiting(study, Pool.REAL, ben) == expected


def test_a_study_that_draws_none_has_none_and_no_other_studys() -> None:
    coded_study()
    other = full_study(study={"slug": "other", "title": "T", "seed": 1, "expected_minutes": 3, "pay": "x",
                              "contact_name": "a", "contact_email": "a@b.c"})  # fmt: skip
    talked(other, 3)
    assert waiting(other, Pool.REAL, User.objects.create(username="ann")) == []


def test_replies_of_before_are_drawn_by_the_migration_as_new_ones_are() -> None:
    study = coded_study()
    drawn = dict(Message.objects.values_list("pk", "coding_study"))
    Message.objects.update(coding_study=None)
    import_module("studies.migrations.0012_replies_for_coding").draw(apps, None)
    assert dict(Message.objects.values_list("pk", "coding_study")) == drawn
    assert set(drawn.values()) == {None, study.pk}


def test_a_page_takes_as_many_queries_for_many_replies_as_for_few(client: Client) -> None:
    study = full_study(audit={"blind_share": 1})
    client.force_login(User.objects.create_user("ruth", is_staff=True))
    asked = []
    for replies in (2, 8, 8):
        talked(study, replies)
        with CaptureQueriesContext(connection) as captured:
            page = client.get(reverse("research:coding", args=["s"]) + "?pool=real").content.decode()
        asked.append(len(captured))
    assert "You have coded 0 of 18 replies" in page
    assert asked[0] == asked[1] == asked[2]


def test_the_database_begins_with_the_replies_that_were_drawn_and_sorts_nothing() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans by its statistics, which a small study does not have")
    study = coded_study()
    plan = audit.coding_queue(study=study, pool=Pool.REAL, coder_id=1).left.explain()
    assert "studies_message USING INDEX replies_for_coding" in plan.splitlines()[0]
    assert "TEMP B-TREE" not in plan
