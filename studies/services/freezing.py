"""Freezing a protocol: the settings, the items and the prompts become one canonical JSON with one sha256."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from studies.domain.canonical import canonical_json, sha256_of
from studies.domain.protocol import Protocol
from studies.models import Dataset, FrozenDocument, Item, ProtocolVersion, Study, StudyItem
from studies.queries.model_answers import Answers, answers_wanted
from studies.queries.pool import PoolItem, main_items, practice_items


def freeze(*, study: Study, protocol: Protocol, prompts: dict[str, dict[str, str]], now: datetime) -> ProtocolVersion:
    """The version of this very content: an existing one is found again, a change makes the next number."""
    pool = list(pool_of(protocol, now))
    document: dict[str, Any] = {
        "protocol": protocol.model_dump(mode="json", by_alias=True),
        "items": [entry.line() for entry in pool],
        "prompts": prompts,
    }
    answers = answers_wanted(protocol)
    if answers:
        document["answers"] = [_answered(entry, answers) for entry in pool]
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
        StudyItem(
            version=version,
            item=entry.item,
            task=entry.task,
            kind=entry.kind,
            arm=entry.arm,
            answers=_answered(entry, answers),
        )
        for entry in pool
    )
    return version


def _answered(entry: PoolItem, answers: dict[str, Answers]) -> dict[str, dict[str, int]]:
    """What is known of an item by the time of freezing: answers that come later change no draw."""
    return {name: dict(of_item) for name, found in answers.items() if (of_item := found.get(entry.item.pk))}


def pool_of(protocol: Protocol, now: datetime) -> Iterable[PoolItem]:
    """Every item of a study in a fixed order: practice, attention, then the tasks; nothing twice."""
    practice = practice_items(protocol)
    yield from (PoolItem(item, item.dataset.family, "practice") for item in practice)
    yield from (PoolItem(item, "attention", "attention") for item in attention_items(protocol, now))
    yield from main_items(protocol, practice)


def attention_items(protocol: Protocol, now: datetime) -> list[Item]:
    """The attention checks as items of a data set of the study's own; other wording makes another data set."""
    if not protocol.attention:
        return []
    wording = sha256_of(canonical_json({"checks": [check.model_dump(mode="json") for check in protocol.attention]}))
    dataset, _ = Dataset.objects.get_or_create(
        name=f"checks-{protocol.study.slug}-{wording[:8]}", defaults={"family": "attention", "loaded_at": now}
    )
    items = []
    for check in protocol.attention:
        content = {
            "question": check.question,
            "options": check.options,
            "gold": "ABCDEFGHIJ"[check.options.index(check.answer)],
        }
        sha256 = sha256_of(canonical_json(content))
        item, _ = Item.objects.get_or_create(
            dataset=dataset, key=check.key, defaults={**content, "content_sha256": sha256}
        )
        items.append(item)
    return items
