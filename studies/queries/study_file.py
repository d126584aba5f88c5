"""What a study file asks of the database: are its data sets, items and numbers there?"""

from collections import Counter
from collections.abc import Sequence

from studies.domain.briefs import best_distractors, commonest_errors
from studies.domain.protocol import Assistant, Protocol, Task
from studies.models import Dataset, Item
from studies.queries.model_answers import Answers, answers_wanted
from studies.queries.pool import PoolItem, main_items, practice_items
from studies.queries.spending import price


def database_faults(protocol: Protocol) -> list[str]:
    """Every fault, each with its key."""
    faults = [fault for index, task in enumerate(protocol.tasks) for fault in _task_faults(protocol, task, index)]
    for index, trial in enumerate(protocol.practice.trials):
        if not Item.objects.filter(dataset__name=trial.dataset, key=trial.item).exclude(gold="").exists():
            faults.append(
                f"practice.trials[{index}].item: data set {trial.dataset!r} has no item {trial.item!r} with an answer"
            )
    return (faults or _pool_faults(protocol)) + _price_faults(protocol)


def _pool_faults(protocol: Protocol) -> list[str]:
    """What is amiss with the items that would be frozen; only where every data set is there."""
    pool = list(main_items(protocol, practice_items(protocol)))
    sizes = [fault for index, task in enumerate(protocol.tasks) for fault in _task_size(protocol, task, index, pool)]
    return sizes + _vote_faults(protocol, pool) + _error_faults(protocol, pool)


def _vote_faults(protocol: Protocol, pool: Sequence[PoolItem]) -> list[str]:
    """Wrong targets by annotators' votes need votes on every item that a target may be drawn for."""
    by_votes = [name for name, one in protocol.assistants.items() if one.wrong == "best_distractor"]
    without = [entry.item.key for entry in pool if entry.item.key_status == "ok" and not _has_votes(entry.item)]
    return [
        f"assistants.{name}.wrong: 'best_distractor' needs annotators' votes; {len(without)} items have none, such as "
        f"{', '.join(without[:3])}"
        for name in by_votes
        if without
    ]


def _error_faults(protocol: Protocol, pool: Sequence[PoolItem]) -> list[str]:
    """Wrong targets by a model's errors need its answers, and a wrong one on every item where a target may be wrong."""
    answers = answers_wanted(protocol)
    items = [entry.item for entry in pool if entry.item.key_status == "ok"]
    faults = []
    for name, one in protocol.assistants.items():
        if one.draws_by_errors and one.errors_of:
            faults += _errors_of(f"assistants.{name}", one, items, answers[one.errors_of])
    return faults


def _errors_of(key: str, one: Assistant, items: Sequence[Item], answers: Answers) -> list[str]:
    without = [item.key for item in items if item.pk not in answers]
    if without:
        return [
            f"{key}.errors_of: {one.errors_of!r} has answered {len(items) - len(without)} of {len(items)} items, not "
            f"{', '.join(without[:3])}; answers come from run_baseline, import_baseline or import_ratings"
        ]
    if one.wrong_on == "model_misses" or one.wrong != "commonest_error":
        return []
    never = [
        item.key
        for item in items
        if not commonest_errors(gold=item.gold, letters=item.letters, answers=answers[item.pk])
    ]
    if not never:
        return []
    return [
        f"{key}.wrong: {one.errors_of!r} was never wrong on {len(never)} items, such as {', '.join(never[:3])}; ask it "
        "more often, or set wrong_on = 'model_misses'"
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
    return faults


def rows_keys(task: Task) -> set[str]:
    return set(Item.objects.filter(dataset__name=task.dataset).values_list("key", flat=True))


def _missing(known: set[str], wanted: list[str]) -> list[str]:
    return [key for key in wanted if key not in known]


def _task_size(protocol: Protocol, task: Task, index: int, pool: Sequence[PoolItem]) -> list[str]:
    mine = [entry for entry in pool if entry.task == task.name]
    if any(len(entry.item.options) < 3 for entry in mine):
        return [f"tasks[{index}]: items with two options are not built yet; the fewest allowed are 3"]
    within = protocol.design.unit == "within" and protocol.design.items == "same"
    wanted = task.items_per_arm * (len(protocol.arms) if within else 1)
    faults = []
    for arm in sorted({entry.arm for entry in mine}) or [""]:
        met = _can_meet([entry.item for entry in mine if entry.arm == arm], task)
        if met < wanted:
            whose = f"arm {arm!r}" if arm else "one person"
            faults.append(f"tasks[{index}].items_per_arm: {whose} needs {wanted} items; {met} can be met")
    return faults


def _can_meet(items: Sequence[Item], task: Task) -> int:
    """How many of these one person can meet: of each passage so many questions."""
    passages = Counter(item.passage_id for item in items if item.passage_id)
    alone = sum(1 for item in items if not item.passage_id)
    return alone + sum(min(count, task.questions_per_passage) for count in passages.values())
