"""Model drift: a service that answers with another model than before is no longer the instrument of the study.

Intake stops until the study is amended: a new version of the protocol starts with whatever model then answers.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from django.db import transaction

from studies.domain.errors import Refused
from studies.domain.states import StudyState
from studies.models import Event, Generation, Message, ProtocolVersion, Study
from studies.services import events
from studies.services.locks import lock_study

KIND = "study.model_changed"


class Answered(Protocol):
    @property
    def model_returned(self) -> str: ...


def check(*, reply: Message, calls: Sequence[Answered], now: datetime) -> None:
    """Stop the intake where a call was answered by another model than the first of its assistant and version."""
    returned = [call.model_returned for call in calls if call.model_returned]
    session = reply.trial.session
    if not returned or session is None:
        return
    version, assistant = session.participant.version, reply.trial.allocation.brief.assistant
    first = first_model(version, assistant)
    changed = next((model for model in returned if model != first), "")
    if first and changed:
        _stop_intake(version=version, assistant=assistant, was=first, now_is=changed, now=now)


def first_model(version: ProtocolVersion, assistant: str) -> str:
    """The model that first answered for an assistant of a version; '' where none has."""
    calls = Generation.objects.filter(
        message__trial__session__participant__version=version, assistant=assistant
    ).exclude(model_returned="")
    calls = calls.exclude(purpose="audit")  # by a model of its own
    return calls.order_by("pk").values_list("model_returned", flat=True).first() or ""


@transaction.atomic
def _stop_intake(*, version: ProtocolVersion, assistant: str, was: str, now_is: str, now: datetime) -> None:
    study = lock_study(version.study)
    detail = {"version": version.number, "assistant": assistant, "was": was, "now": now_is}
    if Event.objects.filter(study=study, kind=KIND, detail=detail).exists():
        return
    events.record(study=study, kind=KIND, now=now, detail=detail)
    if study.state == StudyState.OPEN and _is_newest(version):
        study.state = StudyState.PAUSED
        study.paused_because = (
            f"The model behind {assistant!r} has changed from {was} to {now_is}. Nobody new is let in until the study "
            "file is amended, loaded and launched again."
        )[:300]
        study.save(update_fields=["state", "paused_because"])
        events.record(study=study, kind="study.paused", now=now, detail={"why": "model_changed"})


def _is_newest(version: ProtocolVersion) -> bool:
    return not ProtocolVersion.objects.filter(study=version.study, number__gt=version.number).exists()


def check_not_drifted(study: Study) -> None:
    """Raise Refused where the model of the newest version has changed: that version takes nobody any more."""
    newest = study.versions.order_by("-number").first()
    if newest is None:
        return
    # Numbers are compared here: JSON look-ups differ between databases.
    drifted = Event.objects.filter(study=study, kind=KIND).values_list("detail", flat=True)
    if any(detail.get("version") == newest.number for detail in drifted):
        raise Refused("model_changed", study.paused_because or "A model of this study has changed. Amend the study.")
