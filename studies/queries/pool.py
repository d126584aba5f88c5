"""Which items a protocol takes from the data sets, and for which arm: the pool before it is frozen."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from studies.domain.protocol import Protocol, Task
from studies.domain.randomisation import derive_seed, rng
from studies.models import Item


@dataclass(frozen=True)
class PoolItem:
    """An item with its place in the study."""

    item: Item
    task: str
    kind: str
    arm: str = ""

    def line(self) -> list[str]:
        item = self.item
        names = [item.dataset.name, item.key, item.content_sha256, item.gold, item.key_status]
        return [*names, self.kind, self.task, self.arm]


def main_items(protocol: Protocol, practice: Iterable[Item]) -> Iterator[PoolItem]:
    """The items of every task in a fixed order; nothing twice, nothing that is practised."""
    taken = {item.content_sha256 for item in practice}
    for task in protocol.tasks:
        items = [item for item in task_items(protocol, task) if item.content_sha256 not in taken]
        taken |= {item.content_sha256 for item in items}
        yield from _with_arms(protocol, task, items)


def practice_items(protocol: Protocol) -> list[Item]:
    wanted = [(trial.dataset, trial.item) for trial in protocol.practice.trials]
    return [Item.objects.select_related("dataset").get(dataset__name=name, key=key) for name, key in wanted]


def task_items(protocol: Protocol, task: Task) -> list[Item]:
    """The items that a task's filters leave, exact duplicates once, down to its seeded sample."""
    rows = Item.objects.filter(dataset__name=task.dataset).exclude(gold="").select_related("dataset")
    if task.items:
        rows = rows.filter(key__in=task.items)
    if task.categories:
        rows = rows.filter(category__in=task.categories)
    if task.split:
        rows = rows.filter(split=task.split)
    first = {item.content_sha256: item for item in reversed(rows.order_by("pk"))}
    items = sorted(first.values(), key=lambda item: item.pk)
    if task.sample is None or task.sample >= len(items):
        return items
    chosen = rng(derive_seed(protocol.study.seed, "sample", task.name)).sample(range(len(items)), task.sample)
    return [items[index] for index in sorted(chosen)]


def _with_arms(protocol: Protocol, task: Task, items: list[Item]) -> Iterable[PoolItem]:
    if protocol.design.items == "same":
        return [PoolItem(item, task.name, "main") for item in items]
    arm_of = _deal(protocol, task, items)
    return [PoolItem(item, task.name, "main", arm_of[item.passage_id or -item.pk]) for item in items]


def _deal(protocol: Protocol, task: Task, items: list[Item]) -> dict[int, str]:
    """Separate samples: each item, or passage with all its questions, goes to one arm.

    Dealt by questions, the longest passages first, to the arm that has fewest so far: so a question gets as many
    responses in one arm as in another, whatever its passage's length.
    """
    sizes = Counter(item.passage_id or -item.pk for item in items)
    units = list(sizes)
    rng(derive_seed(protocol.study.seed, "separate", task.name)).shuffle(units)
    dealt = Counter({arm.name: 0 for arm in protocol.arms})
    arm_of: dict[int, str] = {}
    for unit in sorted(units, key=lambda unit: -sizes[unit]):
        arm = arm_of[unit] = min(dealt, key=dealt.__getitem__)
        dealt[arm] += sizes[unit]
    return arm_of
