"""System prompts, one versioned file each. A changed wording is a new file: what a study froze stays as it was."""

import hashlib
import re
from functools import cache
from importlib.resources import files

NAME = re.compile(r"[a-z][a-z0-9_-]*\.v[0-9]+")


class UnknownPrompt(LookupError):
    """There is no prompt file of that name; the message lists what there is."""


@cache
def prompt_text(name: str) -> str:
    """The template of that name, such as `honest.v1`. Raises UnknownPrompt."""
    file = files(__name__) / f"{name}.txt"
    if not NAME.fullmatch(name) or not file.is_file():
        raise UnknownPrompt(f"there is no prompt {name!r}: there is {', '.join(prompt_names())}")
    return file.read_text(encoding="utf-8")


@cache
def prompt_sha256(name: str) -> str:
    """The hash (hex) of the template's UTF-8 bytes. Raises UnknownPrompt."""
    return hashlib.sha256(prompt_text(name).encode()).hexdigest()


def prompt_names() -> list[str]:
    found = (entry.name.removesuffix(".txt") for entry in files(__name__).iterdir() if entry.name.endswith(".txt"))
    return sorted(found)
