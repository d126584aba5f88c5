"""What a figure says in numbers is what its rows say."""

import re

import pytest

from analysis.figures import accuracy_figure, contrast_figure


def numbers_in(svg: str) -> set[str]:
    """Those at the points: the axis writes its own in another size."""
    return set(re.findall(r"font-size: 9px[^>]*>([+−]?\d+\.\d)</text>", svg))


def row(estimate: float) -> dict[str, object]:
    return {"task": "all", "arm": "a", "name": "a - b", "estimate": estimate, "low": None, "high": None}


@pytest.mark.parametrize(
    ("value", "words"), [(0.5, "50.0"), (0.1, "10.0"), (0.0, "0.0"), (1.0, "100.0"), (0.123, "12.3")]
)
def test_a_share_stands_at_its_point_as_it_is(value: float, words: str) -> None:
    assert numbers_in(accuracy_figure([row(value)], None, "t")) == {words}


@pytest.mark.parametrize(("value", "words"), [(0.1, "+10.0"), (-0.2, "−20.0"), (-0.0001, "0.0"), (0.0, "0.0")])
def test_a_difference_has_its_sign_unless_it_rounds_to_nothing(value: float, words: str) -> None:
    assert numbers_in(contrast_figure([row(value)], "t")) == {words}
