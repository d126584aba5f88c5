"""What a trial earns."""

from studies.domain.protocol import Bonus


def is_misled(*, target: str, brief_correct: bool | None, by_design: bool, advice: str, gold: str) -> bool:
    """Whether the assistant argued for something wrong because it was set to, whatever the person made of it.

    By what was drawn; where nothing is (a sycophantic assistant agrees with the person), by its last recommendation
    `advice`, as far as one was read. `by_design`: its strategy may mislead.
    """
    if target:
        return brief_correct is False
    return by_design and advice not in ("", gold)


def trial_bonus_minor(rules: Bonus, *, kind: str, correct: bool | None, misled: bool) -> int | None:
    """The bonus of one closed trial in the currency's minor unit; None where the study pays none.

    Only main trials earn. `correct` is None where nothing counted. With `make_good_misled` a wrong answer of
    who was misled is paid like a right one: the person lost the bonus to the study's own design.
    """
    if rules.rule == "none":
        return None
    made_good = rules.make_good_misled and correct is False and misled
    return rules.per_correct_minor if kind == "main" and (correct or made_good) else 0
