"""Drawing targets by the rules of an assistant: for a trial, for a model asked alone, and to check either."""

from collections.abc import Mapping

from studies.domain import briefs
from studies.domain.briefs import BriefDraw
from studies.domain.protocol import Assistant
from studies.models import Item
from studies.queries.model_answers import wrong_letters


def may_be_wrong(item: Item, rules: Assistant, answers: Mapping[str, int]) -> bool:
    """Whether a target of this item is drawn at all; on what a model gets right, `wrong_on` may fix the right one."""
    return rules.wrong_on != "model_misses" or briefs.is_missed(gold=item.gold, answers=answers)


def stratum(item: Item, rules: Assistant, *, pool: str, assistant: str) -> str:
    """Within what the share of right targets is kept level: an item's draws, or all of the assistant's."""
    by_item = rules.balance == "item" or rules.brief_per == "item"
    return f"{pool}/{assistant}/{item.content_sha256[:16]}" if by_item else f"{pool}/{assistant}"


def draw(
    item: Item, rules: Assistant, answers: Mapping[str, int], *, study_seed: int, stratum: str, slot: int
) -> BriefDraw:
    """The target at a place of its stratum; `answers` are the model's that the rules go by."""
    return briefs.draw_target(
        seed_parts=(study_seed, "brief", stratum),
        slot=slot,
        gold=item.gold,
        letters=item.letters,
        p_correct=rules.p_correct,
        block=1 if rules.balance == "none" or rules.brief_per == "item" else rules.brief_block,
        wrong=wrong_letters(item, rules, answers),
    )
