"""What replies recommended, read out afterwards by a model or by people; nothing of it reaches a participant."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from studies.domain.answers import to_original
from studies.domain.audit import Reading
from studies.domain.errors import Refused
from studies.domain.states import IN_FLIGHT
from studies.models import AuditCoding, Generation, Message
from studies.queries.spending import cap_reached
from studies.queries.swept import swept
from studies.queries.trials import protocol_of
from studies.services.public_ids import new_public_id
from studies.services.replies import Call

PURPOSE = "audit"
LEASE = timedelta(minutes=2)  # longer than the longest reading: then its process is taken for dead
_WITH = ("trial__allocation__item", "trial__allocation__brief", "trial__session__participant__version")


def due(*, now: datetime, most: int = 50) -> list[int]:
    """Final replies that a model is to read out and nobody is reading: the process that began may have died."""
    waiting = Message.objects.filter(swept(now, of="trial__allocation__participant__"), audit_due_at__lte=now)
    waiting = waiting.exclude(status__in=IN_FLIGHT)
    return list(waiting.order_by("audit_due_at").values_list("pk", flat=True)[:most])


def claim(*, reply_id: int, now: datetime) -> Message | None:
    """Take a due reply for this process, for as long as a reading lasts. None where it is not due, or has no words.

    At a cap of the study it stays due, and unread, until the study's money allows it.
    """
    mine = Message.objects.filter(pk=reply_id, audit_due_at__lte=now).exclude(status__in=IN_FLIGHT)
    if not mine.update(audit_due_at=now + LEASE):
        return None
    reply = Message.objects.select_related(*_WITH).get(pk=reply_id)
    if not reply.text or reply.recommended_by:
        Message.objects.filter(pk=reply_id).update(audit_due_at=None)
        return None
    return None if cap_reached(reply.trial, protocol_of(reply.trial), levels=("study",)) else reply


@transaction.atomic
def record_reading(*, reply_id: int, reading: Reading | None, call: Call, now: datetime) -> bool:
    """Keep what a model read (None: it could not be taken) and its call. False where the reply was read or erased."""
    reply = Message.objects.select_for_update(of=("self",)).filter(pk=reply_id).select_related(*_WITH).first()
    if reply is None:
        return False
    brief = reply.trial.allocation.brief
    call = replace(call, purpose=PURPOSE)
    Generation.objects.create(
        message=reply, public_id=new_public_id(), assistant=brief.assistant, strategy=brief.strategy, **vars(call)
    )
    reply.audit_due_at = None
    if reading is None or reply.recommended_by:
        reply.save(update_fields=["audit_due_at"])
        return False
    reply.recommended = to_original(reply.trial.allocation.choice_order, reading.letter)
    reply.recommended_shown = reading.letter
    reply.recommended_quote = reading.quote
    reply.recommended_by = (call.model_returned or call.model_requested)[:40]
    reply.save(
        update_fields=["recommended", "recommended_shown", "recommended_quote", "recommended_by", "audit_due_at"]
    )
    return True


@transaction.atomic
def code(*, message: Message, coder: AbstractBaseUser, shown: str, now: datetime) -> AuditCoding:
    """Keep what a person read out of a queued reply: a shown letter, '' for none. What was coded once stays.

    Raises Refused: not_queued, already_coded, and as `to_original` does.
    """
    if message.coding_study_id is None:
        raise Refused("not_queued", "This reply is not among those to be coded.")
    if AuditCoding.objects.filter(message=message, coder_id=coder.pk).exists():
        raise Refused("already_coded", "You have coded this reply already.")
    letter = to_original(message.trial.allocation.choice_order, shown)
    return AuditCoding.objects.create(message=message, coder_id=coder.pk, letter=letter, at=now)
