"""Rows that are read again take over what has been read before and cannot have changed."""

from typing import TypeVar

from studies.models import Participant, Session, Trial

Row = TypeVar("Row", Participant, Session, Trial)


def with_known(fresh: Row, before: Row, *names: str) -> Row:
    """`fresh` with the related rows `names` of `before`, as far as those are read and still the ones it points to.

    A wide join costs several times what the row does, and every act of a person reads the same study and version.
    """
    known = before._state.fields_cache
    for name in names:
        if name in known and getattr(before, f"{name}_id") == getattr(fresh, f"{name}_id"):
            setattr(fresh, name, known[name])
    return fresh
