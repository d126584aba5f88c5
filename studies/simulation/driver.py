"""Many simulated people in virtual time: an event queue interleaves them as real ones would meet the allocation."""

import heapq
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from studies.domain.protocol import Protocol
from studies.domain.randomisation import derive_seed, rng
from studies.models import Participant, Study
from studies.services import enrolment, public_ids, simulated
from studies.simulation.person import Person, Population
from studies.simulation.reply import Assistants
from studies.simulation.walk import Waits, Walk

LONGEST = timedelta(days=1)  # of real time: then a server takes a simulation for dead
BATCH_SECONDS = 0.25  # of real time in one transaction: fewer commits, and nobody else waits long
JOINS_EVERY_SECONDS = 40.0  # of virtual time, on average
MARGIN = timedelta(hours=6)  # for who comes back late, per sitting


@dataclass(frozen=True)
class Newcomer:
    """A person to simulate: their public code, when they come, and the truth about them."""

    code: str
    joins_at: datetime
    person: Person

    @property
    def truth(self) -> dict[str, object]:
        return {**asdict(self.person.traits), "seed": self.person.seed}


def newcomers(*, study: Study, participants: int, seed: int, start: datetime, population: Population) -> list[Newcomer]:
    """The people of one run: the same seed gives the same people."""
    found: list[Newcomer] = []
    at = start
    for number in range(participants):
        own = derive_seed("simulated", study.slug, seed, number)
        with public_ids.drawn_from(rng(derive_seed(own, "code"))):
            code = public_ids.new_code()
        at += timedelta(seconds=round(rng(derive_seed(own, "joins")).expovariate(1 / JOINS_EVERY_SECONDS), 3))
        found.append(Newcomer(code, at, Person(own, population)))
    return found


def default_start(*, protocol: Protocol, participants: int, now: datetime) -> datetime:
    """A whole hour, so long ago that everybody is done, or has expired, before `now`."""
    span = needed(protocol=protocol, participants=participants)
    return (now - span).replace(minute=0, second=0, microsecond=0)


def needed(*, protocol: Protocol, participants: int) -> timedelta:
    """How much virtual time a run may take, on the safe side."""
    design = protocol.design
    joining = timedelta(seconds=1.5 * JOINS_EVERY_SECONDS * (participants + 20))
    each = MARGIN + timedelta(hours=design.hours_between_sittings, minutes=2 * protocol.study.expected_minutes)
    return joining + design.sittings * each + timedelta(hours=design.expire_after_hours)


class Driver:
    """Runs newcomers to their ends. `progress` is told of each who is through.

    `waits`: replies come from a service, and no transaction may stay open while one is waited for.
    """

    def __init__(
        self, *, study: Study, people: list[Newcomer], seed: int, progress: Callable[[], object], waits: bool = False
    ) -> None:
        self._assistants = Assistants()
        self._waits = waits
        self._progress = progress
        self._turns = itertools.count()
        self._queue: list[tuple[datetime, int, Walk, Waits]] = []
        self._ids = rng(derive_seed("simulated ids", study.slug, seed))
        until = timezone.now() + LONGEST
        self.walks = [
            Walk(
                person=one.person,
                study=study,
                code=one.code,
                truth=one.truth,
                assistants=self._assistants,
                swept_from=until,
            )
            for one in people
        ]
        for one, walk in zip(people, self.walks, strict=True):
            self._push(one.joins_at, walk, walk.steps())

    def _push(self, at: datetime, walk: Walk, steps: Waits) -> None:
        heapq.heappush(self._queue, (at, next(self._turns), walk, steps))

    def run(self) -> None:
        try:
            with public_ids.drawn_from(self._ids):
                while self._queue:
                    with _one_by_one() if self._waits else _batch() as lasts:
                        while self._queue and lasts():
                            self._step()
        finally:
            self._assistants.close()

    def _step(self) -> None:
        at, _, walk, steps = heapq.heappop(self._queue)
        walk.now = at
        try:
            seconds = next(steps)
        except StopIteration:
            self._progress()
        else:
            self._push(at + timedelta(milliseconds=max(1, round(seconds * 1000))), walk, steps)


@contextmanager
def _batch() -> Iterator[Callable[[], bool]]:
    """One transaction, and whether it may go on."""
    until = time.monotonic() + BATCH_SECONDS
    with transaction.atomic():
        yield lambda: time.monotonic() < until


@contextmanager
def _one_by_one() -> Iterator[Callable[[], bool]]:
    """Every service commits by itself."""
    yield lambda: True


def simulate(
    *,
    study: Study,
    participants: int,
    seed: int,
    start: datetime,
    population: Population | None = None,
    ask_services: bool = False,
    progress: Callable[[], object] = lambda: None,
) -> list[Participant]:
    """Let simulated people take part from `start` on; who they are now. `ask_services`: where assistants need them.

    Raises Refused: remote_provider, real_participants, study_not_open, study_paused, study_closed, seed_used.
    """
    simulated.check_may_simulate(study, ask_services=ask_services)
    people = newcomers(
        study=study, participants=participants, seed=seed, start=start, population=population or Population()
    )
    codes = [one.code for one in people]
    simulated.check_codes_free(codes)
    waits = bool(simulated.services_of(protocol_of(study)))
    try:
        Driver(study=study, people=people, seed=seed, progress=progress, waits=waits).run()
    finally:
        simulated.hand_over(study=study, codes=codes)
    return list(Participant.objects.filter(study=study, code__in=codes))


def protocol_of(study: Study) -> Protocol:
    return enrolment.newest_version(study).protocol
