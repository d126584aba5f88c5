"""The two draws for a person: arm or sequence, then items and briefs. Every planned trial gets its row."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from studies.domain import randomisation as draws
from studies.domain.protocol import Protocol, Task
from studies.domain.randomisation import ItemDraw, PoolEntry, derive_seed
from studies.models import Allocation, Item, Participant, StudyItem, Trial
from studies.queries.fill import Fill, fill
from studies.services import briefs, enrolment, events
from studies.services.locks import lock_participant, lock_study
from studies.services.public_ids import new_public_id


@dataclass(frozen=True)
class Entry:
    """An item of the frozen pool, as far as the draw needs it: thousands are read for every person."""

    item_id: int
    task: str
    arm: str
    content_sha256: str
    passage_id: int | None


@dataclass(frozen=True)
class Planned:
    """A main trial before it has a place in the order."""

    entry: Entry
    arm: str
    draw: ItemDraw
    refill: bool
    overfill: bool

    @property
    def unit(self) -> tuple[str, int]:
        """What stays together in the order: an item, or the questions of a passage."""
        passage = self.entry.passage_id
        return ("passage", passage) if passage else ("item", self.entry.item_id)


@transaction.atomic
def plan_practice(*, participant: Participant, now: datetime) -> None:
    """Plan the practice trials: one schedule, the same for everybody, before anything is drawn."""
    practice = participant.version.protocol.practice
    pool = _pool(participant, "practice")
    by_key = {(entry.item.dataset.name, entry.item.key): entry.item for entry in pool}
    rows = []
    for position, spec in enumerate(practice.trials, 1):
        item = by_key[spec.dataset, spec.item]
        rows.append(_row(participant, item, Allocation.Kind.PRACTICE, item.dataset.family, Place(1, position), now))
    _store(rows)
    for planned, spec in zip(rows, practice.trials, strict=True):
        if spec.assistant:
            briefs.for_practice(planned=planned, assistant=spec.assistant, right=spec.brief != "wrong")


@transaction.atomic
def randomise(*, participant: Participant, now: datetime) -> None:
    """Draw arm or sequence, then items and briefs, once. Simultaneous joins wait for each other at the study's row."""
    lock_study(participant.study)
    participant = lock_participant(participant)
    if participant.randomised_at is not None:
        return
    _draw_sequence(participant, now)
    planned = _draw_items(participant, now)
    ordered = _order(participant, planned)
    _write(participant, ordered, now)
    events.record(
        study=participant.study,
        kind="participant.randomised",
        now=now,
        participant=participant,
        detail={"trials": len(ordered)},
    )


def _draw_sequence(participant: Participant, now: datetime) -> None:
    protocol = participant.version.protocol
    arm = participant.randomisation.get("preview_arm")
    choices = [[arm]] if arm else draws.sequences([arm.name for arm in protocol.arms], protocol.design)
    same = Participant.objects.filter(study=participant.study, pool=participant.pool, stratum=participant.stratum)
    number = same.filter(arm_sequence_number__isnull=False).count()
    parts = draws.sequence_seed_parts(protocol.study.seed, participant.pool, participant.stratum)
    draw = draws.draw_sequence(choices, design=protocol.design, seed_parts=parts, number=number)
    participant.arm_sequence_number = number
    participant.sequence = draw.sequence
    participant.randomisation = {
        "seed": draw.seed,
        "block": draw.block,
        "slot": draw.slot,
        "candidates": choices,
        "probability": draw.probability,
        "number": number,
    }
    participant.randomised_at = now
    participant.save()


def _draw_items(participant: Participant, now: datetime) -> list[Planned]:
    protocol = participant.version.protocol
    idle = timedelta(minutes=protocol.design.idle_minutes)
    filled = fill(study=participant.study, pool=participant.pool, now=now, idle=idle)
    met = enrolment.met_in_linked_studies(participant=participant, protocol=protocol)
    pool = _main_pool(participant)
    arms = participant.sequence or []
    planned: list[Planned] = []
    for task in protocol.tasks:
        for place, arm in enumerate(arms):
            to_come = arms[place + 1 :] if protocol.design.items == "same" else []
            candidates = _candidates(pool, task, arm, to_come, filled, met, planned)
            seed = draws.items_seed(protocol.study.seed, participant.code, task.name, arm)
            drawn = draws.draw_items(
                candidates, count=task.items_per_arm, per_passage=task.questions_per_passage, seed=seed
            )
            planned += [_planned(pool[draw.index], arm, draw, filled, task) for draw in drawn]
    return planned


def _candidates(
    pool: list[Entry],
    task: Task,
    arm: str,
    to_come: list[str],
    filled: Fill,
    met: set[str],
    planned: list[Planned],
) -> list[PoolEntry]:
    """What this person may still meet: no item or duplicate twice, no passage in two arms."""
    hashes = met | {one.entry.content_sha256 for one in planned}
    passages = {one.entry.passage_id for one in planned if one.entry.passage_id}
    held = filled.held
    return [
        PoolEntry(
            index,
            str(entry.passage_id or ""),
            held[entry.item_id, arm],
            tuple(held[entry.item_id, other] for other in to_come),
        )
        for index, entry in enumerate(pool)
        if entry.task == task.name
        and entry.arm in ("", arm)
        and entry.content_sha256 not in hashes
        and entry.passage_id not in passages
    ]


def _planned(entry: Entry, arm: str, draw: ItemDraw, filled: Fill, task: Task) -> Planned:
    place = entry.item_id, arm
    wanted = task.responses_per_item
    return Planned(
        entry=entry,
        arm=arm,
        draw=draw,
        refill=filled.left[place] > filled.refilled[place],
        overfill=wanted is not None and filled.held[place] >= wanted,
    )


def _order(participant: Participant, planned: list[Planned]) -> list[tuple[int, Planned]]:
    """The main trials in order, each with its block (from 1). Questions of a passage follow each other."""
    protocol = participant.version.protocol
    seed = derive_seed(protocol.study.seed, "order", participant.code)
    arms = list(participant.sequence or [])
    groups = [_units([one for one in planned if one.arm == arm], protocol, f"{seed}:{arm}") for arm in arms]
    if protocol.design.order == "interleaved":
        flat = {id(one): one for one in planned}
        mixed = draws.interleave([[[id(one) for one in unit] for unit in group] for group in groups], seed)
        return [(1, flat[key]) for key in mixed]
    return [(block, one) for block, group in enumerate(groups, 1) for unit in group for one in unit]


def _units(planned: list[Planned], protocol: Protocol, seed: str) -> list[list[Planned]]:
    """The units of one arm: the tasks in the order of the study file, shuffled within each."""
    ordered: list[list[Planned]] = []
    for task in protocol.tasks:
        units: dict[tuple[str, int], list[Planned]] = defaultdict(list)
        for one in planned:
            if one.entry.task == task.name:
                units[one.unit].append(one)
        shuffled = list(units.values())
        draws.rng(derive_seed(seed, task.name)).shuffle(shuffled)
        ordered += shuffled
    return ordered


def _write(participant: Participant, ordered: list[tuple[int, Planned]], now: datetime) -> None:
    """All rows of a person at once: their places, a trial for each, and the briefs of those with an assistant."""
    protocol = participant.version.protocol
    sittings = draws.into_sittings([0] * len(ordered), protocol.design.sittings)
    checks = _attention_items(participant)
    items = Item.objects.defer("question", "metadata").in_bulk([one.entry.item_id for _, one in ordered])
    position = Counter({1: len(protocol.practice.trials)})
    rows: list[Allocation] = []
    for number, ((block, one), sitting) in enumerate(zip(ordered, sittings, strict=True), 1):
        position[sitting] += 1
        place = Place(sitting, position[sitting], block)
        rows.append(_row(participant, items[one.entry.item_id], Allocation.Kind.MAIN, one.entry.task, place, now, one))
        for check in protocol.attention:
            if check.after == number:
                position[sitting] += 1
                place = Place(sitting, position[sitting], block)
                rows.append(_row(participant, checks[check.key], Allocation.Kind.ATTENTION, "attention", place, now))
    _store(rows)
    briefs.for_main([row for row in rows if row.kind == Allocation.Kind.MAIN])


def _store(rows: list[Allocation]) -> None:
    """Planned trials with the rows that will tell what becomes of them."""
    Allocation.objects.bulk_create(rows)
    Trial.objects.bulk_create(Trial(allocation=row, public_id=new_public_id()) for row in rows)


def _attention_items(participant: Participant) -> dict[str, Item]:
    return {entry.item.key: entry.item for entry in _pool(participant, "attention")}


def _main_pool(participant: Participant) -> list[Entry]:
    """The frozen pool in its frozen order: a draw's index points into this list."""
    pool = StudyItem.objects.filter(version=participant.version, kind="main").order_by("pk")
    columns = pool.values_list("item_id", "task", "arm", "item__content_sha256", "item__passage_id")
    return [Entry(*row) for row in columns]


def _pool(participant: Participant, kind: str) -> list[StudyItem]:
    """The few items of practice, or of the attention checks."""
    pool = StudyItem.objects.filter(version=participant.version, kind=kind)
    return list(pool.select_related("item__dataset").defer("item__metadata").order_by("pk"))


@dataclass(frozen=True)
class Place:
    """Where a trial stands in a person's plan; practice has no block."""

    sitting: int
    position: int
    block: int | None = None


def _row(
    participant: Participant,
    item: Item,
    kind: Allocation.Kind,
    task: str,
    place: Place,
    now: datetime,
    planned: Planned | None = None,
) -> Allocation:
    seed = draws.choice_order_seed(participant.version.protocol.study.seed, participant.code, item.content_sha256)
    return Allocation(
        participant=participant,
        item=item,
        kind=kind,
        task=task,
        **vars(place),
        arm=planned.arm if planned else "",
        unit=planned.draw.unit if planned else "fixed",
        seed=planned.draw.seed if planned else "",
        candidates=planned.draw.candidates if planned else {},
        choice=str(planned.draw.index) if planned else "",
        probability=planned.draw.probability if planned else None,
        refill=planned.refill if planned else False,
        overfill=planned.overfill if planned else False,
        choice_order=draws.draw_choice_order(item.letters, seed),
        drawn_at=now,
    )
