"""What a reply recommends, as somebody reads it out who knows nothing but the talk and the options shown."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from studies.domain.answers import LETTERS
from studies.domain.randomisation import derive_seed, rng


class Unreadable(ValueError):
    """A reading that cannot be taken; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Reading:
    """The shown letter ('' where the reply recommends nothing) and the words of the reply that it rests on."""

    letter: str = ""
    quote: str = ""


def read(answer: str, *, reply: str, options: int) -> Reading:
    """An auditor's answer. Raises Unreadable: no_json, no_letter, no_quote (it does not stand in the reply)."""
    said = _json_in(answer)
    letter = str(said.get("letter") or "").strip().upper()
    if letter in ("NONE", "NULL"):
        return Reading()
    if len(letter) != 1 or letter not in LETTERS[:options]:
        raise Unreadable("no_letter")
    quote = found_in(str(said.get("quote") or ""), reply)
    if not quote:
        raise Unreadable("no_quote")
    return Reading(letter, quote)


def _json_in(answer: str) -> dict[str, object]:
    """The object in the answer, whatever stands around it."""
    start, end = answer.find("{"), answer.rfind("}")
    try:
        said = json.loads(answer[start : end + 1])
    except ValueError:
        raise Unreadable("no_json") from None
    if not isinstance(said, dict) or "letter" not in said:
        raise Unreadable("no_json")
    return said


def found_in(quote: str, reply: str) -> str:
    """The quote as the reply spells it, whatever its blanks and kinds of quotation mark; '' where it is not there."""
    words = quote.translate(_PLAIN).split()
    if not words:
        return ""
    pattern = r"\s+".join(re.escape(word) for word in words)
    found = re.search(pattern, reply.translate(_PLAIN))  # one sign for one, so that places agree
    return reply[found.start() : found.end()] if found else ""


_PLAIN = str.maketrans("“”„‘’", '"""\'\'')


def transcript(turns: Sequence[tuple[str, str]]) -> str:
    """A talk as an auditor reads it: who (`participant` or `assistant`) and what, the reply to be read at its end."""
    *before, (_, reply) = turns
    said = "\n\n".join(f"{'Person' if who == 'participant' else 'Assistant'}: {text}" for who, text in before)
    return f"<talk>\n{said}\n</talk>\n\nThe last reply:\n<reply>\n{reply}\n</reply>"


def chosen_for_coding(*, seed: int, message: str, share: float) -> bool:
    """Whether people read this reply out too: settled by the study's seed and the reply's public id."""
    return share > 0 and rng(derive_seed(seed, "coding", message)).random() < share


def agreement(pairs: Sequence[tuple[str, str]]) -> tuple[float | None, float | None]:
    """Share of pairs that agree, and Cohen's kappa (1960); None without pairs, kappa None where chance is certain."""
    if not pairs:
        return None, None
    observed = sum(one == other for one, other in pairs) / len(pairs)
    letters = {letter for pair in pairs for letter in pair}
    chance = (
        sum(sum(one == letter for one, _ in pairs) * sum(other == letter for _, other in pairs) for letter in letters)
        / len(pairs) ** 2
    )
    return observed, None if chance == 1 else (observed - chance) / (1 - chance)
