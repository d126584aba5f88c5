"""How level the responses are: per arm, how many items have none, one, two, … counted answers."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count

from studies.domain.protocol import Protocol
from studies.models import Allocation, ProtocolVersion, Study, StudyItem

SHOWN_KEYS = 3


@dataclass(frozen=True)
class Level:
    """One task in one arm. `items_with[n]` is how many items have n responses; `wanted` per item, None where unsaid."""

    task: str
    arm: str
    items_with: Counter[int]
    wanted: int | None
    least: list[tuple[str, int]]
    most: list[tuple[str, int]]

    @property
    def items(self) -> int:
        return self.items_with.total()

    @property
    def responses(self) -> int:
        return sum(number * items for number, items in self.items_with.items())

    @property
    def fewest(self) -> int:
        return min(self.items_with, default=0)

    @property
    def most_on_an_item(self) -> int:
        return max(self.items_with, default=0)


@dataclass(frozen=True)
class ItemLine:
    """Counted responses of one item by arm; None where the item is not asked in that arm."""

    task: str
    key: str
    by_arm: list[int | None]


def levels(*, study: Study, version: ProtocolVersion, pool: str) -> list[Level]:
    """Every task and arm of the newest version; two queries."""
    protocol = version.protocol
    lines = item_lines(study=study, version=version, pool=pool)
    return [
        _level(protocol, task.name, place, [line for line in lines if line.task == task.name])
        for task in protocol.tasks
        for place in range(len(protocol.arms))
    ]


def item_lines(*, study: Study, version: ProtocolVersion, pool: str) -> list[ItemLine]:
    """Every main item of the newest version with its responses by arm, in the order of the pool."""
    arms = [arm.name for arm in version.protocol.arms]
    counts = _responses(study, pool)
    entries = StudyItem.objects.filter(version=version, kind=Allocation.Kind.MAIN).order_by("pk")
    return [
        ItemLine(task, key, [counts[item, arm] if own in ("", arm) else None for arm in arms])
        for item, key, task, own in entries.values_list("item_id", "item__key", "task", "arm")
    ]


def _responses(study: Study, pool: str) -> Counter[tuple[int, str]]:
    answered = Allocation.objects.filter(
        participant__study=study,
        participant__pool=pool,
        participant__withdrew_at=None,
        kind=Allocation.Kind.MAIN,
        trial__response__isnull=False,
    )
    rows = answered.values_list("item_id", "arm").annotate(responses=Count("pk")).order_by()
    return Counter({(item, arm): responses for item, arm, responses in rows})


def _level(protocol: Protocol, task: str, place: int, lines: list[ItemLine]) -> Level:
    found = [(line.key, number) for line in lines if (number := line.by_arm[place]) is not None]
    ranked = sorted(found, key=lambda pair: pair[1])
    return Level(
        task=task,
        arm=protocol.arms[place].name,
        items_with=Counter(number for _, number in found),
        wanted=protocol.task(task).responses_per_item,
        least=ranked[:SHOWN_KEYS],
        most=ranked[: -SHOWN_KEYS - 1 : -1],
    )
