"""What replies recommended, read out afterwards by a model or by people; nothing of it reaches a participant."""

from dataclasses import replace
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from studies.domain.answers import to_original
from studies.domain.audit import Reading, chosen_for_coding
from studies.domain.errors import Refused
from studies.domain.states import IN_FLIGHT
from studies.models import AuditCoding, Generation, Message
from studies.queries.trials import protocol_of
from studies.services.public_ids import new_public_id
from studies.services.replies import Call

PURPOSE = "audit"
_WITH = ("trial__allocation__item", "trial__allocation__brief", "trial__session__participant__version")


def unread(*, reply_id: int) -> Message | None:
    """The final reply with words whose recommendation nobody has read out; None where there is none of this id."""
    final = Message.objects.filter(pk=reply_id, role=Message.Role.ASSISTANT, recommended_by="").exclude(text="")
    return final.exclude(status__in=IN_FLIGHT).select_related(*_WITH).first()


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
    if reading is None or reply.recommended_by:
        return False
    reply.recommended = to_original(reply.trial.allocation.choice_order, reading.letter)
    reply.recommended_shown = reading.letter
    reply.recommended_quote = reading.quote
    reply.recommended_by = (call.model_returned or call.model_requested)[:40]
    reply.save(update_fields=["recommended", "recommended_shown", "recommended_quote", "recommended_by"])
    return True


@transaction.atomic
def code(*, message: Message, coder: AbstractBaseUser, shown: str, now: datetime) -> AuditCoding:
    """Keep what a person read out of a queued reply: a shown letter, '' for none. What was coded once stays.

    Raises Refused: not_queued, already_coded, and as `to_original` does.
    """
    protocol = protocol_of(message.trial)
    share = protocol.audit.blind_share
    if not chosen_for_coding(seed=protocol.study.seed, message=message.public_id, share=share):
        raise Refused("not_queued", "This reply is not among those to be coded.")
    if AuditCoding.objects.filter(message=message, coder_id=coder.pk).exists():
        raise Refused("already_coded", "You have coded this reply already.")
    letter = to_original(message.trial.allocation.choice_order, shown)
    return AuditCoding.objects.create(message=message, coder_id=coder.pk, letter=letter, at=now)
