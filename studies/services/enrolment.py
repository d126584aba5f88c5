"""How a person enters a study and finds their way back."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from studies.domain.errors import Refused
from studies.domain.protocol import Protocol
from studies.domain.states import Outcome, SessionState, StudyState
from studies.models import Item, PanelIdentity, Participant, Pool, ProtocolVersion, Session, Study
from studies.queries.known import with_known
from studies.queries.progress import next_sitting_at
from studies.services import events, studies
from studies.services.locks import lock_participant, lock_study
from studies.services.public_ids import new_code, new_token

SEEN_EVERY = timedelta(seconds=15)
NOT_OPEN = {
    StudyState.DRAFT: ("study_not_open", "This study has not started yet. Please come back later."),
    StudyState.PAUSED: ("study_paused", "This study takes no new people at the moment. Please try again later."),
    StudyState.CLOSED: ("study_closed", "This study is over. Thank you for your interest."),
}


@dataclass(frozen=True)
class Visit:
    """What the address of a join page says about the visitor."""

    panel: str
    panel_id: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


def find(*, study: Study, visit: Visit, cookie_token: str | None) -> Participant | None:
    """Who this visitor already is, if anybody; the id in the address wins over a cookie.

    Raises Refused where an id is known but could be guessed: such a person comes back by their personal link.
    """
    known = Participant.objects.filter(study=study, pool=Pool.REAL).select_related("study", "version")
    by_cookie = known.filter(token=cookie_token).first() if cookie_token else None
    if not visit.panel_id:
        return by_cookie
    by_id = known.filter(identity__panel=visit.panel, identity__panel_id=visit.panel_id).first()
    if by_id is None or by_id == by_cookie or by_id.version.protocol.entry.rejoins_by_id:
        return by_id
    raise Refused(
        "use_personal_link",
        "Somebody has already started this study with that id. If it was you, please use your personal link, "
        "or go on in the browser in which you started.",
    )


@transaction.atomic
def join(*, study: Study, visit: Visit, now: datetime, pool: Pool = Pool.REAL) -> Participant:
    """Create the participant of this visit, or return the one who is already there.

    Raises Refused: study_not_open, study_paused, study_closed, study_full.
    """
    study = lock_study(study)
    if visit.panel_id and (known := _by_id(study, visit)):
        return known
    check_open(study=study, pool=pool, now=now)
    participant = create(study=study, pool=pool, now=now)
    if visit.panel_id:
        PanelIdentity.objects.create(
            participant=participant,
            study=study,
            panel=visit.panel,
            panel_id=visit.panel_id,
            parameters=visit.parameters,
        )
        participant.prior_studies = _prior_studies(participant, visit)
        participant.save(update_fields=["prior_studies"])
    return participant


@transaction.atomic
def preview(*, study: Study, now: datetime, arm: str | None = None) -> Participant:
    """Create somebody who walks through the study (one arm, if given) and never counts.

    A draft is frozen as it stands, so that what is looked at is what the launch will find; raises StudyFaults
    where it can't be used.
    """
    study = lock_study(study)
    if study.state == StudyState.DRAFT:
        studies.freeze_draft(study=study, now=now)
    participant = create(study=study, pool=Pool.PREVIEW, now=now)
    if arm is not None:
        if arm not in {known.name for known in participant.version.protocol.arms}:
            raise Refused("unknown_arm", f"This study has no arm {arm!r}.")
        participant.randomisation = {"preview_arm": arm}
        participant.save(update_fields=["randomisation"])
    return participant


def check_open(*, study: Study, now: datetime, pool: Pool = Pool.REAL) -> None:
    """Raise Refused where the study takes nobody now."""
    check_state(study=study)
    if places_taken(study=study, pool=pool, now=now) >= newest_version(study).protocol.design.participants:
        raise Refused("study_full", "This study has all the people it needs. Thank you for your interest.")


def check_state(*, study: Study) -> None:
    if study.state in NOT_OPEN:
        raise Refused(*NOT_OPEN[StudyState(study.state)])


def newest_version(study: Study) -> ProtocolVersion:
    version = study.versions.order_by("-number").first()
    if version is None:
        raise Refused(*NOT_OPEN[StudyState.DRAFT])
    return version


def places_taken(*, study: Study, pool: Pool, now: datetime) -> int:
    """How many places are filled: everybody who completed, and everybody who is here now."""
    idle = timedelta(minutes=newest_version(study).protocol.design.idle_minutes)
    people = Participant.objects.filter(study=study, pool=pool, withdrew_at=None)
    completed = Q(sessions__outcome=Outcome.COMPLETED)
    live = Q(last_seen_at__gte=now - idle) & ~Q(sessions__state=SessionState.FINISHED)
    return people.filter(completed | live).distinct().count()


def session_for(*, participant: Participant, now: datetime) -> Session:
    """The sitting to show: the live one, the next where it is due, else the last."""
    sessions = Session.objects.filter(participant=participant).select_related("participant")
    last = sessions.order_by("-sitting").first()
    if last is None:
        raise Refused("no_sitting", "This link is not complete. Please start again from the invitation.")
    with_known(last.participant, participant, "study", "version")
    if next_sitting_at(session=last) is not None:
        return _open_next_sitting(last=last, now=now)
    if last.consented_at is None and last.state != SessionState.FINISHED:
        _follow_newest_version(last.participant)
    return last


def _follow_newest_version(participant: Participant) -> None:
    """Nobody agrees to a protocol that has been replaced; whoever has agreed stays with theirs."""
    newest = newest_version(participant.study)
    if participant.version_id != newest.pk:
        Participant.objects.filter(pk=participant.pk, consented_at=None).update(version=newest)
        participant.version = newest


@transaction.atomic
def _open_next_sitting(*, last: Session, now: datetime) -> Session:
    participant = lock_participant(last.participant)
    newer = Session.objects.filter(participant=participant, sitting=last.sitting + 1).first()
    due = next_sitting_at(session=last)
    if newer is not None or due is None or due > now or participant.withdrew_at:
        return newer or last
    session = Session.objects.create(
        participant=participant,
        sitting=last.sitting + 1,
        state=SessionState.BRIEFED,
        enrolled_at=now,
        last_seen_at=now,
        consented_at=participant.consented_at,
        instructed_at=last.instructed_at,
        briefed_at=last.briefed_at,
        app_version=settings.APP_VERSION,
    )
    events.record_in(session, "session.enrolled", now)
    return session


def seen(*, session: Session, now: datetime) -> None:
    """Note that the person is here, at most every 15 seconds."""
    if now - session.last_seen_at < SEEN_EVERY:
        return
    Session.objects.filter(pk=session.pk).update(last_seen_at=now)
    Participant.objects.filter(pk=session.participant_id).update(last_seen_at=now)


def _by_id(study: Study, visit: Visit) -> Participant | None:
    return Participant.objects.filter(
        study=study, identity__panel=visit.panel, identity__panel_id=visit.panel_id
    ).first()


def create(*, study: Study, pool: Pool, now: datetime, code: str = "", **simulated: Any) -> Participant:
    """A new participant in a locked study, with the first sitting; `simulated` are a simulated person's columns."""
    participant = Participant.objects.create(
        study=study,
        version=newest_version(study),
        pool=pool,
        code=code or new_code(),
        token=new_token(),
        enrolled_at=now,
        last_seen_at=now,
        **simulated,
    )
    session = Session.objects.create(
        participant=participant, enrolled_at=now, last_seen_at=now, app_version=settings.APP_VERSION
    )
    events.record_in(session, "session.enrolled", now)
    return participant


def _prior_studies(participant: Participant, visit: Visit) -> int:
    """How many other studies on this installation the same panel id has joined."""
    same = PanelIdentity.objects.filter(panel=visit.panel, panel_id=visit.panel_id)
    return same.exclude(study=participant.study).count()


def met_in_linked_studies(*, participant: Participant, protocol: Protocol) -> set[str]:
    """Content hashes of the items that the same panel id met in the linked studies."""
    identity = PanelIdentity.objects.filter(participant=participant).first()
    if identity is None or not protocol.entry.linked_studies:
        return set()
    met = Item.objects.filter(
        allocations__participant__identity__panel=identity.panel,
        allocations__participant__identity__panel_id=identity.panel_id,
        allocations__participant__study__slug__in=protocol.entry.linked_studies,
    )
    return set(met.values_list("content_sha256", flat=True))
