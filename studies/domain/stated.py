"""Which options a person's words name, and which answer they state. Careful: a doubtful case is no statement.

Letters are shown letters. A question states nothing ("is it C?"), nor does a guess between two options, what somebody
else said, or what is only taken up ("B means ...").
"""

import re
from collections.abc import Iterable, Sequence

from studies.domain.answers import LETTERS

# An option named in a text is replaced by its letter between these, so that its own words are no words of the person.
OPEN, CLOSE = "\x02", "\x03"
NAMED = f"{OPEN}([A-J]){CLOSE}"

_NOUN = r"(?:option|answer|choice|letter|number)"
_AFTER_A = (
    r"(?=\s*(?:[.,;:!?)\]\"'”’]|$|(?:or|and|is|was|because|since|as|fits?|looks?|seems?|sounds?|makes|vs|but|too)\b))"
)
_LETTER = re.compile(
    rf"\b{_NOUN}\s+[(\"'“‘]?([A-Ja-j])\b[)\"'”’]?"  # option b, answer "C"
    r"|[(\"“‘']([A-J])[)\"”’']"  # (B)
    rf"|\b(A)\b{_AFTER_A}"
    r"|(?<![\w'’.\-/+=*^])([B-HJ])(?![\w'’\-/+=*^(]|\.\w)"
    r"|^\s*([a-h])\s*[.!?]*\s*$"  # nothing but the letter
    rf"|(?<=\bit's )([b-h])\b|(?<=\bit is )([b-h])\b|(?<=\bis it )([b-h])\b|(?<=\babout )([b-h])\b"
    rf"|(?<=\bnot )([b-h])\b|(?<=\bthink )([b-h])\b|(?<=\bwith )([b-h])\b|(?<=\bor )([b-h])\b(?=\s*[?.!]|$)"
)


def mark_options(text: str, options_shown: Sequence[str]) -> str:
    """The text with every option that it names, by letter or in its full words, replaced by its marked letter."""
    text = text.translate({2: None, 3: None, 0x2019: "'"})
    for letter, option in sorted(zip(LETTERS, options_shown, strict=False), key=lambda pair: -len(pair[1])):
        if pattern := _words_of(option):
            text = re.sub(pattern, f"{OPEN}{letter}{CLOSE}", text, flags=re.IGNORECASE)
    there = LETTERS[: len(options_shown)]

    def mark(found: re.Match[str]) -> str:
        letter = next(group for group in found.groups() if group).upper()
        return f"{OPEN}{letter}{CLOSE}" if letter in there else found.group()

    # Outside the marks only, or a marked letter would be marked again.
    parts = re.split(f"({NAMED})", text)
    return "".join(part if at % 3 == 1 else _LETTER.sub(mark, part) for at, part in enumerate(parts) if at % 3 != 2)


def _words_of(option: str) -> str:
    """A pattern for the option's words as a whole, whatever the spaces, the case and the full stop."""
    words = option.translate({0x2019: "'"}).strip().rstrip(".").split()
    if not words or (len(words) == 1 and len(words[0]) == 1 and words[0].isalpha()):
        return ""
    body = r"\s+".join(re.escape(word) for word in words)
    return rf"[\"“‘]?(?<![\w.]){body}(?!\w|[.,]\d)[\"”]?"


def options_named(text: str, options_shown: Sequence[str]) -> list[str]:
    """The letters of the options that the text names, in its order, each once."""
    return list(dict.fromkeys(re.findall(NAMED, mark_options(text, options_shown))))


# -- what is stated ------------------------------------------------------------------------------------------

_ADVERB = (
    r"(?:(?:really|still|now|also|just|actually|honestly|personally|probably|definitely|certainly|clearly|surely|"
    r"most likely|likely|obviously|rather|currently|simply|tentatively|then),? )*"
)
_BE = r"(?:'s| is| must be| has to be| should be| would be|'ll be| will be)"
_SUBJECT = rf"(?:(?:it|this|that|the (?:right |correct |best |true )?(?:answer|one|choice|option)){_BE} {_ADVERB})"
_GOOD = r"(?:the )?(?:right|correct|best|true|most likely|likeliest|answer|better|good)"
_END = (
    r"(?=\s*(?:$|[.,;:!)]|because\b|since\b|as\b|too\b|here\b|for now\b|based on\b|fits?\b|works?\b|"
    r"makes (?:the most )?"
    rf"sense\b|(?:is|looks|seems|sounds|must be|has to be) {_ADVERB}{_GOOD}\b))"
)
_VIEW = (
    r"(?:think|believe|guess|say|reckon|suspect|feel|assume|choose|chose|pick|picked|picking|choosing|select|selected|"
    r"go with|go for|going with|going for|went with|went for|lean towards?|lean to|leaning towards?|leaning to|"
    r"prefer|vote for|decided on|settled on|answer|answered|"
    r"(?:pretty |quite |fairly |very )?(?:sure|confident|certain|convinced))"
)
_START = r"^(?:(?:so|well|ok|okay|hmm+|yes|yeah|no|and|but|then|oh|ah|right),? )*"
_STATEMENTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_START}{_ADVERB}(?:in my opinion,? |for me,? )?i(?:'m| am|'d| would|'ll| will|'ve| have)? {_ADVERB}{_VIEW}"
        rf"(?: that)?,? {_ADVERB}{_SUBJECT}?(?:on |with )?{NAMED}{_END}",
        r"\bmy (?:\w+ ){0,2}(?:answer|guess|choice|pick|vote|instinct|feeling|hunch)(?: so far| right now| for now)?"
        rf"(?: is| would be| says|:) {_ADVERB}(?:that )?{_SUBJECT}?{NAMED}{_END}",
        rf"{_START}{_ADVERB}(?:{_SUBJECT}|answer: ?|answer is ){_ADVERB}{NAMED}{_END}",
        rf"{_START}{_ADVERB}{NAMED} (?:is|looks|seems|sounds|must be|has to be) {_ADVERB}{_GOOD}\b",
        rf"{_START}{NAMED},? (?:because|since|i (?:think|believe|guess|reckon|'d say|would say))\b",
        rf"{_START}(?:definitely|certainly|clearly|surely|obviously|probably|most likely),? {NAMED}\s*[.!]*$",
    )
)
_ASKS = re.compile(
    r"^(?:(?:so|well|ok|okay|hmm+|and|but|then|please),? )*(?:is|are|was|were|do|does|did|am|can|could|"
    r"would|will|should|"
    r"what|why|which|how|who|where|when|if|suppose|assuming|whether)\b",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(
    r"\b(?:not|never|no longer|neither|nor|wrong|incorrect|false|unlikely|doubt|worst|less likely|rules? out|ruled out|"
    r"ruling out|eliminated?|exclude[ds]?|cannot|isnt|dont|cant|wasnt)\b|n't\b",
    re.IGNORECASE,
)
_INSTEAD = re.compile(rf",? ?(?:and )?(?:not|rather than|instead of|over|more than) {NAMED}", re.IGNORECASE)
_CLAUSE = re.compile(
    r"(?<=[.!?;])\s+|\n+|(?=,? \b(?:but|though|although|however|whereas)\b)|(?<=,) (?=so |and i |then i )"
)


def stated_answer(texts: Iterable[str], options_shown: Sequence[str]) -> str:
    """The shown letter of the answer that the person stated last in these messages; '' where they stated none.

    A statement is taken back by a later "I don't think it's B" of the same option.
    """
    standing = ""
    for text in texts:
        for clause in _CLAUSE.split(mark_options(text, options_shown)):
            standing = _after(clause.strip(), standing)
    return standing


def _after(clause: str, standing: str) -> str:
    """The standing answer after this clause."""
    clause = _INSTEAD.sub("", re.sub(r"^[,\s]+(?:but|though|although|however|whereas),? ", "", clause))
    named = set(re.findall(NAMED, clause))
    if len(named) != 1 or clause.rstrip(" \"')”").endswith("?") or _ASKS.match(clause):
        return standing
    letter = named.pop()
    if _NEGATIVE.search(clause):
        return "" if letter == standing else standing
    return letter if any(pattern.search(clause) for pattern in _STATEMENTS) else standing
