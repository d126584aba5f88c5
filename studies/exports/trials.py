"""Opened trials with all that belongs to them, read person by person."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from django.db.models import BooleanField, Case, Sum, TextField, Value, When

from studies.domain.derived import Exposure, Met, Said, exposure_before, seconds_between
from studies.domain.exclusions import Case as ExclusionCase
from studies.domain.exclusions import TrialFacts, cases
from studies.domain.protocol import Protocol
from studies.domain.states import TrialState
from studies.exports.scope import Scope, batches
from studies.models import Allocation, Brief, Event, Item, LateAnswer, Message, Participant, Response, Trial


@dataclass(frozen=True)
class OpenedTrial:
    """One row of responses.csv before it is written."""

    scope: Scope
    person: Participant
    trial: Trial
    talk: Sequence[Said]
    late: LateAnswer | None
    away_seconds: float | None
    before: Exposure
    gave_away: tuple[str, ...] = ()
    excluded_by: tuple[str, ...] = ()

    @property
    def protocol(self) -> Protocol:
        return self.scope.protocol(self.person.version_id)

    @property
    def planned(self) -> Allocation:
        return self.trial.allocation

    @property
    def item(self) -> Item:
        return self.trial.allocation.item

    @cached_property
    def brief(self) -> Brief | None:
        return getattr(self.trial.allocation, "brief", None)

    @cached_property
    def response(self) -> Response | None:
        return getattr(self.trial, "response", None)

    @property
    def seconds(self) -> float | None:
        """Closed minus opened as both are written; None while the trial is open."""
        opened, closed = self.trial.opened_at, self.trial.closed_at
        return None if opened is None or closed is None else seconds_between(opened, closed)

    @property
    def facts(self) -> TrialFacts:
        return TrialFacts(
            trial_id=self.trial.public_id,
            kind=self.planned.kind,
            assisted=self.brief is not None,
            closed_by=self.trial.closed_by,
            answered=self.response is not None,
            correct=self.response.correct if self.response else None,
            seconds=self.seconds,
            away_seconds=self.away_seconds,
            messages=sum(line.role == "participant" for line in self.talk),
        )


@dataclass(frozen=True)
class PersonTrials:
    """A person's opened trials in order, and the declared exclusion rules that apply to them."""

    person: Participant
    trials: list[OpenedTrial]
    cases: list[ExclusionCase]


def people_with_trials(scope: Scope) -> Iterator[PersonTrials]:
    """Everybody whose data may be used, each with their opened trials."""
    for batch in batches(scope.givers()):
        yield from _Batch(scope, batch).people()


class _Batch:
    """A few people's rows, read together."""

    def __init__(self, scope: Scope, people: Sequence[Participant]) -> None:
        self.scope, self.persons = scope, people
        self.trials = _by_person(people)
        self.talks = _talks(people)
        self.late = _first_late(people)
        self.away = _away_seconds(people)
        self.leaks = _leaks(people)

    def people(self) -> Iterator[PersonTrials]:
        for person in self.persons:
            rows = list(self._rows(person))
            declared = self.scope.protocol(person.version_id).exclusions
            found = list(cases(declared, [row.facts for row in rows], withheld=self.scope.withholds(person.pool)))
            yield PersonTrials(person, [_marked(row, found) for row in rows], found)

    def _rows(self, person: Participant) -> Iterator[OpenedTrial]:
        trials = self.trials[person.pk]
        met = [_met(trial) for trial in trials if trial.allocation.kind == Allocation.Kind.MAIN]
        for trial in trials:
            assert trial.opened_at is not None, "only opened trials were read"
            yield OpenedTrial(
                scope=self.scope,
                person=person,
                trial=trial,
                talk=self.talks[trial.pk],
                late=self.late.get(trial.pk),
                away_seconds=self.away.get(trial.pk, 0.0) if person.telemetry else None,
                before=exposure_before(met, trial.opened_at),
                gave_away=tuple(dict.fromkeys(self.leaks[trial.pk])),
            )


def _marked(row: OpenedTrial, found: Sequence[ExclusionCase]) -> OpenedTrial:
    here = [case for case in found if case.excludes and case.trial_id in ("", row.trial.public_id)]
    if not here:
        return row
    return replace(row, excluded_by=tuple(dict.fromkeys(case.rule.name for case in here)))


def _met(trial: Trial) -> Met:
    brief = getattr(trial.allocation, "brief", None)
    assert trial.opened_at is not None, "only opened trials were read"
    return Met(trial.opened_at, brief is not None, brief.correct if brief else None, trial.revealed_at)


def _by_person(people: Sequence[Participant]) -> dict[int, list[Trial]]:
    opened = (
        Trial.objects.filter(allocation__participant__in=people)
        .exclude(state=TrialState.PENDING)
        .select_related("allocation__item__dataset", "allocation__item__passage", "allocation__brief", "response")
        .select_related("session")
        .defer("allocation__item__question", "allocation__item__metadata", "allocation__candidates")
        .defer("allocation__item__passage__text", "session__device")
        .order_by("allocation__sitting", "allocation__position")
    )
    found: dict[int, list[Trial]] = defaultdict(list)
    for trial in opened:
        found[trial.allocation.participant_id].append(trial)
    return found


def _talks(people: Sequence[Participant]) -> dict[int, list[Said]]:
    """The messages by trial; of the words only the person's own are needed here."""
    own_words = Case(When(role=Message.Role.PARTICIPANT, then="text"), default=Value(""), output_field=TextField())
    read = Case(
        When(text="", then=None), When(recommended_by="", then=False), default=True, output_field=BooleanField()
    )
    rows = Message.objects.filter(trial__allocation__participant__in=people).order_by("turn", "pk")
    fields = ("turn", "role", "attempt", "status", "sent_at", "first_token_at", "finished_at", "recommended")
    found: dict[int, list[Said]] = defaultdict(list)
    for trial_id, *values in rows.annotate(words=own_words, read=read).values_list(
        "trial_id", *fields, "words", "read"
    ):
        found[trial_id].append(Said(*values))
    return found


def _first_late(people: Sequence[Participant]) -> dict[int, LateAnswer]:
    rows = LateAnswer.objects.filter(trial__allocation__participant__in=people).order_by("-received_at", "-pk")
    return {late.trial_id: late for late in rows}


def _leaks(people: Sequence[Participant]) -> dict[int, list[str]]:
    """What replies gave away, by trial."""
    rows = Event.objects.filter(participant__in=people, trial__isnull=False, kind="reply.leak").order_by("pk")
    found: dict[int, list[str]] = defaultdict(list)
    for trial_id, detail in rows.values_list("trial_id", "detail"):
        if trial_id is not None:
            found[trial_id] += detail.get("gives_away", [])
    return found


def _away_seconds(people: Sequence[Participant]) -> dict[int, float]:
    """Seconds away by trial, from what the browser reports on coming back."""
    back = Event.objects.filter(participant__in=people, trial__isnull=False, kind="focus", length__isnull=False)
    sums = back.order_by().values_list("trial_id").annotate(Sum("length"))
    return {trial_id: milliseconds / 1000 for trial_id, milliseconds in sums if trial_id is not None}
