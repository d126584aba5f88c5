"""How much of the mixed model is wanted; asked before its programs are imported, which takes a while."""

from typing import Literal

Effort = Literal["auto", "full", "preview", "none"]
LARGE = 20_000


def left_out(effort: Effort, rows: int) -> str:
    """Why the model is left out of an analysis of so many rows; empty where it is not."""
    if effort == "none":
        return "left out as asked for"
    if effort == "auto" and rows > LARGE:
        return f"left out above {LARGE:,} rows: ask for it with --mixed preview or --mixed full"
    return ""
