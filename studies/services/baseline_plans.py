"""Model-only runs, planned as a whole before the first request: no answer can be there twice."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from studies.assistants import registry
from studies.assistants.base import ModelRequest, steps_of
from studies.assistants.prompts import prompt_sha256, prompt_text
from studies.domain.baselines import FIRST_REPLY, METHODS, orders
from studies.domain.errors import Refused
from studies.domain.protocol import Assistant, Protocol
from studies.models import BaselineAnswer, BaselineRun, Dataset, Item, ProtocolVersion, Study
from studies.queries.baseline_briefs import BaselineBriefs
from studies.queries.baselines import WORKED_EXAMPLES, Estimate, Examples, estimate
from studies.queries.spending import longest_reply, price
from studies.services.baseline_briefs import check_can_draw

CHUNK = 1000
PACE = ("words_per_second", "first_word_seconds", "jitter", "pauses")


@dataclass(frozen=True)
class Plan:
    """What a run asks. `repeats` are the samples of self_consistency; caps stop it at tokens (both ways) or USD."""

    comparator: str = "benchmark"
    method: str = "zero_shot"
    shots: int = 0
    order: str = "stored"
    repeats: int = 1
    seed: int = 1
    cap_usd: Decimal | None = None
    cap_tokens: int | None = None


def protocol_of(*, study: Study) -> Protocol:
    """The newest frozen protocol, or the draft where none is frozen."""
    version = _newest(study)
    return version.protocol if version else Protocol.model_validate(study.document)


def _newest(study: Study) -> ProtocolVersion | None:
    return ProtocolVersion.objects.filter(study=study).order_by("-number").first()


def at_once(rules: Assistant) -> Assistant:
    """The same assistant without the pace that it keeps before people."""
    kept = {key: value for key, value in rules.settings.items() if key not in PACE}
    return rules.model_copy(update={"settings": kept})


def expected(
    *, protocol: Protocol, dataset: Dataset | None, rules: Assistant, plan: Plan, items: Sequence[Item]
) -> Estimate:
    """What a run of this plan would ask, and cost at most. Raises Refused as `planned` does."""
    _check(plan, rules, dataset, items)
    return _estimate(protocol, rules, plan, items)


def planned(
    *, study: Study, dataset: Dataset | None, protocol: Protocol, assistant: str, rules: Assistant, plan: Plan,
    again: bool = False, now: datetime,
) -> tuple[BaselineRun, bool]:  # fmt: skip
    """The run of exactly this plan that is there, or a new one (True). `again` makes a new one in any case.

    Raises Refused where there are no items, or the plan cannot be held to.
    """
    same = None if again else _same(study, dataset, assistant, rules, plan)
    if same is not None:
        return same, False
    items = items_of(study=study, dataset=dataset)
    _check(plan, rules, dataset, items)
    run = _create(study, dataset, protocol, assistant, rules, plan, items, now)
    return run, True


def items_of(*, study: Study, dataset: Dataset | None = None) -> list[Item]:
    """The study's main items, or all of a data set but worked examples. Raises Refused where there are none yet."""
    if dataset is not None:
        rows = Item.objects.filter(dataset=dataset).exclude(WORKED_EXAMPLES)
        return list(rows.select_related("dataset", "passage").order_by("pk"))
    version = _newest(study)
    if version is None:
        raise Refused("not_launched", "This study is not launched, so its items are not fixed: name a --dataset.")
    pool = version.pool.filter(kind="main").values("item")
    return list(Item.objects.filter(pk__in=pool).select_related("dataset", "passage").order_by("pk"))


def _same(study: Study, dataset: Dataset | None, assistant: str, rules: Assistant, plan: Plan) -> BaselineRun | None:
    found = BaselineRun.objects.filter(
        study=study, dataset=dataset, assistant=assistant, comparator=plan.comparator, method=plan.method,
        shots=plan.shots, order_rule=plan.order, repeats=plan.repeats, seed=plan.seed,
        rules=rules.model_dump(mode="json"),
    )  # fmt: skip
    return found.exclude(state=BaselineRun.State.CANCELLED).order_by("-pk").first()


def _check(plan: Plan, rules: Assistant, dataset: Dataset | None, items: Sequence[Item]) -> None:
    check_can_draw(comparator=plan.comparator, rules=rules, dataset=dataset, items=items)
    if lacking := Examples(plan.shots).lacking(items):
        sentence = (
            f"The dev split has fewer than {plan.shots} worked examples of {lacking!r}: load it, or ask for fewer."
        )
        raise Refused("too_few_examples", sentence)
    if plan.method == "self_consistency" and plan.repeats < 2:
        raise Refused("too_few_samples", "self_consistency is a vote: it needs --repeats of 2 or more.")
    model = _model(rules)
    if plan.cap_usd is not None and registry.provider(rules.provider).remote and price(model) is None:
        sentence = f"{model!r} has no price in OVERSIGHT_PRICES, so a cap in USD cannot hold: use --cap-tokens."
        raise Refused("no_price", sentence)


@transaction.atomic
def _create(
    study: Study, dataset: Dataset | None, protocol: Protocol, assistant: str, rules: Assistant, plan: Plan,
    items: Sequence[Item], now: datetime,
) -> BaselineRun:  # fmt: skip
    guess = _estimate(protocol, rules, plan, items)
    run = BaselineRun.objects.create(
        code=_free_code(f"{study.slug}-{assistant}-{_name(plan)}"),
        study=study, dataset=dataset, assistant=assistant, rules=rules.model_dump(mode="json"), model=_model(rules),
        comparator=plan.comparator, method=plan.method, shots=plan.shots, order_rule=plan.order,
        repeats=plan.repeats, seed=plan.seed, study_seed=protocol.study.seed, max_tokens=_limit(protocol, rules),
        prompts=_prompts(plan), cap_usd=plan.cap_usd, cap_tokens=plan.cap_tokens,
        usual_usd=guess.usual_usd, estimated_usd=guess.most_usd, created_at=now,
    )  # fmt: skip
    BaselineAnswer.objects.bulk_create(_questions(run, items), batch_size=CHUNK)
    return run


def _estimate(protocol: Protocol, rules: Assistant, plan: Plan, items: Sequence[Item]) -> Estimate:
    return estimate(
        items, method=plan.method, shots=plan.shots, order=plan.order, repeats=plan.repeats, calls=calls_of(rules),
        model=str(rules.settings.get("model", "")) or "scripted-", limit=_limit(protocol, rules),
    )  # fmt: skip


def _limit(protocol: Protocol, rules: Assistant) -> int:
    return longest_reply(protocol, str(rules.settings.get("model", "")))


def _model(rules: Assistant) -> str:
    return str(rules.settings.get("model", "")) or f"{rules.provider}-{rules.strategy}"


def calls_of(rules: Assistant) -> int:
    """Model calls of one reply of the strategy."""
    first = ModelRequest(system="", prompt_sha256="", seed=0)
    steps, calls = steps_of(registry.strategy(rules.strategy), first, show_all=False), 0
    with suppress(StopIteration):
        next(steps)
        while calls := calls + 1:
            steps.send("words")
    return calls


def _questions(run: BaselineRun, items: Iterable[Item]) -> Iterator[BaselineAnswer]:
    briefs = BaselineBriefs(run)
    for item in items:
        for repeat in range(1, run.repeats + 1):
            brief = briefs.of(item)
            for order in orders(run.order_rule, letters=item.letters, seed=run.seed, item=item.key, repeat=repeat):
                yield BaselineAnswer(run=run, item=item, repeat=repeat, choice_order=order, brief=brief)


def _prompts(plan: Plan) -> dict[str, str]:
    """The texts that the run uses, by hash; an arm's own prompt is frozen with its protocol, and here as well."""
    if plan.method == FIRST_REPLY:
        return {}
    method = METHODS[plan.method]
    return {prompt_sha256(name): prompt_text(name) for name in ("baseline.v1", method.ask, method.then) if name}


def _name(plan: Plan) -> str:
    return f"{plan.method}{f'-{plan.shots}' if plan.shots else ''}-{plan.order}"


def _free_code(stem: str) -> str:
    used = set(BaselineRun.objects.filter(code__startswith=stem).values_list("code", flat=True))
    number = 1
    while f"{stem}-{number}" in used:
        number += 1
    return f"{stem}-{number}"
