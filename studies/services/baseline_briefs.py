"""Whether an assistant that is asked alone can have its targets drawn by the rule of its trials."""

from collections.abc import Sequence

from studies.domain.errors import Refused
from studies.domain.protocol import Assistant
from studies.models import Dataset, Item
from studies.queries.baseline_briefs import draws_targets
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


def _has_votes(item: Item, rules: Assistant) -> bool:
    return rules.wrong != "best_distractor" or bool(wrong_letters(item, rules, {}))
