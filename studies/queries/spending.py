"""What model calls have cost so far, against the caps of a study."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce

from studies.domain.prices import Price, price_of
from studies.domain.protocol import Caps, Protocol
from studies.models import Generation, Trial


@dataclass(frozen=True)
class Spent:
    """Tokens sent and received, and USD; calls whose counts or price are unknown add nothing."""

    tokens: int
    usd: Decimal


def price(model: str) -> Price | None:
    """The configured price of a model."""
    return price_of(settings.PRICES, model)


def spent(calls: QuerySet[Generation]) -> Spent:
    tokens = Sum(Coalesce(F("input_tokens"), 0) + Coalesce(F("output_tokens"), 0))
    sums = calls.aggregate(tokens=tokens, usd=Sum("cost_usd"))
    return Spent(sums["tokens"] or 0, sums["usd"] or Decimal(0))


def cap_reached(trial: Trial, protocol: Protocol) -> str:
    """The key of the first cap that is reached, such as `usd_per_trial`; '' where none is."""
    person = trial.session.participant if trial.session else None
    calls: dict[str, Callable[[], QuerySet[Generation]]] = {
        "trial": lambda: Generation.objects.filter(message__trial=trial),
        "participant": lambda: Generation.objects.filter(message__trial__session__participant=person),
        "study": lambda: Generation.objects.filter(
            message__trial__session__participant__study=person.study_id if person else None
        ),
    }
    reached = (_reached(protocol.caps, level, of_level) for level, of_level in calls.items())
    return next((key for key in reached if key), "")


def _reached(caps: Caps, level: str, calls: Callable[[], QuerySet[Generation]]) -> str:
    most = {unit: getattr(caps, f"{unit}_per_{level}") for unit in ("tokens", "usd")}
    if not any(most.values()):
        return ""
    so_far = spent(calls())
    return next((f"{unit}_per_{level}" for unit, cap in most.items() if cap and getattr(so_far, unit) >= cap), "")


def reply_limit(protocol: Protocol, model: str) -> int:
    """Most tokens of one reply: the chat's limit, or fewer where its words would cost more than a reply may."""
    limit, most, known = protocol.chat.max_reply_tokens, protocol.caps.usd_per_reply, price(model)
    if most is None or known is None or not known.output:
        return limit
    return max(1, min(limit, int(Decimal(str(most)) * 1_000_000 / known.output)))
