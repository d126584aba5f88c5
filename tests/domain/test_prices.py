from decimal import Decimal

import pytest
from pydantic import ValidationError

from studies.domain.prices import cost_usd, price_of, price_table

TABLE = price_table(
    {"big-*": {"input": 10, "output": 50, "cache_read": 1, "cache_write": 12}, "*": {"input": 1, "output": 2}}
)


def test_a_million_tokens_cost_what_the_table_says() -> None:
    assert cost_usd(price_of(TABLE, "big-1"), input_tokens=1_000_000, output_tokens=100_000) == Decimal(15)


def test_the_cache_has_its_own_price_and_no_token_is_paid_for_twice() -> None:
    cost = cost_usd(
        price_of(TABLE, "big-1"), input_tokens=1000, output_tokens=0, cached_tokens=600, cache_write_tokens=300
    )
    assert cost == Decimal("0.005200")


def test_the_first_pattern_that_fits_is_taken() -> None:
    assert price_of(TABLE, "big-1") != price_of(TABLE, "other")


@pytest.mark.parametrize(("sent", "came"), [(None, 5), (5, None)])
def test_an_unknown_count_or_price_is_no_cost_of_zero(sent: int | None, came: int | None) -> None:
    assert cost_usd(TABLE["*"], input_tokens=sent, output_tokens=came) is None
    assert cost_usd(price_of({}, "x"), input_tokens=1, output_tokens=1) is None


def test_a_table_with_a_misspelt_price_is_refused() -> None:
    with pytest.raises(ValidationError):
        price_table({"x": {"input": 1, "ouput": 2}})
