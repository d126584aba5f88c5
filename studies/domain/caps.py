"""How long one more model call of a reply may become under the caps of a reply."""

from dataclasses import dataclass
from decimal import Decimal

from studies.domain.prices import MILLION, Price
from studies.domain.protocol import Caps

LEAST_TOKENS = 20  # fewer are no reply


@dataclass(frozen=True)
class Spent:
    """Tokens sent and received, and USD; calls whose counts or price are unknown add nothing."""

    tokens: int = 0
    usd: Decimal = Decimal(0)


@dataclass(frozen=True)
class Room:
    """Most tokens that may be written, or none and the key of the cap that leaves none."""

    tokens: int
    cap: str = ""


def room(caps: Caps, *, limit: int, price: Price | None, spent: Spent, sent: int) -> Room:
    """The room of a call that sends about `sent` tokens; `limit` is the chat's own, `spent` what the reply has used.

    Without a price no money cap can bind; `study check` refuses such a study.
    """
    bounds = {"": limit}
    if caps.tokens_per_reply is not None:
        bounds["tokens_per_reply"] = caps.tokens_per_reply - spent.tokens - sent
    if caps.usd_per_reply is not None and price is not None and price.output:
        left = (Decimal(str(caps.usd_per_reply)) - spent.usd) * MILLION - sent * price.input
        bounds["usd_per_reply"] = int(left / price.output)
    key = min(bounds, key=lambda name: bounds[name])
    return Room(bounds[key]) if not key or bounds[key] >= LEAST_TOKENS else Room(0, key)
