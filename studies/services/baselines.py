"""Model-only runs: planned as a whole before the first request, so that no answer can be there twice."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F

from studies.assistants.prompts import prompt_sha256, prompt_text
from studies.domain.baselines import METHODS, orders
from studies.domain.errors import Refused
from studies.domain.protocol import Assistant
from studies.models import BaselineAnswer, BaselineRun, Dataset, Item, ProtocolVersion, Study

CHUNK = 1000
OPEN = (BaselineRun.State.RUNNING, BaselineRun.State.PAUSED)


@dataclass(frozen=True)
class Plan:
    """What a run asks. `repeats` are samples for the method self_consistency."""

    comparator: str = "benchmark"
    method: str = "zero_shot"
    shots: int = 0
    order: str = "stored"
    repeats: int = 1
    seed: int = 1
    cap_usd: Decimal | None = None


@dataclass(frozen=True)
class Came:
    """What came of one question, by the columns of its row."""

    pk: int
    outcome: str
    columns: dict[str, Any] = field(default_factory=dict)


def items_of(*, study: Study, dataset: Dataset | None = None) -> list[Item]:
    """The study's main items, or all of a data set. Raises Refused where the study has none yet."""
    if dataset is not None:
        rows = Item.objects.filter(dataset=dataset).exclude(split="dev")
        return list(rows.select_related("dataset", "passage").order_by("pk"))
    version = ProtocolVersion.objects.filter(study=study).order_by("-number").first()
    if version is None:
        raise Refused("not_launched", "This study is not launched, so its items are not fixed: name a --dataset.")
    pool = version.pool.filter(kind="main").values("item")
    return list(Item.objects.filter(pk__in=pool).select_related("dataset", "passage").order_by("pk"))


@transaction.atomic
def create(
    *, study: Study, dataset: Dataset | None, assistant: str, rules: Assistant, plan: Plan, items: Sequence[Item],
    study_seed: int, max_tokens: int, estimated_usd: Decimal | None, now: datetime,
) -> BaselineRun:  # fmt: skip
    """Write the run and every question that it will ask."""
    run = BaselineRun.objects.create(
        code=_free_code(f"{study.slug}-{assistant}-{_name(plan)}"),
        study=study, dataset=dataset, assistant=assistant, rules=rules.model_dump(mode="json"),
        model=str(rules.settings.get("model", "")) or f"{rules.provider}-{rules.strategy}",
        comparator=plan.comparator, method=_method(plan), shots=plan.shots, order_rule=plan.order,
        repeats=plan.repeats, seed=plan.seed, study_seed=study_seed, max_tokens=max_tokens,
        prompts=_prompts(plan), cap_usd=plan.cap_usd, estimated_usd=estimated_usd, created_at=now,
    )  # fmt: skip
    BaselineAnswer.objects.bulk_create(_questions(run, items), batch_size=CHUNK)
    return run


@transaction.atomic
def turn_over(
    *, run: BaselineRun, came: Sequence[Came], pks: Sequence[int], now: datetime
) -> dict[int, BaselineAnswer]:
    """Keep answers, then count an attempt at the next questions, before their requests go out.

    The questions that may be asked: none where the run does not run, none that is answered. An answer that is there
    already stays.
    """
    for one in came:
        BaselineAnswer.objects.filter(pk=one.pk, outcome="").update(outcome=one.outcome, **one.columns)
    if not pks or not BaselineRun.objects.filter(pk=run.pk, state=BaselineRun.State.RUNNING).exists():
        return {}
    rows = BaselineAnswer.objects.filter(pk__in=pks, outcome="")
    questions = {row.pk: row for row in rows.select_related("item__passage", "item__dataset")}
    rows.update(attempts=F("attempts") + 1, asked_at=now)
    return questions


def pause(*, run: BaselineRun, why: str = "") -> None:
    _move(run, BaselineRun.State.RUNNING, state=BaselineRun.State.PAUSED, why_paused=why[:300])


def resume(*, run: BaselineRun) -> None:
    _move(run, BaselineRun.State.PAUSED, state=BaselineRun.State.RUNNING, why_paused="")


def cancel(*, run: BaselineRun, now: datetime) -> None:
    _move(run, *OPEN, state=BaselineRun.State.CANCELLED, ended_at=now)


def set_cap(*, run: BaselineRun, usd: Decimal) -> None:
    """Another cap for what is left to ask."""
    run.cap_usd = usd
    run.save(update_fields=["cap_usd"])


def finish(*, run: BaselineRun, now: datetime) -> bool:
    """Mark a running run done where nothing is left to ask."""
    if run.answers.filter(outcome="").exists():
        return False
    return _move(run, BaselineRun.State.RUNNING, state=BaselineRun.State.DONE, ended_at=now)


def _move(run: BaselineRun, *before: str, **values: Any) -> bool:
    moved = BaselineRun.objects.filter(pk=run.pk, state__in=before).update(**values)
    run.refresh_from_db()
    return bool(moved)


def _questions(run: BaselineRun, items: Iterable[Item]) -> Iterator[BaselineAnswer]:
    for item in items:
        for repeat in range(1, run.repeats + 1):
            for order in orders(run.order_rule, letters=item.letters, seed=run.seed, item=item.key, repeat=repeat):
                yield BaselineAnswer(run=run, item=item, repeat=repeat, choice_order=order)


def _prompts(plan: Plan) -> dict[str, str]:
    """The texts that the run uses, by hash; an arm's own prompt is frozen with its protocol, and here as well."""
    if plan.comparator == "as_deployed":
        return {}
    method = METHODS[plan.method]
    return {prompt_sha256(name): prompt_text(name) for name in ("baseline.v1", method.ask, method.then) if name}


def _method(plan: Plan) -> str:
    return "first_reply" if plan.comparator == "as_deployed" else plan.method


def _name(plan: Plan) -> str:
    return f"{_method(plan)}{f'-{plan.shots}' if plan.shots else ''}-{plan.order}"


def _free_code(stem: str) -> str:
    used = set(BaselineRun.objects.filter(code__startswith=stem).values_list("code", flat=True))
    number = 1
    while f"{stem}-{number}" in used:
        number += 1
    return f"{stem}-{number}"
