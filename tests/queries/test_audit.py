"""Realised against drawn reliability, briefs not argued, codings and leaks, from rows written here."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from studies.domain.audit import chosen_for_coding
from studies.domain.errors import Refused
from studies.models import Event, Message, Study, Trial
from studies.queries import audit
from studies.services import audit as services
from tests.talk import assisted_trial, at

pytestmark = pytest.mark.django_db
_GOLD = "A"  # of the talk's only item; its options are shown as C A B D
ALL_CODED = {"audit": {"blind_share": 1}}


def trial_with(*recommended: str | None, target: str = "D", **parts: Any) -> Trial:
    """A trial whose replies recommend these original letters: '' none, None not read out."""
    trial = assisted_trial(target=target, **parts)
    brief = trial.allocation.brief
    if target:
        brief.correct = target == _GOLD
    brief.strategy = "assigned"
    brief.save()
    assert trial.session is not None
    version = trial.session.participant.version
    seed, share = version.protocol.study.seed, version.protocol.audit.blind_share
    for turn, letter in enumerate(recommended, 1):
        common: dict[str, Any] = {"trial": trial, "turn": turn, "status": "done", "sent_at": at(turn)}
        Message.objects.create(**common, role="participant", public_id=f"p{trial.pk}-{turn}", text="Which?")
        Message.objects.create(
            **common, role="assistant", public_id=f"a{trial.pk}-{turn}", text="So.", recommended=letter or "",
            recommended_by="" if letter is None else "provider",
            coding_study=version.study
            if chosen_for_coding(seed=seed, message=f"a{trial.pk}-{turn}", share=share) else None,
        )  # fmt: skip
    return trial


def study() -> Study:
    return Study.objects.get(slug="talk")


def test_realised_reliability_stands_beside_what_was_drawn_and_what_was_set() -> None:
    trial_with("D")  # wrong, argued
    trial_with("", "A", target="A")  # right, argued in the end
    trial_with("B", target="A")  # right, not argued: advised wrongly
    trial_with(None, target="A")  # nobody has read it
    trial_with(target="A")  # no talk
    (line,) = audit.overview(study=study(), pool="real").lines
    assert (line.assistant, line.strategy, line.trials, line.talked) == ("guide", "assigned", 5, 4)
    assert (line.set_share, line.drawn_right) == (0.6, 0.8)
    assert (line.recommended, line.realised_right) == (3, pytest.approx(1 / 3))
    assert line.as_drawn == pytest.approx(2 / 3)
    assert (line.unread, line.not_argued) == (1, 1)


def test_briefs_that_were_not_argued_are_named_with_what_was_said_instead() -> None:
    trial_with("D", "B")
    trial = trial_with("B", "")
    trial_with(None, "B")
    (found,) = audit.overview(study=study(), pool="real").not_argued
    assert (found.trial, found.target, found.recommended) == (trial.public_id, "D", ("B",))


def test_pools_are_apart_and_an_empty_study_has_no_shares() -> None:
    trial_with(None)
    assert audit.overview(study=study(), pool="simulated").lines == []
    (line,) = audit.overview(study=study(), pool="real").lines
    assert line.realised_right is None


def test_leaks_are_listed_with_their_trial() -> None:
    trial = trial_with("D")
    assert trial.session is not None
    Event.objects.create(
        study=study(), participant=trial.session.participant, trial=trial, kind="reply.leak", server_at=at(1),
        detail={"gives_away": ["brief"]},
    )  # fmt: skip
    assert audit.leaks(study=study(), pool="real") == [
        audit.Leak("guide", trial.session.participant.code, trial.public_id, ("brief",))
    ]


def coders() -> list[User]:
    return [User.objects.create(username=name) for name in ("ann", "ben")]


def test_coders_read_the_share_that_the_study_sets_each_once() -> None:
    ann, ben = coders()
    trial_with("D", "B", **ALL_CODED)
    first, second = audit.to_code(study=study(), pool="real", coder_id=ann.pk)
    services.code(message=first, coder=ann, shown="D", now=at(9))
    assert audit.to_code(study=study(), pool="real", coder_id=ann.pk) == [second]
    assert len(audit.to_code(study=study(), pool="real", coder_id=ben.pk)) == 2
    with pytest.raises(Refused, match="already"):
        services.code(message=first, coder=ann, shown="", now=at(10))


def test_what_is_not_in_the_share_is_neither_queued_nor_taken() -> None:
    ann, _ = coders()
    trial_with("D")
    assert audit.to_code(study=study(), pool="real", coder_id=ann.pk) == []
    with pytest.raises(Refused, match="not among"):
        services.code(message=Message.objects.get(role="assistant"), coder=ann, shown="D", now=at(9))


def test_a_coder_sees_the_talk_and_the_options_shown_alone() -> None:
    ann, _ = coders()
    trial_with("D", "B", **ALL_CODED)
    second = audit.to_code(study=study(), pool="real", coder_id=ann.pk)[1]
    seen = audit.seen_by_coder(reply=second)
    assert seen.talk == [("participant", "Which?"), ("assistant", "So."), ("participant", "Which?")]
    assert seen.options == ["gamma", "alpha", "beta", "delta"]


def test_codings_are_compared_in_original_letters() -> None:
    ann, ben = coders()
    trial_with("D", "B", **ALL_CODED)
    first, second = audit.to_code(study=study(), pool="real", coder_id=ann.pk)
    for coder, message, shown in ((ann, first, "D"), (ben, first, "D"), (ann, second, "C"), (ben, second, "")):
        services.code(message=message, coder=coder, shown=shown, now=at(9))
    among, against = audit.codings_agree(study=study(), pool="real")
    assert (among.between, among.pairs, among.agree) == ("coders", 2, 0.5)
    assert (against.pairs, against.agree) == (4, 0.75)
    assert (among.missed, among.invented, among.another) == (1, 0, 0)
    assert (against.missed, against.invented, against.another) == (0, 1, 0)  # recorded what a coder did not find
