"""What an assistant is set to argue for in a planned trial: drawn before its first word, stored, never shown."""

from collections.abc import Sequence

from django.db.models import Max

from studies.assistants import registry
from studies.domain import briefs as draws
from studies.domain.protocol import Assistant
from studies.models import Allocation, Brief, Item
from studies.queries.brief_draws import draw, may_be_wrong, stratum
from studies.queries.model_answers import answers_on


def for_main(rows: Sequence[Allocation]) -> None:
    """Draw the briefs of one person's main trials, in their order, by the rules of their arms' assistants."""
    if not rows:
        return
    protocol = rows[0].participant.version.protocol
    named = [(row, protocol.arm(row.arm).assistant) for row in rows]
    slots = _Slots(rows[0].participant.study_id)
    Brief.objects.bulk_create(_drawn(row, assistant, slots) for row, assistant in named if assistant)


def _drawn(planned: Allocation, assistant: str, slots: "_Slots") -> Brief:
    """A disputed key has no right answer to draw against."""
    rules = _rules(planned, assistant)
    if not planned.item.is_decided:
        return _row(planned, assistant, rules)
    if registry.strategy(rules.strategy).draws_target:
        return _assigned(planned, assistant, rules, slots)
    belief = belief_of(study_seed=_study_seed(planned), assistant=assistant, rules=rules, item=planned.item)
    return _row(planned, assistant, rules, belief=belief)


def for_practice(*, planned: Allocation, assistant: str, right: bool) -> None:
    """The brief that the practice schedule fixes, the same for everybody."""
    rules, item = _rules(planned, assistant), planned.item
    seed = draws.practice_seed(_study_seed(planned), item.content_sha256)
    target = draws.practice_target(seed=seed, gold=item.gold, letters=item.letters, right=right)
    drawn = {"target": target, "correct": right, "probability": 1.0, "stratum": "fixed", "seed": seed}
    _row(planned, assistant, rules, **drawn).save()


def _assigned(planned: Allocation, assistant: str, rules: Assistant, slots: "_Slots") -> Brief:
    item, answers = planned.item, answers_on(planned, rules)
    if not may_be_wrong(item, rules, answers):
        known = {"target": item.gold, "correct": True, "probability": 1.0, "stratum": draws.NOT_MISSED}
        return _row(planned, assistant, rules, **known)
    place = stratum(item, rules, pool=planned.participant.pool, assistant=assistant)
    slot = 0 if rules.brief_per == "item" else slots.take(place)
    found = draw(item, rules, answers, study_seed=_study_seed(planned), stratum=place, slot=slot)
    return _row(planned, assistant, rules, stratum=place, slot=slot, **vars(found))


class _Slots:
    """The places in each stratum's sequence of draws, after the last one that is there."""

    def __init__(self, study_id: int) -> None:
        self._study_id = study_id
        self._next: dict[str, int] = {}

    def take(self, stratum: str) -> int:
        slot = self._next[stratum] if stratum in self._next else self._first(stratum)
        self._next[stratum] = slot + 1
        return slot

    def _first(self, stratum: str) -> int:
        earlier = Brief.objects.filter(allocation__participant__study_id=self._study_id, stratum=stratum)
        last = earlier.aggregate(last=Max("slot"))["last"]
        return 0 if last is None else last + 1


def belief_of(*, study_seed: int, assistant: str, rules: Assistant, item: Item) -> str:
    """What an assistant without opinions takes for right: the same for everybody, and for its model-only baseline."""
    if not (registry.strategy(rules.strategy).draws_belief and registry.provider(rules.provider).needs_belief):
        return ""
    return draws.draw_belief(
        seed_parts=(study_seed, "belief", assistant, item.content_sha256),
        gold=item.gold,
        letters=item.letters,
        knowledge=rules.knowledge,
    )


def _study_seed(planned: Allocation) -> int:
    return planned.participant.version.protocol.study.seed


def _rules(planned: Allocation, assistant: str) -> Assistant:
    return planned.participant.version.protocol.assistants[assistant]


def _row(planned: Allocation, assistant: str, rules: Assistant, **drawn: object) -> Brief:
    return Brief(allocation=planned, assistant=assistant, strategy=rules.strategy, **drawn)
