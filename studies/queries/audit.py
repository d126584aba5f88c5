"""Whether assistants did what was drawn for them, how well that was read out, and what gave it away.

Trials are main trials of one pool; those of people who withdrew their data are left out. Nothing here is an answer of
a participant, yet it tells of keys: for researchers.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from studies.domain.audit import agreement
from studies.domain.protocol import Assistant
from studies.domain.states import IN_FLIGHT
from studies.domain.transcript import shown_options
from studies.models import Allocation, AuditCoding, Event, Message, Participant, Study, Trial

NOT_READ, NO_RECOMMENDATION = "?", ""
_WITH_ALL = ("trial__allocation__item", "trial__session__participant__version")


@dataclass(frozen=True)
class Reliability:
    """Of one assistant. Shares are None where there is nothing to divide by.

    `talked` trials have a reply with words. `drawn_right` is the share of briefs (or beliefs) that are the key,
    `realised_right` that of last recommendations, `as_drawn` the share of these that are what was drawn; `unread`
    trials have a reply that nobody has read out.
    """

    assistant: str
    strategy: str
    trials: int
    talked: int
    set_share: float | None  # as the study sets it
    drawn_right: float | None
    recommended: int
    realised_right: float | None
    as_drawn: float | None
    unread: int
    not_argued: int


@dataclass(frozen=True)
class NotArgued:
    """A trial in which the assistant talked, all of it was read out, and its target was never recommended."""

    person: str
    trial: str
    assistant: str
    target: str
    recommended: tuple[str, ...]


@dataclass(frozen=True)
class Coded:
    """How well two readings of the same replies agree.

    Of pairs that differ: `missed` where only the first has a recommendation, `invented` where only the second has
    one, `another` where both have and name different options. What was recorded stands second.
    """

    between: str
    pairs: int
    agree: float | None
    kappa: float | None
    missed: int
    invented: int
    another: int


@dataclass(frozen=True)
class Leak:
    assistant: str
    person: str
    trial: str
    gives_away: tuple[str, ...]


@dataclass(frozen=True)
class Overview:
    """What the assistants of a study did, as the console and the export tell it."""

    lines: list[Reliability]
    not_argued: list[NotArgued]
    leaks: list[Leak]


@dataclass(frozen=True)
class ToCode:
    """All that a coder may see of a reply: the talk before it, its words, the options shown."""

    message: Message
    talk: list[tuple[str, str]]
    options: list[str]


@dataclass(frozen=True)
class Queue:
    """How many replies people are to read out, how many of them this coder has read, and the rest, oldest first."""

    chosen: int
    mine: int
    left: QuerySet[Message]


@dataclass(frozen=True)
class _Talked:
    person: str
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


def overview(*, study: Study, pool: str) -> Overview:
    """Realised against drawn reliability for each assistant and strategy; briefs that were not argued; leaks."""
    trials, version = _trials(study, pool), study.versions.order_by("-number").first()
    rules = version.protocol.assistants if version else {}
    groups: dict[tuple[str, str], list[_Talked]] = defaultdict(list)
    for trial in trials:
        groups[(trial.assistant, trial.strategy)].append(trial)
    return Overview(
        lines=[_line(name, strategy, found, rules.get(name)) for (name, strategy), found in sorted(groups.items())],
        not_argued=[
            NotArgued(trial.person, trial.trial, trial.assistant, trial.target, trial.recommended)
            for trial in trials
            if trial.not_argued
        ],
        leaks=leaks(study=study, pool=pool),
    )


def _line(name: str, strategy: str, trials: list[_Talked], rules: Assistant | None) -> Reliability:
    judged = [trial for trial in trials if trial.recommended and trial.gold]
    return Reliability(
        assistant=name,
        strategy=strategy,
        trials=len(trials),
        talked=sum(bool(trial.said) for trial in trials),
        set_share=_set_share(rules, trials),
        drawn_right=_share(trial.drawn == trial.gold for trial in trials if trial.drawn),
        recommended=len(judged),
        realised_right=_share(trial.recommended[-1] == trial.gold for trial in judged),
        as_drawn=_share(trial.recommended[-1] == trial.drawn for trial in judged if trial.drawn),
        unread=sum(NOT_READ in trial.said for trial in trials),
        not_argued=sum(trial.not_argued for trial in trials),
    )


def _set_share(rules: Assistant | None, trials: list[_Talked]) -> float | None:
    """By the newest version that was launched."""
    if rules is None or not any(trial.drawn for trial in trials):
        return None
    if rules.wrong_on == "model_misses":
        return None  # it depends on how many items the model misses
    return rules.p_correct if any(trial.target for trial in trials) else rules.knowledge


def _share(values: Iterable[bool]) -> float | None:
    found = list(values)
    return sum(found) / len(found) if found else None


def _trials(study: Study, pool: str) -> list[_Talked]:
    people = Participant.objects.filter(study=study, pool=pool, withdrew_at=None)
    rows = Allocation.objects.filter(participant__in=people, kind=Allocation.Kind.MAIN, trial__opened_at__isnull=False)
    rows = rows.exclude(brief=None).order_by("pk")
    said: dict[int, list[str]] = defaultdict(list)
    for trial, letter, by in _replies(study, pool).values_list("trial_id", "recommended", "recommended_by"):
        said[trial].append(letter if by else NOT_READ)
    who = ("participant__code", "trial__public_id")
    fields = (*who, "brief__assistant", "brief__strategy", "item__gold", "brief__belief", "brief__target")
    return [
        _Talked(person, trial, assistant, strategy, gold, target or belief, target, tuple(said[pk]))
        for pk, person, trial, assistant, strategy, gold, belief, target in rows.values_list("trial__pk", *fields)
    ]


def _replies(study: Study, pool: str) -> QuerySet[Message]:
    """Final replies with words, in order."""
    rows = Message.objects.filter(
        role=Message.Role.ASSISTANT,
        trial__allocation__participant__study=study,
        trial__allocation__participant__pool=pool,
        trial__allocation__participant__withdrew_at=None,
        trial__allocation__kind=Allocation.Kind.MAIN,
    )
    return _final(rows).order_by("trial_id", "turn", "attempt")


def _final(rows: QuerySet[Message]) -> QuerySet[Message]:
    return rows.exclude(status__in=IN_FLIGHT).exclude(text="")


def leaks(*, study: Study, pool: str) -> list[Leak]:
    """Replies that gave a brief or a key away."""
    rows = Event.objects.filter(study=study, kind="reply.leak", participant__pool=pool).order_by("pk")
    rows = rows.filter(participant__withdrew_at=None)
    found = rows.values_list("trial__allocation__brief__assistant", "participant__code", "trial__public_id", "detail")
    return [
        Leak(assistant or "", person or "", trial or "", tuple(detail.get("gives_away", ())))
        for assistant, person, trial, detail in found
    ]


# -- blind coding --------------------------------------------------------------------------------------------


def coding_queue(*, study: Study, pool: str, coder_id: int) -> Queue:
    """Those that were drawn when they were queued, by the share that each frozen version sets."""
    drawn = _drawn(study, pool)
    mine = AuditCoding.objects.filter(coder_id=coder_id)
    left = drawn.exclude(Exists(mine.filter(message=OuterRef("pk"))))
    return Queue(drawn.count(), drawn.filter(pk__in=mine.values("message")).count(), left)


def _drawn(study: Study, pool: str) -> QuerySet[Message]:
    """Of the final replies with words those that people read, the oldest first.

    The condition on the trial is a subquery, so that a database without statistics begins with the replies that were
    drawn, which have an index, and not with everybody who took part.
    """
    trials = Trial.objects.filter(
        pk=OuterRef("trial"),
        allocation__participant__pool=pool,
        allocation__participant__withdrew_at=None,
        allocation__kind=Allocation.Kind.MAIN,
    )
    return _final(Message.objects.filter(Exists(trials), coding_study=study)).order_by("pk")


def to_code(*, study: Study, pool: str, coder_id: int) -> list[Message]:
    """The replies that this coder has yet to read, the oldest first."""
    return list(coding_queue(study=study, pool=pool, coder_id=coder_id).left.select_related(*_WITH_ALL))


def reply_to_code(*, pk: int) -> Message:
    return Message.objects.select_related(*_WITH_ALL).get(pk=pk)


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
    differ = [pair for pair in pairs if pair[0] != pair[1]]
    return Coded(
        between=between,
        pairs=len(pairs),
        agree=agree,
        kappa=kappa,
        missed=sum(not second for _, second in differ),
        invented=sum(not first for first, _ in differ),
        another=sum(bool(first and second) for first, second in differ),
    )
