"""What an assistant that is asked alone argues for: drawn by the rule of its trials, when its run is planned."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from studies.assistants import registry
from studies.domain.baselines import orders
from studies.domain.briefs import NOT_MISSED, BriefDraw
from studies.domain.protocol import Assistant
from studies.models import BaselineRun, Item, Pool, ProtocolVersion
from studies.queries.brief_draws import draw, may_be_wrong, stratum


def draws_targets(comparator: str, rules: Assistant) -> bool:
    return comparator == "as_deployed" and bool(registry.strategy(rules.strategy).draws_target)


class BaselineBriefs:
    """The briefs of a run, asked for in the order of its questions.

    Strata, blocks and wrong targets are those of the trials, with the repeats of an item in the place of people. Where
    a brief is fixed per item it is the very one that people meet; else the run's seed draws its own.
    """

    def __init__(self, run: BaselineRun) -> None:
        self._run, self._rules = run, run.assistant_rules
        self._wanted = draws_targets(run.comparator, self._rules)
        self._answers = _frozen_answers(run, self._rules) if self._wanted else {}
        self._next: dict[str, int] = {}

    def of(self, item: Item) -> dict[str, Any]:
        """The target of the next repeat of an item, and how it was drawn; {} where nothing is."""
        if not self._wanted or not item.is_decided:
            return {}
        answers = self._answers.get(item.pk, {})
        if not may_be_wrong(item, self._rules, answers):
            return _kept(BriefDraw(item.gold, True, 1.0, ""), NOT_MISSED, None)
        fixed = self._rules.brief_per == "item"
        pool = Pool.REAL if fixed else f"alone-{self._run.seed}"
        place = stratum(item, self._rules, pool=pool, assistant=self._run.assistant)
        slot = 0 if fixed else self._take(place)
        found = draw(item, self._rules, answers, study_seed=self._run.study_seed, stratum=place, slot=slot)
        return _kept(found, place, slot)

    def _take(self, place: str) -> int:
        slot = self._next.get(place, 0)
        self._next[place] = slot + 1
        return slot


def _kept(draw: BriefDraw, place: str, slot: int | None) -> dict[str, Any]:
    return {**vars(draw), "stratum": place, "slot": slot}


def _frozen_answers(run: BaselineRun, rules: Assistant) -> Mapping[int, Mapping[str, int]]:
    """Those of the model whose errors count, by item, as frozen with the version that was newest at the planning."""
    versions = ProtocolVersion.objects.filter(study=run.study, frozen_at__lte=run.created_at)
    version = versions.order_by("-number").first()
    if version is None or not rules.draws_by_errors:
        return {}
    rows = version.pool.filter(kind="main").values_list("item", "answers")
    return {item: answers.get(rules.errors_of, {}) for item, answers in rows}


def drawn_again(run: BaselineRun) -> Iterator[tuple[str, object, object]]:
    """Every recorded order and brief of a planned run: what it is, as recorded, as derived.

    A run without any brief was planned before they were recorded, or draws none.
    """
    briefs = BaselineBriefs(run) if run.answers.exclude(brief={}).exists() else None
    rows = run.answers.select_related("item").defer("item__question", "text").order_by("pk")
    for (item, repeat), asked in groupby(rows.iterator(), key=lambda row: (row.item, row.repeat)):
        name, group = f"{item.key}, repeat {repeat}", list(asked)
        derived = orders(run.order_rule, letters=item.letters, seed=run.seed, item=item.key, repeat=repeat)
        yield f"the orders of {name}", [row.choice_order for row in group], derived
        if briefs is not None:
            brief = briefs.of(item)
            yield f"the brief on {name}", [row.brief for row in group], [brief] * len(group)
