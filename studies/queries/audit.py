"""Whether assistants did what was drawn for them, how well that was read out, and what gave it away.

Trials are main trials of one pool. Nothing here is an answer of a participant, yet it tells of keys: for researchers.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from studies.domain.audit import agreement, chosen_for_coding
from studies.domain.states import IN_FLIGHT
from studies.domain.transcript import shown_options
from studies.models import Allocation, AuditCoding, Event, Message, Participant, Study
from studies.queries.trials import protocol_of

NOT_READ, NO_RECOMMENDATION = "?", ""


@dataclass(frozen=True)
class Reliability:
    """Of one assistant. Shares are None where there is nothing to divide by.

    `talked` trials have a reply with words. `drawn_right` is the share of briefs (or beliefs) that are the key,
    `realised_right` that of last recommendations; `unread` trials have a reply that nobody has read out.
    """

    assistant: str
    strategy: str
    trials: int
    talked: int
    set_share: float | None  # as the study sets it
    drawn_right: float | None
    recommended: int
    realised_right: float | None
    unread: int
    not_argued: int


@dataclass(frozen=True)
class NotArgued:
    """A trial in which the assistant talked, all of it was read out, and its target was never recommended."""

    trial: str
    assistant: str
    target: str
    recommended: tuple[str, ...]


@dataclass(frozen=True)
class Coded:
    """How well two readings of the same replies agree."""

    between: str
    pairs: int
    agree: float | None
    kappa: float | None


@dataclass(frozen=True)
class Leak:
    trial: str
    gives_away: tuple[str, ...]


@dataclass(frozen=True)
class ToCode:
    """All that a coder may see of a reply: the talk before it, its words, the options shown."""

    message: Message
    talk: list[tuple[str, str]]
    options: list[str]


@dataclass(frozen=True)
class _Talked:
    trial: str
    assistant: str
    strategy: str
    gold: str
    drawn: str
    target: str
    said: tuple[str, ...]  # what its replies recommended, in order; `?` where nobody has read one

    @property
    def recommended(self) -> tuple[str, ...]:
        return tuple(letter for letter in self.said if letter not in (NOT_READ, NO_RECOMMENDATION))

    @property
    def not_argued(self) -> bool:
        return bool(self.said and self.target) and NOT_READ not in self.said and self.target not in self.recommended


def reliability(*, study: Study, pool: str) -> list[Reliability]:
    """Realised against drawn reliability, a line for each assistant and strategy."""
    groups: dict[tuple[str, str], list[_Talked]] = defaultdict(list)
    for trial in _trials(study, pool):
        groups[(trial.assistant, trial.strategy)].append(trial)
    return [_line(study, name, strategy, trials) for (name, strategy), trials in sorted(groups.items())]


def _line(study: Study, name: str, strategy: str, trials: list[_Talked]) -> Reliability:
    judged = [trial for trial in trials if trial.recommended and trial.gold]
    return Reliability(
        assistant=name,
        strategy=strategy,
        trials=len(trials),
        talked=sum(bool(trial.said) for trial in trials),
        set_share=_set_share(study, name, trials),
        drawn_right=_share(trial.drawn == trial.gold for trial in trials if trial.drawn),
        recommended=len(judged),
        realised_right=_share(trial.recommended[-1] == trial.gold for trial in judged),
        unread=sum(NOT_READ in trial.said for trial in trials),
        not_argued=sum(trial.not_argued for trial in trials),
    )


def _set_share(study: Study, name: str, trials: list[_Talked]) -> float | None:
    """By the newest version that was launched."""
    version = study.versions.order_by("-number").first()
    rules = version.protocol.assistants.get(name) if version else None
    if rules is None or not any(trial.drawn for trial in trials):
        return None
    if rules.wrong_on == "model_misses":
        return None  # it depends on how many items the model misses
    return rules.p_correct if any(trial.target for trial in trials) else rules.knowledge


def _share(values: Iterable[bool]) -> float | None:
    found = list(values)
    return sum(found) / len(found) if found else None


def not_argued(*, study: Study, pool: str) -> list[NotArgued]:
    """The briefs that were not argued."""
    return [
        NotArgued(trial.trial, trial.assistant, trial.target, trial.recommended)
        for trial in _trials(study, pool)
        if trial.not_argued
    ]


def _trials(study: Study, pool: str) -> list[_Talked]:
    people = Participant.objects.filter(study=study, pool=pool)
    rows = Allocation.objects.filter(participant__in=people, kind=Allocation.Kind.MAIN, trial__opened_at__isnull=False)
    rows = rows.exclude(brief=None).order_by("pk")
    said: dict[int, list[str]] = defaultdict(list)
    for trial, letter, by in _replies(study, pool).values_list("trial_id", "recommended", "recommended_by"):
        said[trial].append(letter if by else NOT_READ)
    fields = ("trial__public_id", "brief__assistant", "brief__strategy", "item__gold", "brief__belief", "brief__target")
    return [
        _Talked(trial, assistant, strategy, gold, target or belief, target, tuple(said[pk]))
        for pk, trial, assistant, strategy, gold, belief, target in rows.values_list("trial__pk", *fields)
    ]


def _replies(study: Study, pool: str) -> QuerySet[Message]:
    """Final replies with words, in order."""
    rows = Message.objects.filter(
        role=Message.Role.ASSISTANT,
        trial__allocation__participant__study=study,
        trial__allocation__participant__pool=pool,
        trial__allocation__kind=Allocation.Kind.MAIN,
    )
    return rows.exclude(status__in=IN_FLIGHT).exclude(text="").order_by("trial_id", "turn", "attempt")


def leaks(*, study: Study, pool: str) -> list[Leak]:
    """Replies that gave a brief or a key away."""
    rows = Event.objects.filter(study=study, kind="reply.leak", participant__pool=pool).order_by("pk")
    found = rows.values_list("trial__public_id", "detail")
    return [Leak(trial or "", tuple(detail.get("gives_away", ()))) for trial, detail in found]


# -- blind coding --------------------------------------------------------------------------------------------


def to_code(*, study: Study, pool: str, coder_id: int) -> list[Message]:
    """The replies that this coder has yet to read, the oldest first."""
    rows = _replies(study, pool).exclude(codings__coder_id=coder_id)
    rows = rows.select_related("trial__allocation__item", "trial__session__participant__version")
    return [row for row in rows.order_by("pk") if _is_queued(row)]


def _is_queued(reply: Message) -> bool:
    protocol = protocol_of(reply.trial)
    share = protocol.audit.blind_share
    return chosen_for_coding(seed=protocol.study.seed, message=reply.public_id, share=share)


def seen_by_coder(*, reply: Message) -> ToCode:
    """A reply as a coder may see it: no arm, brief, key, answer, assistant or reading."""
    planned = reply.trial.allocation
    before = Message.objects.filter(trial=reply.trial, context_epoch=reply.context_epoch).exclude(text="")
    before = before.exclude(status__in=IN_FLIGHT).exclude(turn=reply.turn, role=Message.Role.ASSISTANT)
    talk = before.filter(turn__lte=reply.turn).order_by("turn", "-role", "attempt")
    return ToCode(
        message=reply,
        talk=list(talk.values_list("role", "text")),
        options=shown_options(planned.item.options, planned.choice_order),
    )


def codings_agree(*, study: Study, pool: str) -> list[Coded]:
    """People among themselves (each pair of coders of a reply), and people against what was recorded."""
    by_reply: dict[Message, list[str]] = defaultdict(list)
    rows = AuditCoding.objects.filter(message__in=_replies(study, pool)).select_related("message")
    for coding in rows.order_by("message_id", "coder_id"):
        by_reply[coding.message].append(coding.letter)
    among = [
        (letter, other)
        for letters in by_reply.values()
        for place, letter in enumerate(letters)
        for other in letters[place + 1 :]
    ]
    against = [
        (letter, reply.recommended) for reply, letters in by_reply.items() if reply.recommended_by for letter in letters
    ]
    return [_coded("coders", among), _coded("coders and recorded", against)]


def _coded(between: str, pairs: list[tuple[str, str]]) -> Coded:
    agree, kappa = agreement(pairs)
    return Coded(between, len(pairs), agree, kappa)
