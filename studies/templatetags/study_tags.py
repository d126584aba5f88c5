"""Small helpers of the templates."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings

register = template.Library()
SCRIPTS = Path(__file__).resolve().parent.parent / "static" / "studies" / "js"
IMPORTS = re.compile(r'from "\./(\w+)\.js"')


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


@register.filter
def percent(share: float | None) -> str:
    """'42 %', or a dash where there is nothing to divide."""
    return "–" if share is None else f"{share:.0%}".replace("%", " %")


@register.filter
def hundredths(share: float | None) -> float:
    """A share as the width of a bar, in percent."""
    return round(100 * (share or 0), 2)


@register.filter
def ago(moment: datetime, now: datetime) -> str:
    """'just now', '4 min ago', '3 h ago', then the day; a moment still to come (virtual time) is a day too."""
    seconds = (now - moment).total_seconds()
    if seconds < 0 or seconds >= 86_400:
        return f"{moment:%d %b %H:%M}"
    if seconds < 60:
        return "just now"
    return f"{int(seconds // 60)} min ago" if seconds < 3600 else f"{int(seconds // 3600)} h ago"


@register.filter
def lasted(span: timedelta | float | None) -> str:
    """'4 s', '2 min 05 s', '3 h 10 min'."""
    if span is None:
        return "–"
    seconds = round(span.total_seconds() if isinstance(span, timedelta) else span)
    if seconds < 60:
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest:02} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


@register.filter
def before_colon(words: str) -> str:
    """What a choice is called, without its explanation."""
    return words.partition(":")[0]


@register.filter
def thousands(number: int) -> str:
    """'82,303'."""
    return f"{number:,}"


@register.filter
def until(start: datetime | None, end: datetime | None) -> timedelta | None:
    """The time between two moments; None where one of them is not known."""
    return end - start if start and end else None


@register.simple_tag
@cache
def script_modules(entry: str) -> list[str]:
    """The static names of a page's JavaScript module and of all that it imports, directly or not."""
    found, waiting = [], [entry]
    while waiting:
        found.append(waiting.pop(0))
        imported = IMPORTS.findall((SCRIPTS / f"{found[-1]}.js").read_text())
        waiting += [name for name in dict.fromkeys(imported) if name not in (*found, *waiting)]
    return [f"studies/js/{name}.js" for name in found]


@register.simple_tag
def site_contact() -> str:
    """Whom to write to on a page that knows no study; '' where nobody is set."""
    return str(settings.CONTACT_EMAIL)
