"""What the research console says of a study as a whole: its people in numbers, its protocol, who may see outcomes."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from studies.domain.protocol import Protocol
from studies.domain.states import Outcome
from studies.models import Participant, Pool, ProtocolVersion, Session, Study
from studies.queries.blinding import outcomes_withheld

# How a person is counted, in the order of the picture; what stands first is most wished for.
COMPLETED, BETWEEN, HERE, AWAY = "completed", "between_sittings", "here", "away"
GROUPS = (COMPLETED, BETWEEN, HERE, AWAY, *(outcome.value for outcome in Outcome if outcome != Outcome.COMPLETED))


@dataclass(frozen=True)
class People:
    """How many people of one pool are where. `places` is None before the launch."""

    counts: Counter[str]
    places: int | None = None

    @property
    def joined(self) -> int:
        return self.counts.total()

    @property
    def completed(self) -> int:
        return self.counts[COMPLETED]

    @property
    def here(self) -> int:
        return self.counts[HERE]

    @property
    def left(self) -> int:
        return self.joined - self.completed - self.here - self.counts[BETWEEN] - self.counts[AWAY]


@dataclass(frozen=True)
class StudyLine:
    """A study in the list of all."""

    study: Study
    version: ProtocolVersion | None
    people: dict[str, People]


def newest_versions(studies: Iterable[Study]) -> dict[int, ProtocolVersion]:
    """Each study's newest frozen version."""
    rows = ProtocolVersion.objects.filter(study__in=studies).order_by("number")
    return {version.study_id: version for version in rows}


def overview(*, now: datetime) -> list[StudyLine]:
    """Every study, the newest first. The number of queries does not grow with studies or people."""
    studies = list(Study.objects.order_by("-created_at", "-pk").defer("source"))
    versions = newest_versions(studies)
    counts = _counts(studies, {key: version.protocol for key, version in versions.items()}, now)
    return [
        StudyLine(
            study,
            versions.get(study.pk),
            {pool: People(counts[study.pk, pool], _places(versions.get(study.pk))) for pool in Pool.values},
        )
        for study in studies
    ]


def people_counts(*, study: Study, version: ProtocolVersion | None, pool: str, now: datetime) -> People:
    protocols = {study.pk: version.protocol} if version else {}
    return People(_counts([study], protocols, now)[study.pk, pool], _places(version))


def _places(version: ProtocolVersion | None) -> int | None:
    return version.protocol.design.participants if version else None


def _counts(studies: list[Study], protocols: dict[int, Protocol], now: datetime) -> dict[tuple[int, str], Counter[str]]:
    """People by study, pool and group, each by their last sitting."""
    found = {(study.pk, pool): Counter[str]() for study in studies for pool in Pool.values}
    keys = ("participant__study_id", "participant__pool", "outcome", "sitting")
    rows = last_sittings().filter(participant__study__in=protocols).order_by().values_list(*keys)
    for study, pool, outcome, sitting, people, present in rows.annotate(
        people=Count("pk"), present=Count("pk", filter=_seen_lately(protocols, now))
    ):
        counter = found[study, pool]
        if outcome == Outcome.COMPLETED and sitting < protocols[study].design.sittings:
            counter[BETWEEN] += people
        elif outcome:
            counter[outcome] += people
        else:
            counter[HERE] += present
            counter[AWAY] += people - present
    return found


def _seen_lately(protocols: dict[int, Protocol], now: datetime) -> Q:
    """Seen within the idle time of their own study."""
    seen = Q(pk=None)
    for study, protocol in protocols.items():
        idle = timedelta(minutes=protocol.design.idle_minutes)
        seen |= Q(participant__study=study, last_seen_at__gte=now - idle)
    return seen


def last_sittings() -> QuerySet[Session]:
    """Each person's last sitting."""
    newer = Session.objects.filter(participant=OuterRef("participant"), sitting__gt=OuterRef("sitting"))
    return Session.objects.filter(~Exists(newer))


def pools_in_use(study: Study) -> dict[str, int]:
    """How many people each pool has."""
    counts = Counter(
        dict(Participant.objects.filter(study=study).values_list("pool").annotate(people=Count("pk")).order_by())
    )
    return {pool: counts[pool] for pool in Pool.values}


def draft_differs(study: Study, version: ProtocolVersion | None) -> bool:
    """Whether the draft has changed since the last launch."""
    if version is None:
        return False
    return Protocol.model_validate(study.document) != version.protocol


def may_see_outcomes(*, study: Study, pool: str) -> bool:
    """Outcomes by arm: of simulated and preview people always, of real people once the study is closed or unblinded."""
    return pool != Pool.REAL or not outcomes_withheld(study)
