"""Everything that is needed to write one reply, read in one go."""

from dataclasses import dataclass
from datetime import datetime

from studies.assistants import registry
from studies.assistants.base import Intent, Shared, Situation, Turn
from studies.domain.answers import LETTERS, to_shown
from studies.domain.protocol import Assistant, Caps, Chat, Protocol
from studies.domain.randomisation import derive_seed
from studies.domain.transcript import Line, heard, shown_options
from studies.models import Allocation, Brief, Message
from studies.queries.spending import cap_reached
from studies.queries.trials import protocol_of
from studies.services import replies


@dataclass(frozen=True)
class Job:
    """A claimed reply. Letters are shown letters: an assistant knows no other."""

    pk: int
    choice_order: str
    assistant: Assistant
    situation: Situation
    cap: str  # the cap that leaves no reply, '' where there is none
    caps: Caps
    asked_at: datetime
    chat: Chat


@dataclass(frozen=True)
class Queued:
    """A reply that waits: its row, with what was planned for it; who waits for it, and whether a service is asked."""

    row: Message
    participant: int | None
    remote: bool


def queued(*, reply: str) -> Queued | None:
    """None where there is no such reply."""
    rows = Message.objects.select_related(
        "trial__allocation__brief",
        "trial__allocation__item__passage",
        "trial__allocation__item__dataset",
        "trial__session__participant__version",
    )
    row = rows.filter(public_id=reply).first()
    return queued_of(row) if row else None


def queued_of(row: Message) -> Queued:
    """The same of a row at hand: the wide look into the database costs more than all the others of a reply."""
    rules = protocol_of(row.trial).assistants[row.trial.allocation.brief.assistant]
    session = row.trial.session
    return Queued(row, session.participant_id if session else None, registry.provider(rules.provider).remote)


def claim(*, row: Message, owner: str, now: datetime) -> Job | None:
    """Claim a queued reply for this process and gather what it needs; None where it is not to be had."""
    if not replies.begin(reply_id=row.pk, owner=owner, now=now):
        return None
    return _job(row, protocol_of(row.trial))


def _job(row: Message, protocol: Protocol) -> Job:
    planned = row.trial.allocation
    rules = protocol.assistants[planned.brief.assistant]
    return Job(
        pk=row.pk,
        choice_order=planned.choice_order,
        assistant=rules,
        situation=situation_of(row),
        cap=cap_reached(row.trial, protocol),
        caps=protocol.caps,
        asked_at=row.sent_at,
        chat=protocol.chat,
    )


def situation_of(row: Message) -> Situation:
    """Where a reply stands: all that its strategy is given."""
    planned, protocol = row.trial.allocation, protocol_of(row.trial)
    rules = protocol.assistants[planned.brief.assistant]
    return Situation(
        shared=_shared(planned, rules),
        intent=_intent(planned),
        turns=talk_before(row),
        seed=_seed(row, planned.brief, protocol),
        reply=row.turn,
        attempt=row.attempt,
        max_tokens=protocol.chat.max_reply_tokens,
        options=rules.settings,
        item=f"{planned.item.dataset.name}/{planned.item.key}",
    )


def _shared(planned: Allocation, rules: Assistant) -> Shared:
    item, asks = planned.item, "question" in rules.sees
    return Shared(
        question=item.question if asks else None,
        options=tuple(shown_options(item.options, planned.choice_order)) if asks else None,
        passage=item.passage.text if item.passage and "passage" in rules.sees else None,
    )


def _intent(planned: Allocation) -> Intent:
    """An assigned assistant argues for the brief's target, an honest one without a model for its belief."""
    letter = planned.brief.target or planned.brief.belief
    if not letter:
        return Intent()
    return Intent(to_shown(planned.choice_order, letter), planned.item.options[LETTERS.index(letter)])


def talk_before(row: Message) -> tuple[Turn, ...]:
    """The turns that a reply answers, since the last reset before it."""
    rows = Message.objects.filter(trial_id=row.trial_id, context_epoch=row.context_epoch)
    columns = rows.values_list("turn", "role", "attempt", "status", "text", "context_epoch")
    lines = heard((Line(*values) for values in columns), epoch=row.context_epoch, turn=row.turn)
    return tuple(Turn("participant" if line.role == "participant" else "assistant", line.text) for line in lines)


def _seed(row: Message, brief: Brief, protocol: Protocol) -> str:
    """Of the reply, not of the person: the same place in the same design words itself alike."""
    planned = row.trial.allocation
    return derive_seed(protocol.study.seed, "reply", planned.seed, brief.seed, row.turn, row.context_epoch, row.attempt)
