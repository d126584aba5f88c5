"""Ids that join the tables: made of what never changes, so that two exports of one study agree."""


def session_id(code: str, sitting: int) -> str:
    return f"{code}-{sitting}"


def allocation_id(code: str, sitting: int, position: int) -> str:
    return f"{code}-{sitting}-{position}"


def item_id(dataset: str, key: str) -> str:
    return f"{dataset}/{key}"


def passage_id(dataset: str, key: str | None) -> str:
    """Empty where the item has no passage."""
    return f"{dataset}/{key}" if key else ""


def coder_id(number: int) -> str:
    """A code for a member of the staff: their login's name stays in the house."""
    return f"C{number}"


def event_id(number: int) -> str:
    return f"E{number}"
