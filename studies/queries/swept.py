"""Whom the sweep of a server may move on."""

from datetime import datetime

from django.db.models import Q


def swept(now: datetime, *, of: str = "") -> Q:
    """Everybody but people in virtual time, whose deadlines are long past by any other clock; `of` leads to them."""
    return Q(**{f"{of}swept_from": None}) | Q(**{f"{of}swept_from__lte": now})
