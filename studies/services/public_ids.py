"""Ids that may stand in an address or a page: they tell nothing of how many rows there are."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from random import Random

CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that are read for another
_seeded: ContextVar[Random | None] = ContextVar("seeded", default=None)


def new_public_id() -> str:
    source = _seeded.get()
    return secrets.token_hex(8) if source is None else f"{source.getrandbits(64):016x}"


def new_code() -> str:
    """A participant's public code."""
    return "".join((_seeded.get() or secrets).choice(CODE_LETTERS) for _ in range(8))


def new_token() -> str:
    """The secret in the address of a sitting: never from a seed."""
    return secrets.token_urlsafe(24)


@contextmanager
def drawn_from(source: Random) -> Iterator[None]:
    """Draw public ids and codes from a seed, so that a simulated study comes out the same again."""
    before = _seeded.set(source)
    try:
        yield
    finally:
        _seeded.reset(before)
