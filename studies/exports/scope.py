"""What one export is about: the study, its frozen versions, and whose rows go in."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from django.conf import settings
from django.db.models import QuerySet

from studies.domain.protocol import Protocol
from studies.domain.states import TrialState
from studies.models import Participant, Pool, ProtocolVersion, Study, Trial
from studies.queries.blinding import outcomes_withheld

PEOPLE_AT_ONCE = 40  # bounds what is in memory: the rows of so many people


@dataclass(frozen=True)
class Scope:
    """Previews never go in, simulated people only where asked for, of those who withdrew only a tombstone."""

    study: Study
    include_simulated: bool = False

    @cached_property
    def versions(self) -> dict[int, ProtocolVersion]:
        """Every frozen version, oldest first, by its row number."""
        return {version.pk: version for version in self.study.versions.order_by("number")}

    @property
    def newest(self) -> ProtocolVersion:
        return list(self.versions.values())[-1]

    def protocol(self, version_id: int) -> Protocol:
        return self.versions[version_id].protocol

    @cached_property
    def withheld(self) -> bool:
        """Whether the answers of real people are left out because the study is neither closed nor unblinded."""
        return outcomes_withheld(self.study)

    @cached_property
    def blinded(self) -> bool:
        """Whether anything is withheld: a package of nothing but simulated answers is open."""
        opened = Trial.objects.filter(allocation__participant__in=self.givers()).exclude(state=TrialState.PENDING)
        real = opened.filter(allocation__participant__pool=Pool.REAL).exists()
        return self.withheld and (real or not opened.exists())

    @property
    def app_version(self) -> str:
        return str(settings.APP_VERSION)

    @property
    def pools(self) -> list[str]:
        return [Pool.REAL, Pool.SIMULATED] if self.include_simulated else [Pool.REAL]

    def everybody(self) -> QuerySet[Participant]:
        """Everybody who arrived, tombstones included."""
        return Participant.objects.filter(study=self.study, pool__in=self.pools).order_by("pk")

    def givers(self) -> QuerySet[Participant]:
        """Everybody whose data may be used."""
        return self.everybody().filter(withdrew_at=None)

    def withholds(self, pool: str) -> bool:
        return self.withheld and pool == Pool.REAL

    def left_out_simulated(self) -> int:
        """Simulated people who stay out because nobody asked for them."""
        if self.include_simulated:
            return 0
        return Participant.objects.filter(study=self.study, pool=Pool.SIMULATED).count()


def batches(people: QuerySet[Participant]) -> Iterator[list[Participant]]:
    """The people, so many at once."""
    rows = people.iterator(chunk_size=PEOPLE_AT_ONCE)
    while batch := list(islice(rows, PEOPLE_AT_ONCE)):
        yield batch
