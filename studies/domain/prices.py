"""What model calls cost: a table of USD per million tokens by model name pattern."""

from collections.abc import Mapping
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

# Entered by hand, not from a price list: check them against your contract. Cache writes at the price of five minutes.
DEFAULT_PRICES: dict[str, dict[str, str]] = {
    "scripted-*": {"input": "0", "output": "0"},
    "claude-opus-4-5*": {"input": "5", "output": "25", "cache_read": "0.5", "cache_write": "6.25"},
    "claude-sonnet-4-5*": {"input": "3", "output": "15", "cache_read": "0.3", "cache_write": "3.75"},
    "claude-haiku-4-5*": {"input": "1", "output": "5", "cache_read": "0.1", "cache_write": "1.25"},
}
MILLION = Decimal(1_000_000)


class Price(BaseModel):
    """USD per million tokens; what the cache costs defaults to the price of any other input."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)
    cache_read: Decimal | None = Field(default=None, ge=0)
    cache_write: Decimal | None = Field(default=None, ge=0)


Prices = dict[str, Price]
_TABLE = TypeAdapter(Prices)


def price_table(table: Mapping[str, Any]) -> Prices:
    """The table as types. Raises pydantic's ValidationError."""
    return _TABLE.validate_python(dict(table))


def price_of(prices: Prices, model: str) -> Price | None:
    """The price of the first pattern that the name fits (`*` is anything); None where there is none."""
    return next((price for pattern, price in prices.items() if fnmatchcase(model, pattern)), None)


def cost_usd(
    price: Price | None,
    *,
    input_tokens: int | None,
    output_tokens: int | None,
    cached_tokens: int | None = None,
    cache_write_tokens: int | None = None,
) -> Decimal | None:
    """What a call cost. None where price or counts are unknown: an unknown cost is no cost of zero.

    `input_tokens` is all that was sent, of which `cached_tokens` and `cache_write_tokens` are parts.
    """
    if price is None or input_tokens is None or output_tokens is None:
        return None
    read, written = cached_tokens or 0, cache_write_tokens or 0
    total = (
        (input_tokens - read - written) * price.input
        + read * (price.input if price.cache_read is None else price.cache_read)
        + written * (price.input if price.cache_write is None else price.cache_write)
        + output_tokens * price.output
    )
    return (total / MILLION).quantize(Decimal("0.000001"))
