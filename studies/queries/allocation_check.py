"""Deriving every recorded draw of a study again: what was drawn, from which seed, with which probability."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from math import isclose

from studies.domain import briefs as brief_draws
from studies.domain import randomisation as draws
from studies.domain.protocol import Protocol, Task
from studies.domain.randomisation import derive_seed, indexes, rng
from studies.models import Allocation, Brief, Participant, ProtocolVersion, Study, StudyItem
from studies.queries.baseline_briefs import drawn_again
from studies.queries.brief_draws import draw, may_be_wrong, stratum
from studies.queries.model_answers import answers_on


@dataclass(frozen=True)
class Mismatch:
    """A recorded draw that does not come out again."""

    whose: str  # a participant's code, or a model-only run's
    what: str
    recorded: object
    derived: object

    def __str__(self) -> str:
        return f"{self.whose}: {self.what} is recorded as {self.recorded!r}, derived as {self.derived!r}"


@dataclass(frozen=True)
class Checked:
    draws: int
    mismatches: list[Mismatch]


def check(study: Study) -> Checked:
    """Every draw of everybody: sequences, items, choice orders, briefs, beliefs; and of its model-only runs.

    Erased people have none left, imported answers none at all.
    """
    found: list[Mismatch] = []
    count = 0
    for mismatch in chain(_people(study), _runs(study)):
        count += 1
        if mismatch.recorded != mismatch.derived:
            found.append(mismatch)
    return Checked(count, found)


def _people(study: Study) -> Iterator[Mismatch]:
    pools = {version.pk: FrozenPool(version) for version in study.versions.all()}
    for person in Participant.objects.filter(study=study).select_related("version").order_by("pk").iterator():
        yield from _person(person, pools[person.version_id])


def _runs(study: Study) -> Iterator[Mismatch]:
    for run in study.baselines.exclude(rules={}).order_by("pk"):
        yield from (Mismatch(run.code, *draw) for draw in drawn_again(run))


class FrozenPool:
    """The main items of a version in their frozen order, with the passage of each."""

    def __init__(self, version: ProtocolVersion) -> None:
        self.protocol: Protocol = version.protocol
        self._version = version

    @cached_property
    def entries(self) -> list[tuple[int, int | None]]:
        rows = StudyItem.objects.filter(version=self._version, kind="main").order_by("pk")
        return list(rows.values_list("item_id", "item__passage_id"))


def _person(person: Participant, pool: FrozenPool) -> Iterator[Mismatch]:
    if person.randomised_at is not None:
        yield from _sequence(person, pool.protocol)
    planned = Allocation.objects.filter(participant=person).select_related("item", "brief")
    for row in planned.defer("item__question", "item__metadata").order_by("sitting", "position"):
        yield from _choice_order(person, row, pool.protocol)
        if row.kind == Allocation.Kind.MAIN:
            yield from _item(person, row, pool)
        if hasattr(row, "brief"):
            yield from _brief(person, row, row.brief, pool.protocol)


def _sequence(person: Participant, protocol: Protocol) -> Iterator[Mismatch]:
    stored = person.randomisation
    draw = draws.draw_sequence(
        stored["candidates"],
        design=protocol.design,
        seed_parts=draws.sequence_seed_parts(protocol.study.seed, person.pool, person.stratum),
        number=stored["number"],
    )
    yield Mismatch(person.code, "the sequence of arms", person.sequence, draw.sequence)
    yield Mismatch(person.code, "the seed of the sequence", stored["seed"], draw.seed)
    yield Mismatch(person.code, "the chance of the sequence", stored["probability"], draw.probability)


def _choice_order(person: Participant, row: Allocation, protocol: Protocol) -> Iterator[Mismatch]:
    seed = draws.choice_order_seed(protocol.study.seed, person.code, row.item.content_sha256)
    derived = draws.draw_choice_order(row.item.letters, seed)
    yield Mismatch(person.code, f"the choice order of {row.item.key}", row.choice_order, derived)


def _item(person: Participant, row: Allocation, pool: FrozenPool) -> Iterator[Mismatch]:
    name = f"the draw of {row.item.key}"
    index = draws.redraw(row.seed, row.candidates)
    yield Mismatch(person.code, name, row.choice, str(index))
    yield Mismatch(person.code, f"{name} (its item)", row.item_id, pool.entries[index][0])
    passages = indexes(row.candidates["passages"]) if row.unit == "passage" else [0]
    chance = 1 / len(indexes(row.candidates["items"])) / len(passages)
    close = row.probability is not None and isclose(row.probability, chance)
    yield Mismatch(person.code, f"{name} (its chance)", row.probability, row.probability if close else chance)
    yield from _seed_of_item(person, row, pool, index, name)


def _seed_of_item(person: Participant, row: Allocation, pool: FrozenPool, index: int, name: str) -> Iterator[Mismatch]:
    """The seed belongs to this person, task and arm; for a passage, the passage comes out of it too."""
    task = pool.protocol.task(row.task)
    base = draws.items_seed(pool.protocol.study.seed, person.code, row.task, row.arm)
    units = [derive_seed(base, number) for number in range(task.items_per_arm)]
    if row.unit == "item":
        yield Mismatch(person.code, f"{name} (its seed)", row.seed, row.seed if row.seed in units else "another")
        return
    unit = _unit_of(row.seed, units, task)
    yield Mismatch(person.code, f"{name} (its seed)", row.seed, row.seed if unit else "another")
    if unit:
        first = rng(unit).choice(indexes(row.candidates["passages"]))
        yield Mismatch(person.code, f"{name} (its passage)", pool.entries[index][1], pool.entries[first][1])


def _unit_of(seed: str, units: list[str], task: Task) -> str | None:
    questions = range(task.questions_per_passage)
    return next((unit for unit in units if seed in {derive_seed(unit, "question", one) for one in questions}), None)


def _brief(person: Participant, row: Allocation, brief: Brief, protocol: Protocol) -> Iterator[Mismatch]:
    name = f"the brief on {row.item.key}"
    if brief.belief:
        yield Mismatch(person.code, f"{name} (belief)", brief.belief, _belief(row, brief, protocol))
    if not brief.target:
        return
    yield Mismatch(person.code, f"{name} (right)", brief.correct, brief.target == row.item.gold)
    practised = row.kind == Allocation.Kind.PRACTICE
    derived = _fixed(row, protocol) if practised else _by_rules(person, row, brief, protocol)
    yield Mismatch(person.code, name, brief.target, derived.target)
    yield Mismatch(person.code, f"{name} (its chance)", brief.probability, derived.probability)
    yield Mismatch(person.code, f"{name} (its stratum)", brief.stratum, derived.stratum)
    yield Mismatch(person.code, f"{name} (its place)", brief.slot, derived.slot)
    yield Mismatch(person.code, f"{name} (its seed)", brief.seed, derived.seed)


@dataclass(frozen=True)
class Drawn:
    """A target and how it came about, as a brief records it."""

    target: str
    probability: float | None
    stratum: str
    slot: int | None
    seed: str


def _fixed(row: Allocation, protocol: Protocol) -> Drawn:
    """By the practice schedule, which says for each question whether the target is right."""
    item, seed = row.item, brief_draws.practice_seed(protocol.study.seed, row.item.content_sha256)
    right = protocol.practice.trials[row.position - 1].brief != "wrong"
    target = brief_draws.practice_target(seed=seed, gold=item.gold, letters=item.letters, right=right)
    return Drawn(target, 1.0, "fixed", None, seed)


def _by_rules(person: Participant, row: Allocation, brief: Brief, protocol: Protocol) -> Drawn:
    """From the answers of the model that were frozen with the person's version, where its errors are what counts."""
    item, rules = row.item, protocol.assistants[brief.assistant]
    answers = answers_on(row, rules)
    if not may_be_wrong(item, rules, answers):
        return Drawn(item.gold, 1.0, brief_draws.NOT_MISSED, None, "")
    place = stratum(item, rules, pool=person.pool, assistant=brief.assistant)
    slot = 0 if rules.brief_per == "item" else brief.slot or 0
    found = draw(item, rules, answers, study_seed=protocol.study.seed, stratum=place, slot=slot)
    return Drawn(found.target, found.probability, place, slot, found.seed)


def _belief(row: Allocation, brief: Brief, protocol: Protocol) -> str:
    return brief_draws.draw_belief(
        seed_parts=(protocol.study.seed, "belief", brief.assistant, row.item.content_sha256),
        gold=row.item.gold,
        letters=row.item.letters,
        knowledge=protocol.assistants[brief.assistant].knowledge,
    )
