"""What a trial earns."""

from studies.domain.protocol import Bonus


def trial_bonus_minor(rules: Bonus, *, kind: str, correct: bool | None, brief_correct: bool | None) -> int | None:
    """The bonus of one closed trial in the currency's minor unit; None where the study pays none.

    Only main trials earn. `correct` is None where nothing counted. With `make_good_misled` a wrong answer under a
    wrong brief is paid like a right one: the person lost the bonus to the study's own design.
    """
    if rules.rule == "none":
        return None
    misled = rules.make_good_misled and correct is False and brief_correct is False
    return rules.per_correct_minor if kind == "main" and (correct or misled) else 0
