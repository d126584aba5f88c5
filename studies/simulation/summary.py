"""What became of simulated people, in a few lines."""

from collections import Counter
from dataclasses import dataclass

from studies.domain.states import Outcome, SessionState
from studies.models import Allocation, Participant, Session, Trial


@dataclass(frozen=True)
class ArmCount:
    arm: str
    trials: int
    timed_out: int
    answered: int
    correct: int

    @property
    def accuracy(self) -> float | None:
        """Share of right answers among those given; None where there are none."""
        return self.correct / self.answered if self.answered else None


def outcomes(people: list[Participant]) -> Counter[str]:
    """How many people by the outcome of their last sitting; who is neither finished nor gone is 'unfinished'."""
    last: dict[int, str] = {}
    rows = Session.objects.filter(participant__in=people).order_by("sitting")
    for person, state, outcome in rows.values_list("participant_id", "state", "outcome"):
        last[person] = outcome if state == SessionState.FINISHED else "unfinished"
    return Counter(last.values())


def by_arm(people: list[Participant]) -> list[ArmCount]:
    """Main trials by arm. Simulated people are no secret: their outcomes may be shown before the end."""
    rows = Trial.objects.filter(allocation__participant__in=people, allocation__kind=Allocation.Kind.MAIN)
    opened = list(rows.exclude(opened_at=None).values_list("allocation__arm", "closed_by", "response__correct"))
    return [
        ArmCount(
            arm=arm,
            trials=sum(name == arm for name, _, _ in opened),
            timed_out=sum(name == arm and closed == "deadline" for name, closed, _ in opened),
            answered=sum(name == arm and correct is not None for name, _, correct in opened),
            correct=sum(name == arm and correct is True for name, _, correct in opened),
        )
        for arm in sorted({name for name, _, _ in opened})
    ]


def lines(people: list[Participant], turned_away: int) -> list[str]:
    """The table that the command prints."""
    counted = outcomes(people)
    named = [f"  {str(outcome).replace('_', ' '):<18}{counted[outcome]:>6}" for outcome in Outcome if counted[outcome]]
    if counted["unfinished"]:
        named.append(f"  {'unfinished':<18}{counted['unfinished']:>6}")
    if turned_away:
        named.append(f"  {'turned away':<18}{turned_away:>6}")
    head = f"  {'arm':<18}{'trials':>8}{'timed out':>11}{'answered':>10}{'right':>8}"
    return [f"{len(people)} simulated people", *named, "", head, *(_row(arm) for arm in by_arm(people))]


def _row(count: ArmCount) -> str:
    right = "" if count.accuracy is None else f"{count.accuracy:.0%}"
    return f"  {count.arm:<18}{count.trials:>8}{count.timed_out:>11}{count.answered:>10}{right:>8}"
