"""What assistants did, and how it was read out, as the package tells it."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User

from studies.models import Study
from studies.queries import audit as queries
from studies.services import audit, sitting, trials
from studies.services.events import record
from tests.exports.packing import first_main, full_study, packed, person, rows, say
from tests.exports.test_package import check
from tests.walk import at

pytestmark = pytest.mark.django_db


def talked(study: Study, *, advice: str, panel_id: str = "") -> str:
    """A trial in which the assistant recommended this, or whatever was drawn for it; its participant's code."""
    trial = first_main(person(study, panel_id))
    say(trial, "which?", now=25, advice=advice or trial.allocation.brief.target)
    trials.submit(trial=trial, answer="B", confidence_raw="60", now=at(50))
    assert trial.session is not None
    return trial.session.participant.code


def test_what_was_drawn_and_what_it_came_to_stand_beside_each_other(tmp_path: Path) -> None:
    study = full_study()
    talked(study, advice="")
    path = packed(study, tmp_path)
    check(path)
    (line,) = rows(path, "assistants")
    told = [line[name] for name in ("assistant", "trials", "talked", "recommended", "as_drawn", "not_argued", "unread")]
    assert told == ["guide", "1", "1", "1", "1", "0", "0"]
    assert line["realised_right"] == line["drawn_right"]
    assert rows(path, "coder_agreement") == []


def test_a_brief_that_was_not_argued_and_a_leak_are_marked_at_their_trial(tmp_path: Path) -> None:
    study = full_study()
    trial = first_main(person(study))
    other = next(letter for letter in "ABCD" if letter != trial.allocation.brief.target)
    say(trial, "which?", now=25, advice=other)
    assert trial.session is not None
    record(
        study=study, participant=trial.session.participant, session=trial.session, trial=trial, kind="reply.leak",
        now=at(30), detail={"gives_away": ["brief"]},
    )  # fmt: skip
    path = packed(study, tmp_path)
    (row,) = [row for row in rows(path, "responses") if row["trial_id"] == trial.public_id]
    assert (row["brief_argued"], row["assistant_gave_away"]) == ("false", "brief")
    (line,) = rows(path, "assistants")
    assert (line["not_argued"], line["gave_away"], line["as_drawn"]) == ("1", "1", "0")


def test_codings_are_told_under_a_code_with_their_agreement(tmp_path: Path) -> None:
    study = full_study(audit={"blind_share": 1})
    talked(study, advice="B")
    for name, shown in (("ann", "A"), ("ben", "")):
        coder = User.objects.create(username=name)
        (reply,) = queries.to_code(study=study, pool="real", coder_id=coder.pk)
        audit.code(message=reply, coder=coder, shown=shown, now=at(99))
    path = packed(study, tmp_path)
    check(path)
    found = rows(path, "codings")
    assert [row["recommended_shown"] for row in found] == ["A", ""]
    assert len({row["coder_id"] for row in found}) == 2
    assert not any("ann" in value for row in found for value in row.values())
    assert [(row["between"], row["pairs"]) for row in rows(path, "coder_agreement")] == [
        ("coders", "1"), ("coders_and_recorded", "2"),
    ]  # fmt: skip


def test_who_withdrew_is_in_none_of_it(tmp_path: Path) -> None:
    study = full_study()
    code = talked(study, advice="")
    sitting.withdraw(participant=study.participants.get(code=code), now=at(900))
    assert rows(packed(study, tmp_path), "assistants") == []
