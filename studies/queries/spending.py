"""What model calls have cost so far, against the caps of a study."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from django.conf import settings
from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce

from studies.domain.caps import Spent, room
from studies.domain.prices import Price, price_of
from studies.domain.protocol import Caps, Protocol
from studies.models import Generation, Trial


def price(model: str) -> Price | None:
    """The configured price of a model."""
    return price_of(settings.PRICES, model)


def spent(calls: QuerySet[Generation]) -> Spent:
    tokens = Sum(Coalesce(F("input_tokens"), 0) + Coalesce(F("output_tokens"), 0))
    sums = calls.aggregate(tokens=tokens, usd=Sum("cost_usd"))
    return Spent(sums["tokens"] or 0, sums["usd"] or Decimal(0))


LEVELS = ("trial", "participant", "study")


def cap_reached(trial: Trial, protocol: Protocol, *, levels: Sequence[str] = LEVELS) -> str:
    """The key of the first cap that is reached, such as `usd_per_trial`; '' where none is.

    What reads replies out counts for the study alone: it answers whenever it does, and no person is to wait for it.
    """
    person = trial.session.participant if trial.session else None
    talked = Generation.objects.exclude(purpose="audit")
    calls: dict[str, Callable[[], QuerySet[Generation]]] = {
        "trial": lambda: talked.filter(message__trial=trial),
        "participant": lambda: talked.filter(message__trial__session__participant=person),
        "study": lambda: Generation.objects.filter(
            message__trial__session__participant__study=person.study_id if person else None
        ),
    }
    reached = (_reached(protocol.caps, level, calls[level]) for level in levels)
    return next((key for key in reached if key), "")


def _reached(caps: Caps, level: str, calls: Callable[[], QuerySet[Generation]]) -> str:
    most = {unit: getattr(caps, f"{unit}_per_{level}") for unit in ("tokens", "usd")}
    if not any(most.values()):
        return ""
    so_far = spent(calls())
    # By its decimals: 0.01 as a binary fraction is a little more than a cent.
    over = (unit for unit, cap in most.items() if cap and getattr(so_far, unit) >= Decimal(str(cap)))
    return next((f"{unit}_per_{level}" for unit in over), "")


def longest_reply(protocol: Protocol, model: str) -> int:
    """Most tokens of a reply that answers a question of no length, by the chat's limit and the caps of a reply."""
    limit = protocol.chat.max_reply_tokens
    return max(1, room(protocol.caps, limit=limit, price=price(model), spent=Spent(), sent=0).tokens)
