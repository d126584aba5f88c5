"""The talk of a trial as its participant may see it: an allow-list, which no brief, belief or gold is on."""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist

from studies.domain.markdown import render
from studies.domain.naming import assistant_faces
from studies.domain.protocol import Protocol
from studies.domain.states import IN_FLIGHT
from studies.models import Message, Trial
from studies.queries.trials import protocol_of


def chat_snapshot(*, trial: Trial) -> dict[str, Any]:
    """Everything that the chat pane shows, in order."""
    protocol = protocol_of(trial)
    messages = list(Message.objects.filter(trial=trial).order_by("turn", "-role", "attempt"))
    said = sum(message.role == Message.Role.PARTICIPANT for message in messages)
    talked = any(message.context_epoch == trial.context_epoch for message in messages)
    return {
        "assistant": assistant_face(trial, protocol),
        "messages": [message_view(message) for message in messages],
        "epoch": trial.context_epoch,
        "draft": _draft(trial),
        "messages_left": max(0, protocol.chat.max_messages - said),
        "max_chars": protocol.chat.max_message_chars,
        "can_reset": protocol.chat.reset and talked,
        "can_stop": protocol.chat.stop,
        "reply_in_flight": next((one.public_id for one in messages if one.status in IN_FLIGHT), None),
    }


def message_view(message: Message) -> dict[str, Any]:
    """One message as a browser may know it; `html` only of a reply that is final."""
    final_reply = message.role == Message.Role.ASSISTANT and message.status not in IN_FLIGHT
    return {
        "id": message.public_id,
        "client_id": message.client_id,
        "turn": message.turn,
        "role": message.role,
        "status": message.status,
        "attempt": message.attempt,
        "text": message.text,
        "html": render(message.text) if final_reply and message.text else "",
        "epoch": message.context_epoch,
    }


def assistant_face(trial: Trial, protocol: Protocol) -> dict[str, str] | None:
    """The neutral name and colour under which this trial's assistant appears; None where there is none."""
    try:
        name = trial.allocation.brief.assistant
    except ObjectDoesNotExist:
        return None
    face = assistant_faces(study_seed=protocol.study.seed, assistants=list(protocol.assistants))[name]
    return {"name": face.name, "colour": face.colour}


def _draft(trial: Trial) -> str:
    try:
        return trial.draft.chat_text
    except ObjectDoesNotExist:
        return ""
