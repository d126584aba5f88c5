"""Withdrawal of data: what a person gave us is deleted; a tombstone without content stays for the flow chart."""

from datetime import datetime

from studies.models import (
    Allocation,
    Brief,
    Draft,
    Event,
    FormAnswer,
    Generation,
    LateAnswer,
    Message,
    Participant,
    Response,
    Session,
    Trial,
)
from studies.services import events


def erase(*, participant: Participant, now: datetime) -> None:
    """Delete everything of a locked participant but code, arm, outcome and dates.

    The panel identity stays until payment is settled: it is in no export of data.
    """
    trials = Trial.objects.filter(allocation__participant=participant)
    for rows in (
        Generation.objects.filter(message__trial__in=trials),
        Message.objects.filter(trial__in=trials),
        Draft.objects.filter(trial__in=trials),
        LateAnswer.objects.filter(trial__in=trials),
        Response.objects.filter(trial__in=trials),
        Event.objects.filter(participant=participant),
        FormAnswer.objects.filter(session__participant=participant),
        trials,
        Brief.objects.filter(allocation__participant=participant),
        Allocation.objects.filter(participant=participant),
    ):
        rows.delete()
    Session.objects.filter(participant=participant).update(device={})
    participant.erased_at = now
    participant.telemetry = False
    participant.save(update_fields=["erased_at", "telemetry"])
    events.record(study=participant.study, kind="participant.erased", now=now)
