"""What a person does in the talk of a trial: say, stop, reset, try again. Each once, however often it is sent."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from studies.domain import clock
from studies.domain.audit import chosen_for_coding
from studies.domain.errors import Refused
from studies.domain.protocol import Protocol
from studies.domain.states import IN_FLIGHT, MessageStatus, TrialState
from studies.models import Draft, Message, Trial
from studies.queries.trials import needs_initial, protocol_of, running
from studies.services import events, replies, trials
from studies.services.locks import lock_trial
from studies.services.public_ids import new_public_id

MAX_ATTEMPTS = 5
STILL_REPLYING = Refused("reply_in_flight", "The assistant is still replying. Wait for it, or stop it, then send this.")
RETRYABLE = frozenset({MessageStatus.INTERRUPTED, MessageStatus.FAILED})


@dataclass(frozen=True)
class PostedMessage:
    """`created` is False where the same message had been received before; then nothing was written."""

    message: Message
    reply: Message | None
    created: bool


def post_message(*, trial: Trial, client_id: str, text: str, now: datetime, owner: str = "") -> PostedMessage:
    """Keep what a person said and queue the reply to it. `owner` is the process that will generate the reply.

    Raises Refused: time_up, trial_closed, no_assistant, no_initial, empty, too_long, message_cap, reply_in_flight.
    """
    close_if_overdue(trial, now)
    return _post(trial, client_id, text, now, owner)


def close_if_overdue(trial: Trial, now: datetime) -> None:
    """By itself: the closing stays although what the person wanted is refused."""
    if trial.deadline_at is not None and trial.deadline_at <= now and trial.session is not None:
        trials.close_overdue(session=trial.session, now=now)


@transaction.atomic
def _post(trial: Trial, client_id: str, text: str, now: datetime, owner: str) -> PostedMessage:
    trial = lock_trial(trial)
    if known := Message.objects.filter(trial=trial, client_id=client_id).exclude(client_id="").first():
        return PostedMessage(known, latest_reply(trial, known.turn), created=False)
    protocol = protocol_of(trial)
    _check_may_talk(trial, protocol, now)
    talk = Message.objects.filter(trial=trial).values_list("role", "status")
    said = sum(role == Message.Role.PARTICIPANT for role, _ in talk)
    _check_message(text, said, protocol)
    if any(role == Message.Role.ASSISTANT and status in IN_FLIGHT for role, status in talk):
        raise STILL_REPLYING
    words = _row(trial, said + 1, Message.Role.PARTICIPANT, MessageStatus.DONE, now, text=text, client_id=client_id)
    queued = _reply(trial, said + 1, now, owner=owner)
    message, reply = Message.objects.bulk_create([words, queued])
    Draft.objects.filter(trial=trial).update(chat_text="")
    _record(trial, "message.sent", now, length=len(text))
    return PostedMessage(message, reply, created=True)


def _row(trial: Trial, turn: int, role: str, status: MessageStatus, now: datetime, **more: object) -> Message:
    final = now if status == MessageStatus.DONE else None
    return Message(
        trial=trial, turn=turn, role=role, status=status, public_id=new_public_id(),
        context_epoch=trial.context_epoch, sent_at=now, finished_at=final, **more,
    )  # fmt: skip


def _reply(trial: Trial, turn: int, now: datetime, **more: object) -> Message:
    """A queued reply; whether people are to read it out is drawn here, once."""
    reply = _row(trial, turn, Message.Role.ASSISTANT, MessageStatus.QUEUED, now, **more)
    rules, person = protocol_of(trial), trials.session_of(trial).participant
    if chosen_for_coding(seed=rules.study.seed, message=reply.public_id, share=rules.audit.blind_share):
        reply.coding_study_id = person.study_id
    return reply


@transaction.atomic
def retry(*, trial: Trial, message_public_id: str, now: datetime, owner: str = "") -> Message:
    """Ask again for a reply that was cut off: a new row beside the old one, whose partial text is kept.

    Sent twice it gives the same reply. Raises Refused: time_up, trial_closed, not_retryable, too_many_tries.
    """
    trial = lock_trial(trial)
    _check_may_talk(trial, protocol_of(trial), now)
    cut_off = Message.objects.filter(trial=trial, public_id=message_public_id, role=Message.Role.ASSISTANT).first()
    if cut_off is None or cut_off.context_epoch != trial.context_epoch:
        raise Refused("not_retryable", "That reply cannot be asked for again. Please write a new message.")
    latest = latest_reply(trial, cut_off.turn)
    if latest is not None and latest.attempt > cut_off.attempt:
        return latest
    _check_retryable(trial, cut_off)
    _record(trial, "reply.retried", now)
    reply = _reply(trial, cut_off.turn, now, owner=owner, attempt=cut_off.attempt + 1)
    reply.save()
    return reply


def _check_retryable(trial: Trial, cut_off: Message) -> None:
    later = Message.objects.filter(trial=trial, turn__gt=cut_off.turn).exists()
    if later or cut_off.status not in RETRYABLE:
        raise Refused("not_retryable", "That reply cannot be asked for again. Please write a new message.")
    if cut_off.attempt >= MAX_ATTEMPTS:
        raise Refused("too_many_tries", "The assistant does not answer this. Please write it in other words.")


@transaction.atomic
def reset(*, trial: Trial, now: datetime) -> bool:
    """Make the assistant forget the talk so far; what is still being written is stopped first.

    False where there was nothing to forget. Raises Refused: time_up, trial_closed, not_offered.
    """
    trial = lock_trial(trial)
    protocol = protocol_of(trial)
    _check_may_talk(trial, protocol, now)
    if not protocol.chat.reset:
        raise Refused("not_offered", "This study has no reset.")
    if not Message.objects.filter(trial=trial, context_epoch=trial.context_epoch).exists():
        return False
    _stop(trial, now)
    trial.context_epoch += 1
    trial.save(update_fields=["context_epoch"])
    _record(trial, "chat.reset", now)
    return True


@transaction.atomic
def stop(*, trial: Trial, now: datetime) -> Message | None:
    """End the reply that is being written; what has come of it is kept. None where there was none.

    Raises Refused: not_offered.
    """
    trial = lock_trial(trial)
    if not protocol_of(trial).chat.stop:
        raise Refused("not_offered", "Replies cannot be stopped in this study.")
    return _stop(trial, now)


def _stop(trial: Trial, now: datetime) -> Message | None:
    reply = in_flight(trial)
    if reply is None or not replies.end(reply=reply, status=MessageStatus.STOPPED, now=now):
        return None
    _record(trial, "reply.stopped", now)
    return reply


def in_flight(trial: Trial) -> Message | None:
    return Message.objects.filter(trial=trial, role=Message.Role.ASSISTANT, status__in=IN_FLIGHT).first()


def latest_reply(trial: Trial, turn: int) -> Message | None:
    replies_of_turn = Message.objects.filter(trial=trial, turn=turn, role=Message.Role.ASSISTANT)
    return replies_of_turn.order_by("-attempt").first()


def _check_may_talk(trial: Trial, protocol: Protocol, now: datetime) -> None:
    if trial.state != TrialState.OPEN:
        raise trials.TIME_IS_UP if trial.closed_by == "deadline" else trials.ALREADY_CLOSED
    if clock.arrival(running(trial), protocol.clock, now) != clock.Arrival.ON_TIME:
        raise trials.TIME_IS_UP
    if not hasattr(trial.allocation, "brief"):
        raise Refused("no_assistant", "There is no assistant for this question.")
    if needs_initial(trial.allocation, protocol) and trial.initial_at is None:
        raise Refused("no_initial", "Give your first answer, before the chat, first.")


def _check_message(text: str, said: int, protocol: Protocol) -> None:
    most = protocol.chat.max_message_chars
    if not text.strip():
        raise Refused("empty", "Write a message first.")
    if len(text) > most:
        raise Refused("too_long", f"That is {len(text):,} characters; a message may have {most:,}. Please shorten it.")
    if said >= protocol.chat.max_messages:
        raise Refused("message_cap", "You have used all your messages for this question. Please give your answer.")


def _record(trial: Trial, kind: str, now: datetime, length: int | None = None) -> None:
    events.record_in(trials.session_of(trial), kind, now, trial=trial, length=length)
