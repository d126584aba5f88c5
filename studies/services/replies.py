"""The life of one reply: queued → streaming → final. Each step is a conditional update, so that one process wins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from studies.domain.leaks import leaks
from studies.domain.states import IN_FLIGHT, MessageStatus
from studies.models import Generation, Message
from studies.queries.swept import swept
from studies.queries.trials import protocol_of
from studies.services import drift, events, trials
from studies.services.locks import lock_trial
from studies.services.public_ids import new_public_id

PROCESS_DIED = "process_died"
CUT_SHORT = (MessageStatus.STOPPED, MessageStatus.INTERRUPTED)
_WITH = ("trial__allocation__brief", "trial__session__participant__version__study")


@dataclass(frozen=True)
class Advice:
    """The option that a reply argues for: its original letter, as written, the evidence, and who read it out."""

    original: str = ""
    shown: str = ""
    quote: str = ""
    by: str = ""


@dataclass(frozen=True)
class Call:
    """One model call behind a reply. Times in milliseconds; None where the provider does not say."""

    started_at: datetime
    provider: str
    model_requested: str = ""
    model_returned: str = ""
    prompt_sha256: str = ""
    purpose: str = "reply"
    first_token_ms: int | None = None
    latency_ms: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    tokens_estimated: str = ""  # which of the counts are our own estimate
    cost_usd: Decimal | None = None
    request_id: str = ""
    attempts: int | None = None
    stop_reason: str = ""
    error: str = ""


@dataclass(frozen=True)
class Ending:
    """What became of a reply, as its owner saw it."""

    status: MessageStatus
    text: str = ""
    first_token_at: datetime | None = None
    advice: Advice = field(default_factory=Advice)
    calls: Sequence[Call] = ()
    cap: str = ""  # the cap of the study that left no reply


def begin(*, reply_id: int, owner: str, now: datetime) -> bool:
    """Claim a queued reply. False where another process has it, or it is wanted no more."""
    queued = Message.objects.filter(pk=reply_id, status=MessageStatus.QUEUED, owner__in=("", owner))
    return queued.update(status=MessageStatus.STREAMING, owner=owner, checkpoint_at=now) == 1


def wait_on(*, public_id: str, owner: str, now: datetime) -> bool:
    """The sign of life of a reply that waits for its turn. False: it is wanted no more."""
    queued = Message.objects.filter(public_id=public_id, status=MessageStatus.QUEUED, owner__in=("", owner))
    return queued.update(owner=owner, checkpoint_at=now) == 1


def checkpoint(*, reply_id: int, owner: str, text: str, first_token_at: datetime | None, now: datetime) -> bool:
    """Keep what has come so far; also the owner's sign of life. False: the reply was ended elsewhere, stop writing."""
    mine = Message.objects.filter(pk=reply_id, status=MessageStatus.STREAMING, owner=owner)
    return mine.update(text=text, first_token_at=first_token_at, checkpoint_at=now) == 1


def finish(*, reply: Message, owner: str, ending: Ending, now: datetime) -> bool:
    """Write the end of a reply and the calls behind it; another model than before stops the study's intake.

    False where somebody had ended it meanwhile: then its status stays, and it keeps what had been written till then.
    """
    ended = _finish(reply, owner, ending, now)
    drift.check(reply=reply, calls=ending.calls, now=now)  # by itself: it locks the study, which comes before trials
    return ended


@transaction.atomic
def _finish(reply: Message, owner: str, ending: Ending, now: datetime) -> bool:
    words = {
        "text": ending.text,
        "first_token_at": ending.first_token_at,
        "recommended": ending.advice.original,
        "recommended_shown": ending.advice.shown,
        "recommended_quote": ending.advice.quote,
        "recommended_by": ending.advice.by,
    }
    ended = end(reply=reply, status=ending.status, now=now, **words)
    if not ended:
        Message.objects.filter(pk=reply.pk, owner=owner, status__in=CUT_SHORT).update(**words)
        Generation.objects.filter(message=reply, error=PROCESS_DIED).delete()  # an estimate; its owner lives and knows
    _write_calls(reply, ending.calls)
    if ended and ending.status in (MessageStatus.FAILED, MessageStatus.INTERRUPTED):
        _record_fault(reply, ending, now)
    if given_away := leaks(ending.text):
        session = trials.session_of(reply.trial)
        events.record_in(session, "reply.leak", now, trial=reply.trial, detail={"gives_away": given_away})
    if ended and ending.cap:
        events.record_in(
            trials.session_of(reply.trial), "reply.capped", now, trial=reply.trial, detail={"cap": ending.cap}
        )
    return ended


def end(*, reply: Message, status: MessageStatus, now: datetime, **more: object) -> bool:
    """Bring a reply to a final status, once; where the clock paused for it the wait is given back.

    Whoever is to read it out may begin at once.
    """
    with transaction.atomic():
        trial = lock_trial(reply.trial)
        rules = protocol_of(trial).assistants[reply.trial.allocation.brief.assistant]
        if rules.audit_model:
            more["audit_due_at"] = now
        in_flight = Message.objects.filter(pk=reply.pk, status__in=IN_FLIGHT)
        if not in_flight.update(status=status, finished_at=now, **more):
            return False
        if trial.deadline_at and protocol_of(trial).clock.during_reply == "pauses":
            trials.credit_wait(trial=trial, waited_seconds=(now - reply.sent_at).total_seconds(), now=now)
    return True


def _write_calls(reply: Message, calls: Sequence[Call]) -> None:
    brief = reply.trial.allocation.brief
    Generation.objects.bulk_create(
        Generation(
            message=reply,
            public_id=new_public_id(),
            assistant=brief.assistant,
            strategy=brief.strategy,
            attempt=reply.attempt,
            **vars(call),
        )
        for call in calls
    )


def _record_fault(reply: Message, ending: Ending, now: datetime) -> None:
    code = next((call.error for call in reversed(ending.calls) if call.error), "")
    detail = {"status": str(ending.status), "code": code}
    session = trials.session_of(reply.trial)
    events.record_in(session, "reply.fault", now, trial=reply.trial, detail=detail)


def interrupt_orphans(
    *,
    now: datetime,
    stale_after: timedelta,
    owner_is_dead: Callable[[str], bool] = lambda owner: False,
    lost_call: Callable[[Message], Call | None] = lambda reply: None,
) -> list[Message]:
    """Mark replies that nobody writes any more as interrupted, with the text they had; which they were.

    Nobody writes when the owner is known to be dead, or has given no sign of life for `stale_after`. `lost_call` tells
    what the call behind such a reply must have used.
    """
    in_flight = Message.objects.filter(
        swept(now, of="trial__allocation__participant__"), status__in=IN_FLIGHT, role=Message.Role.ASSISTANT
    ).select_related(*_WITH)
    late = Q(checkpoint_at__lt=now - stale_after) | Q(checkpoint_at=None, sent_at__lt=now - stale_after)
    stale = set(in_flight.filter(late).values_list("pk", flat=True))
    orphans = [reply for reply in in_flight if reply.pk in stale or (reply.owner and owner_is_dead(reply.owner))]
    return [reply for reply in orphans if _interrupt(reply, lost_call, now)]


@transaction.atomic
def _interrupt(reply: Message, lost_call: Callable[[Message], Call | None], now: datetime) -> bool:
    if not end(reply=reply, status=MessageStatus.INTERRUPTED, now=now):
        return False
    if call := lost_call(reply):
        _write_calls(reply, [call])
    detail = {"status": "interrupted", "code": PROCESS_DIED}
    events.record_in(trials.session_of(reply.trial), "reply.fault", now, trial=reply.trial, detail=detail)
    return True
