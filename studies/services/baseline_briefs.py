"""What an assistant that is asked alone argues for: drawn by the rule of its trials, when its run is planned."""

from collections.abc import Mapping, Sequence
from typing import Any

from studies.assistants import registry
from studies.domain.briefs import NOT_MISSED, BriefDraw
from studies.domain.errors import Refused
from studies.domain.protocol import Assistant
from studies.models import BaselineRun, Dataset, Item, Pool, ProtocolVersion
from studies.queries.brief_draws import draw, may_be_wrong, stratum
from studies.queries.model_answers import wrong_letters


def check_can_draw(*, comparator: str, rules: Assistant, dataset: Dataset | None, items: Sequence[Item]) -> None:
    """Raise Refused where the rule of the trials goes by something that these items do not have."""
    if not draws_targets(comparator, rules) or dataset is None:
        return
    if rules.draws_by_errors:
        sentence = (
            f"Its wrong targets go by the answers of {rules.errors_of!r}, which are frozen with the study's own items: "
            f"as deployed it can be asked those only, not all of {dataset.name}."
        )
        raise Refused("no_answers", sentence)
    without = [item.key for item in items if item.is_decided and not _has_votes(item, rules)]
    if without:
        sentence = (
            f"Its wrong targets are the best distractors by annotators' votes, and {len(without)} items of "
            f"{dataset.name} have none, such as {', '.join(without[:3])}: as deployed it cannot be asked them."
        )
        raise Refused("no_votes", sentence)


def draws_targets(comparator: str, rules: Assistant) -> bool:
    return comparator == "as_deployed" and bool(registry.strategy(rules.strategy).draws_target)


def _has_votes(item: Item, rules: Assistant) -> bool:
    return rules.wrong != "best_distractor" or bool(wrong_letters(item, rules, {}))


class BaselineBriefs:
    """The briefs of a run, asked for in the order of its questions.

    Strata, blocks and wrong targets are those of the trials, with the repeats of an item in the place of people. Where
    a brief is fixed per item it is the very one that people meet; else the run's seed draws its own.
    """

    def __init__(self, run: BaselineRun, *, version: ProtocolVersion | None) -> None:
        self._run, self._rules = run, run.assistant_rules
        self._wanted = draws_targets(run.comparator, self._rules)
        self._answers = _frozen_answers(version, self._rules) if self._wanted else {}
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


def _frozen_answers(version: ProtocolVersion | None, rules: Assistant) -> Mapping[int, Mapping[str, int]]:
    """Those of the model whose errors count, by item, as frozen with the newest version."""
    if version is None or not rules.draws_by_errors:
        return {}
    rows = version.pool.filter(kind="main").values_list("item", "answers")
    return {item: answers.get(rules.errors_of, {}) for item, answers in rows}
