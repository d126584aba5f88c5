"""What a clock would do: close what is overdue, end what nobody has touched. Safe to run anywhere, any time."""

from datetime import datetime, timedelta

from django.db import transaction

from studies.domain.states import SessionState
from studies.models import Participant, Session
from studies.queries.swept import swept
from studies.services import sitting, trials
from studies.services.erasure import erase
from studies.services.locks import lock_participant

ERASE_AFTER = timedelta(hours=1)  # whoever asked and never read the debrief


def sweep(*, now: datetime) -> int:
    """Close overdue trials and expire abandoned sittings; how many trials were closed here."""
    closed = trials.close_overdue(now=now)
    untouched = Session.objects.exclude(state=SessionState.FINISHED).filter(last_seen_at__lt=now - timedelta(hours=1))
    for session in untouched.filter(swept(now, of="participant__")):
        sitting.expire(session=session, now=now)
    _erase_withdrawn(now)
    return closed


def _erase_withdrawn(now: datetime) -> None:
    waiting = Participant.objects.filter(swept(now), withdrew_at__lt=now - ERASE_AFTER, erased_at=None)
    for participant in waiting:
        with transaction.atomic():
            erase(participant=lock_participant(participant), now=now)
