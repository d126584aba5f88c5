"""A passage as paragraphs. Only white space is touched: every word and sign stays where it was."""

import re

ENDINGS = ".!?:;…\"'”’)]*"


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a stored text.

    Many published texts are wrapped by hand: a new line that is indented, or that goes on in mid-sentence, belongs to
    the paragraph before it; every other line break, and a blank line after a finished sentence, begins a new one.
    """
    found: list[str] = []
    blank = False
    for line in text.replace("\r\n", "\n").split("\n"):
        words = " ".join(line.split())
        if not words:
            blank = True
            continue
        if found and _goes_on(found[-1], line, blank):
            found[-1] += " " + words
        else:
            found.append(words)
        blank = False
    return found


def _goes_on(before: str, line: str, blank: bool) -> bool:
    if re.match(r"\s*[a-z,;.)]", line) and before[-1] not in ENDINGS:
        return True
    return not blank and line[0] in " \t"
