"""What a study file asks of the database: are its data sets, items and numbers there?"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from studies.domain.briefs import best_distractors
from studies.domain.protocol import Protocol, Task
from studies.models import Dataset, Item
from studies.queries.spending import price


def database_faults(protocol: Protocol) -> list[str]:
    """Every fault, each with its key."""
    faults = [fault for index, task in enumerate(protocol.tasks) for fault in _task_faults(protocol, task, index)]
    for index, trial in enumerate(protocol.practice.trials):
        if not Item.objects.filter(dataset__name=trial.dataset, key=trial.item).exclude(gold="").exists():
            faults.append(
                f"practice.trials[{index}].item: data set {trial.dataset!r} has no item {trial.item!r} with an answer"
            )
    return faults + _vote_faults(protocol) + _price_faults(protocol)


def _vote_faults(protocol: Protocol) -> list[str]:
    """Wrong targets by annotators' votes need votes on every item that a target may be drawn for."""
    by_votes = [name for name, one in protocol.assistants.items() if one.wrong == "best_distractor"]
    if not by_votes:
        return []
    rows = (item for task in protocol.tasks for item in _rows(task).filter(key_status="ok"))
    without = [item.key for item in rows if not _has_votes(item)]
    return [
        f"assistants.{name}.wrong: 'best_distractor' needs annotators' votes; {len(without)} items have none, such as "
        f"{', '.join(without[:3])}"
        for name in by_votes
        if without
    ]


def _has_votes(item: Item) -> bool:
    votes = item.metadata.get("best_distractor_votes", {})
    return bool(best_distractors(gold=item.gold, letters=item.letters, votes=votes))


def _price_faults(protocol: Protocol) -> list[str]:
    """A cap in money needs the price of every model."""
    capped = [key for key, value in protocol.caps if value is not None and key.startswith("usd")]
    models = [
        (name, model)
        for name, one in protocol.assistants.items()
        for model in (str(one.settings.get("model", "")), one.audit_model)
    ]
    return [
        f"caps.{capped[0]}: the model {model!r} of {name!r} has no price; add it to OVERSIGHT_PRICES"
        for name, model in models
        if capped and model and price(model) is None
    ]


def _task_faults(protocol: Protocol, task: Task, index: int) -> list[str]:
    where = f"tasks[{index}]"
    if not Dataset.objects.filter(name=task.dataset).exists():
        known = ", ".join(Dataset.objects.order_by("name").values_list("name", flat=True)) or "none"
        return [f"{where}.dataset: no data set {task.dataset!r} is loaded; loaded: {known} (see load_items)"]
    rows = Item.objects.filter(dataset__name=task.dataset)
    faults = [f"{where}.items: no item {key!r} in {task.dataset!r}" for key in _missing(rows_keys(task), task.items)]
    for field, values in (("category", task.categories), ("split", [task.split] if task.split else [])):
        known_values = set(rows.values_list(field, flat=True))
        faults += [
            f"{where}.{'categories' if field == 'category' else 'split'}: nothing in {task.dataset!r} has {value!r}; "
            f"there is {', '.join(sorted(known_values)[:8])}"
            for value in values
            if value not in known_values
        ]
    return faults or _size_faults(protocol, task, where)


def rows_keys(task: Task) -> set[str]:
    return set(Item.objects.filter(dataset__name=task.dataset).values_list("key", flat=True))


def _missing(known: set[str], wanted: list[str]) -> list[str]:
    return [key for key in wanted if key not in known]


def _rows(task: Task) -> QuerySet[Item]:
    """The items that the task's filters leave."""
    rows = Item.objects.filter(dataset__name=task.dataset).exclude(gold="")
    for field, values in (("key__in", task.items), ("category__in", task.categories), ("split", task.split)):
        rows = rows.filter(**{field: values}) if values else rows
    return rows


def _size_faults(protocol: Protocol, task: Task, where: str) -> list[str]:
    rows = _rows(task)
    practice = [trial.item for trial in protocol.practice.trials if trial.dataset == task.dataset]
    items = list(rows.exclude(key__in=practice).values_list("content_sha256", "passage_id", "options"))
    faults = (
        [f"{where}: items with two options are not built yet; the fewest allowed are 3"]
        if any(len(options) < 3 for _, _, options in items)
        else []
    )
    met = _can_meet(items, task)
    arms = 1 if protocol.design.unit == "between" and protocol.design.items == "same" else len(protocol.arms)
    if met < task.items_per_arm * arms:
        faults.append(
            f"{where}.items_per_arm: {task.items_per_arm} for each of {arms} arms need {task.items_per_arm * arms} "
            f"items that one person can meet; there are {met}"
        )
    return faults


def _can_meet(items: Sequence[tuple[str, int | None, Any]], task: Task) -> int:
    """How many of these one person can meet: duplicates once, of each passage so many questions."""
    unique = {sha256: passage for sha256, passage, _ in items}
    if task.sample is not None:
        unique = dict(list(unique.items())[: task.sample])
    passages = Counter(passage for passage in unique.values() if passage)
    alone = sum(1 for passage in unique.values() if not passage)
    return alone + sum(min(count, task.questions_per_passage) for count in passages.values())
