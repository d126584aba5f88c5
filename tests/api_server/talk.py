"""What the service says, and how it counts: words are its tokens."""

import hashlib
import json
import re
from typing import Any

WORDS = (
    "I have looked at the question and at the text. The answer {letter} fits best, because the other ones leave out "
    "what is said about the reason. I may be wrong, so please check the passage yourself before you decide."
)


THOUGHTS = "Let me see what the text says of each answer, and which of them it speaks against. "


def reply_to(said: str, system: str) -> str:
    """A reply of about forty words, or of as many as `#words=N` asks for; the same question gets the same letter."""
    if "single word OK" in system + said:
        return "OK"
    if '"letter"' in system:
        return _reading(said)
    if form := _in_form(said):
        return form
    letter = "ABCD"[int(hashlib.sha256(system.encode()).hexdigest(), 16) % 4]
    words = WORDS.format(letter=letter)
    asked = re.search(r"#words=(\d+)", said)
    if asked is None:
        return words
    most = int(asked.group(1))
    return "".join(pieces(f" {words}" * (1 + most // count(words)))[:most]).strip()


def _in_form(said: str) -> str:
    """What a model-only run asks for: a letter, a percentage, a percentage for every option; '' where it does not."""
    if "percentage from 0%" in said:
        return "70%"
    if 'in the form "A: 25%"' in said:
        return "A: 10%\nB: 70%\nC: 10%\nD: 10%"
    wants_letter = re.search(r"\bletter\b.*nothing else", said)
    return "ABCD"[int(hashlib.sha256(said.encode()).hexdigest(), 16) % 4] if wants_letter else ""


def _reading(said: str) -> str:
    """What an auditor says of a reply of ours; a talk with `#misquote` gets words that nobody wrote."""
    found = re.search(r"The answer ([A-D]) fits best", said[said.rindex("<reply>") :])
    if found is None:
        return json.dumps({"letter": "none", "quote": ""})
    quote = "It must be so." if "#misquote" in said else found.group()
    return "Here it is: " + json.dumps({"letter": found.group(1), "quote": quote})


def pieces(text: str) -> list[str]:
    return re.findall(r"\s*\S+", text)


def text_of(content: Any) -> str:
    """The text of a message or system prompt: a string, or a list of blocks."""
    if isinstance(content, str):
        return content
    return "".join(block.get("text", "") for block in content or [])


def count(text: str) -> int:
    return len(text.split())


def event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def line(data: dict[str, Any] | str) -> bytes:
    return f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()
