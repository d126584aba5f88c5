"""Small helpers of the templates."""

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def entry(mapping: Mapping[str, Any] | None, key: str) -> Any:
    """`mapping[key]`, or '' where there is none: what a person typed before a page was shown again."""
    return (mapping or {}).get(key, "")


@register.filter
def clock(seconds: float | None) -> str:
    """'5 minutes', '1 minute 15 seconds', '45 seconds'."""
    if seconds is None:
        return "no time limit"
    minutes, rest = divmod(round(seconds), 60)
    words = [_count(minutes, "minute")] if minutes else []
    words += [_count(rest, "second")] if rest or not minutes else []
    return " ".join(words)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
