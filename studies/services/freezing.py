"""Freezing a protocol: the settings, the items and the prompts become one canonical JSON with one sha256."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from studies.domain.protocol import Protocol, Task, canonical_json, sha256_of
from studies.domain.randomisation import derive_seed, rng
from studies.models import Dataset, FrozenDocument, Item, ProtocolVersion, Study, StudyItem


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


def freeze(*, study: Study, protocol: Protocol, prompts: dict[str, dict[str, str]], now: datetime) -> ProtocolVersion:
    """The version of this very content: an existing one is found again, a change makes the next number."""
    pool = list(pool_of(protocol, now))
    document: dict[str, Any] = {
        "protocol": protocol.model_dump(mode="json", by_alias=True),
        "items": [entry.line() for entry in pool],
        "prompts": prompts,
    }
    text = canonical_json(document)
    known = ProtocolVersion.objects.filter(study=study, sha256=sha256_of(text)).first()
    if known:
        return known
    version = ProtocolVersion.objects.create(
        study=study,
        number=study.versions.count() + 1,
        settings=document["protocol"],
        sha256=sha256_of(text),
        frozen_at=now,
    )
    FrozenDocument.objects.create(version=version, text=text)
    StudyItem.objects.bulk_create(
        StudyItem(version=version, item=entry.item, task=entry.task, kind=entry.kind, arm=entry.arm) for entry in pool
    )
    return version


def pool_of(protocol: Protocol, now: datetime) -> Iterable[PoolItem]:
    """Every item of a study in a fixed order: practice, attention, then the tasks; nothing twice."""
    practice = practice_items(protocol)
    yield from (PoolItem(item, item.dataset.family, "practice") for item in practice)
    yield from (PoolItem(item, "attention", "attention") for item in attention_items(protocol, now))
    taken = {item.content_sha256 for item in practice}
    for task in protocol.tasks:
        items = [item for item in task_items(protocol, task) if item.content_sha256 not in taken]
        taken |= {item.content_sha256 for item in items}
        yield from _with_arms(protocol, task, items)


def practice_items(protocol: Protocol) -> list[Item]:
    wanted = [(trial.dataset, trial.item) for trial in protocol.practice.trials]
    return [Item.objects.select_related("dataset").get(dataset__name=name, key=key) for name, key in wanted]


def attention_items(protocol: Protocol, now: datetime) -> list[Item]:
    """The attention checks as items of a data set of the study's own."""
    if not protocol.attention:
        return []
    dataset, _ = Dataset.objects.get_or_create(
        name=f"checks-{protocol.study.slug}", defaults={"family": "attention", "loaded_at": now}
    )
    items = []
    for check in protocol.attention:
        content = {
            "question": check.question,
            "options": check.options,
            "gold": "ABCDEFGHIJ"[check.options.index(check.answer)],
        }
        sha256 = sha256_of(canonical_json(content))
        item, _ = Item.objects.update_or_create(
            dataset=dataset, key=check.key, defaults={**content, "content_sha256": sha256}
        )
        items.append(item)
    return items


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
    """Separate samples: each item, or passage with all its questions, goes to one arm, as evenly as can be."""
    units = list(dict.fromkeys(item.passage_id or -item.pk for item in items))
    rng(derive_seed(protocol.study.seed, "separate", task.name)).shuffle(units)
    arms = [arm.name for arm in protocol.arms]
    return {unit: arms[place % len(arms)] for place, unit in enumerate(units)}
