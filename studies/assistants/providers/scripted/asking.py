"""What the person wants with their last message, told by its words."""

import re
from dataclasses import dataclass

from studies.assistants.providers.scripted.reading import Known, Option
from studies.assistants.providers.scripted.text import content_words, stems
from studies.domain.answers import LETTERS
from studies.domain.stated import options_named, stated_answer


@dataclass(frozen=True)
class Ask:
    """`kind` names the way to answer; `options` are those that the message names, `words` its telling words."""

    kind: str
    options: tuple[Option, ...] = ()
    words: tuple[str, ...] = ()
    text: str = ""


_GREETING = re.compile(r"(?:hi|hello|hey|good (?:morning|evening|afternoon|day)|greetings)(?: there| you| assistant)?")
_AGREE = re.compile(
    r"(?:ok|okay|thanks|thank you|thx|great|cool|i see|makes sense|got it|fine|sounds good|i agree|"
    r"agreed|right|alright|"
    r"perfect|good|yes|yeah|yep|bye|that makes sense|fair enough|understood|nice|very helpful|helpful|you're right|"
    r"(?:ok|okay|great)[, ]+(?:thanks|thank you|i see|i agree|got it)|thank you (?:very|so) much|thanks a lot)"
)
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("self", r"\bare you (?:an? |really )?(?:ai|bot|human|robot|person|lying|honest|biased|chatgpt|claude|gpt|real|"
         r"trying to|reliable|trustworthy)|trust you|rely on you|who (?:are|made|built) you|"
         r"what are you\b|system prompt|"
         r"your instructions|you (?:been )?(?:told|instructed|programmed|assigned)|were you (?:told|paid|asked)|"
         r"you ever wrong|could you be wrong|can you be wrong|mislead|trick(?:ing)? me|lie to me"),
        ("summary", r"\bsummar|tl;?dr|\bgist\b|main (?:idea|point)s?\b|what(?:'s| is| was) (?:it|this|the (?:text|"
         r"passage|story|article)) (?:all )?about"),
        ("restate", r"question (?:is )?(?:asking|about|mean)|(?:explain|rephrase|understand|reword) the question|"
         r"what am i (?:being )?asked|what is being asked"),
        ("letter", r"\bjust (?:tell|give|say|the)\b|one word|\bonly the letter|short answer|"
         r"no explanation|quick answer"),
        ("where", r"\bwhere\b|\bquot|in the (?:text|passage|article|story)\b|\btext say|passage say|\bevidence\b|"
         r"\bwhich (?:part|line|paragraph|sentence)|\bproof\b|\bprove\b|\bsource\b|\bcite\b|show me"),
        ("sure", r"\bsure\b|\bcertain\b|\bconfiden|how likely|probabilit|^really\b|guarantee|double.?check|positive\?"),
        ("all", r"(?:go|walk|run) (?:me )?through|\beach (?:option|answer|one|choice)|"
         r"all (?:of )?(?:the |four )?(?:options|"
         r"answers|choices)|\beliminat|\brule out\b|other (?:options|answers|choices|ones)|the others\b|\bcompare\b|"
         r"second (?:best|choice)|runner.?up|alternative"),
    )
)  # fmt: skip
_DOUBT = re.compile(
    r"\bwrong\b|\bdisagree|not (?:right|true|correct|convinced|so sure|buying)|n't (?:think so|believe|"
    r"agree|make sense|buy|"
    r"seem right|sound right|convince)|\bnonsense\b|\bincorrect\b|no way|^no\b|^nope\b|mistake|"
    r"contradict|doubt|unconvinc|"
    r"same thing|repeat(?:ing)? yourself|(?:not|n't) (?:an )?answer",
    re.IGNORECASE,
)
_MEANING = re.compile(
    r"\bdefine\b|\bdefinition\b|\bmeaning of\b|what (?:does|do) .+ mean|what(?:'s| is| are) an? |who (?:is|was) "
)
_WHY = re.compile(
    r"\bwhy\b|how come|\bexplain|\breason|how (?:do|did|can) you|elaborat|more detail|tell me more|"
    r"justif|convince|go on|"
    r"\bbecause\?|what makes",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    r"\bwhich\b|\banswer|\bsolve\b|\bhelp\b|\bpick\b|\bchoose\b|what (?:do|would|should) (?:you|i)\b|"
    r"your (?:view|opinion|"
    r"pick|guess|take|choice)|\bhint\b|\bcorrect\b|\bsolution\b|what is it\b|\bthoughts\b|any idea",
    re.IGNORECASE,
)


def understand(text: str, known: Known) -> Ask:
    """The kind of a message. What names nothing of the question and asks for nothing known is off topic."""
    text = " ".join(text.replace("’", "'").split())
    bare = re.sub(r"[^\w' ]", "", text.lower()).strip()
    words = tuple(content_words(text))
    if _GREETING.fullmatch(bare):
        return Ask("greeting", text=text)
    if _AGREE.fullmatch(bare):
        return Ask("agree", text=text)
    named = _named(text, known)
    if len(named) >= 3 or _is_paste(text, known):
        return Ask("answer", (), words, text)
    return Ask(_kind(text, named, words, known), named, words, text)


def _kind(text: str, named: tuple[Option, ...], words: tuple[str, ...], known: Known) -> str:
    stated = _stated(text, known)
    if stated is not None:
        return "agree_with" if stated == known.held else "challenge"
    for kind, pattern in _KINDS:
        if pattern.search(text):
            return kind
    if len(named) == 2:
        return "compare"
    if not text.endswith("?") and _DOUBT.search(text):
        return "challenge"
    if len(named) == 1:
        return "why" if named[0] == known.held and _WHY.search(text) else "option"
    return _open(text, words, known)


def _open(text: str, words: tuple[str, ...], known: Known) -> str:
    """The kind of a message that names no option."""
    if _MEANING.search(text.lower()) and words:
        return "meaning" if _on_topic(words, known) else "off_topic"
    for kind, pattern in (("challenge", _DOUBT), ("why", _WHY), ("answer", _ANSWER)):
        if pattern.search(text):
            return kind
    if not words:
        return "unclear"
    return "topic" if _on_topic(words, known) else "off_topic"


def _named(text: str, known: Known) -> tuple[Option, ...]:
    """The options named by letter or words; where none is, the one whose own words the message mostly uses."""
    by_place = dict(zip(LETTERS, known.options, strict=False))
    named = tuple(by_place[letter] for letter in options_named(text, [option.text for option in known.options]))
    return named or _hinted(text, known)


def _hinted(text: str, known: Known) -> tuple[Option, ...]:
    said = stems(text)
    for option in known.options:
        others = stems(known.question).union(*(stems(other.text) for other in known.options if other != option))
        own = stems(option.text) - others
        if own and len(own & said) >= max(1, 0.5 * len(own)):
            return (option,)
    return ()


def _stated(text: str, known: Known) -> Option | None:
    letter = stated_answer([text], [option.text for option in known.options])
    return known.options[LETTERS.index(letter)] if letter else None


def _is_paste(text: str, known: Known) -> bool:
    """The question itself, or a long piece of text."""
    own = stems(known.question)
    return len(text.split()) > 60 or (len(own) >= 3 and len(own & stems(text)) >= 0.8 * len(own))


def _on_topic(words: tuple[str, ...], known: Known) -> bool:
    said = stems(" ".join(words))
    return bool(said & known.stems or (known.passage and said & known.passage.weight.keys()))
