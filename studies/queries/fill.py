"""How many responses each item has in each arm, counting completed and live people."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from studies.domain.states import Outcome, SessionState, TrialState
from studies.models import Allocation, Participant, Pool, Session, Study


@dataclass(frozen=True)
class Fill:
    """Per (item, arm): places held now, places that somebody had and left, and how many of those were dealt again."""

    held: Counter[tuple[int, str]]
    left: Counter[tuple[int, str]]
    refilled: Counter[tuple[int, str]]


def fill(*, study: Study, pool: Pool | str, now: datetime, idle: timedelta) -> Fill:
    """Count the planned main trials of a study's pool of people.

    A place is held by a counted response, or by a person who is live and has the trial still ahead. It is left
    when its person is idle or gone, or when the trial closed without an answer.
    """
    live = live_people(study=study, pool=pool, now=now, idle=idle)
    answered = Q(trial__response__isnull=False)
    ahead = ~Q(trial__state=TrialState.CLOSED) & Q(participant__in=live)
    planned = Allocation.objects.filter(
        participant__study=study, participant__pool=pool, kind=Allocation.Kind.MAIN
    ).values("item_id", "arm")
    counts = planned.annotate(
        held=Count("pk", filter=answered | ahead), planned=Count("pk"), refilled=Count("pk", filter=Q(refill=True))
    )
    return Fill(
        held=Counter({(row["item_id"], row["arm"]): row["held"] for row in counts}),
        left=Counter({(row["item_id"], row["arm"]): row["planned"] - row["held"] for row in counts}),
        refilled=Counter({(row["item_id"], row["arm"]): row["refilled"] for row in counts}),
    )


def live_people(*, study: Study, pool: Pool | str, now: datetime, idle: timedelta) -> set[int]:
    """Who is here: seen within the idle time and not finished, or between two sittings."""
    people = Participant.objects.filter(study=study, pool=pool, withdrew_at=None)
    here = people.filter(last_seen_at__gte=now - idle).exclude(sessions__state=SessionState.FINISHED)
    live = set(here.values_list("pk", flat=True))
    return live | _between_sittings(study, pool, now, idle)


def _between_sittings(study: Study, pool: Pool | str, now: datetime, idle: timedelta) -> set[int]:
    sessions = Session.objects.filter(participant__study=study, participant__pool=pool, participant__withdrew_at=None)
    last: dict[int, tuple[int, str, datetime]] = {}
    for person, sitting, outcome, seen in sessions.order_by("sitting").values_list(
        "participant_id", "sitting", "outcome", "last_seen_at"
    ):
        last[person] = (sitting, outcome, seen)
    planned = _sittings_planned(study, pool)
    return {
        person
        for person, (sitting, outcome, seen) in last.items()
        if (sitting < planned.get(person, 1) and outcome == Outcome.COMPLETED)
        or (sitting > 1 and not outcome and seen >= now - idle)
    }


def _sittings_planned(study: Study, pool: Pool | str) -> dict[int, int]:
    pending = Allocation.objects.filter(Q(participant__study=study) & Q(participant__pool=pool))
    planned: dict[int, int] = {}
    for person, sitting in pending.values_list("participant_id", "sitting").distinct():
        planned[person] = max(sitting, planned.get(person, 1))
    return planned
