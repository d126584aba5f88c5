"""Words, phrases and sentences of a text, as far as a program without a model can tell them apart."""

import itertools
import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

_STOP_WORDS = """
    a about above after again against all almost also although am among an and another any are around as at away back
    be became because been before being below best between both but by came can could did do does doing done down during
    each either else ever every few following for from get gets give given go goes going got had has have having he her
    here hers herself him himself his how however i if in into is it its itself just know known last least let like made
    make makes many may me might more most mostly much must my myself never no nor not now of off often on once one only
    onto or other others our out over own part per please put rather really said same say says see seem seemed seems
    several shall she should since so some something such take than that the their them themselves then there these they
    thing things this those though through thus to together too toward two under until up upon us use used uses using
    very was way we well went were what when where whether which while who whom whose why will with within without would
    yes yet you your yours likely true false correct answer answers option options question statement statements text
    passage author according best describes describe main best think mean means tell"""
STOP = frozenset(_STOP_WORDS.split())
WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*[A-Za-z]|\d[\d.,]*\d|\d|[A-Za-z]")
_ABBREVIATION = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|No|vs|etc|e\.g|i\.e|[A-Z]))\.$")
_QUOTABLE = range(6, 41)  # words


def stem(word: str) -> str:
    """A rough stem, so that 'relies' and 'rely' or 'networks' and 'network' meet."""
    word = word.lower().replace("’", "'").removesuffix("'s")
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("ly", ""), ("es", "e"), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)] + instead
            break
    return word.rstrip("e") if len(word) > 3 else word


def content_words(text: str) -> list[str]:
    """The words that carry the meaning, as written, each once."""
    found: dict[str, str] = {}
    for word in WORD.findall(text):
        if word.lower() not in STOP and (len(word) > 2 or word[0].isdigit()):
            found.setdefault(stem(word), word)
    return list(found.values())


@lru_cache(maxsize=4096)
def stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in content_words(text))


def phrases(text: str) -> list[str]:
    """Runs of up to four words that carry meaning, the longest and rarest first."""
    runs: list[list[str]] = [[]]
    for token in re.findall(r"[A-Za-z0-9][\w'’%-]*|[^\w\s]", text):
        if token[0].isalnum() and token.lower() not in STOP and len(token) > 2:
            runs[-1].append(token)
        else:
            runs.append([])
    found = dict.fromkeys(" ".join(run[:4]) for run in runs if run)
    return sorted(found, key=lambda run: (-min(3, len(run.split())), -len(run)))


def clip(text: str, words: int) -> str:
    """The first words of a text that is too long to be repeated whole."""
    text = " ".join(text.split()).strip()
    parts = text.split(" ")
    return text.rstrip(".") or text if len(parts) <= words + 2 else " ".join(parts[:words]).rstrip(",;:") + " …"


def in_quotes(text: str) -> str:
    """Quoted, its words untouched; as code where Markdown would read its signs as layout."""
    if re.search(r"[*_<>\[\]#|\\^`]", text) and "`" not in text and "\n" not in text:
        return f"`{text}`"
    if text[:1] + text[-1:] in ('""', "“”") and not re.search('["“”]', text[1:-1]):
        text = text[1:-1]
    return f'"{text}"' if "“" in text or "”" in text else f"“{text}”"


@dataclass(frozen=True)
class Sentence:
    """A sentence as it stands in the text (spaces evened out), and its place from 0 (start) to 1 (end)."""

    text: str
    stems: frozenset[str]
    place: float


@dataclass(frozen=True)
class Passage:
    """A text in its quotable sentences, and how telling each stem is in it."""

    sentences: tuple[Sentence, ...]
    weight: dict[str, float]

    def nearest(self, wanted: frozenset[str], also: frozenset[str] = frozenset(), skip: str = "") -> Sentence | None:
        """The sentence that shares most with `wanted`, and then with `also`; None where none shares anything.

        Sentences that stand in `skip` already are passed over.
        """
        best, most = None, 0.0
        for sentence in self.sentences:
            own = self._worth(sentence.stems & wanted)
            worth = (own + 0.5 * self._worth(sentence.stems & also)) / (8 + len(sentence.stems)) ** 0.5
            if own and worth > most and sentence.text[:60] not in skip:
                best, most = sentence, worth
        return best

    def _worth(self, shared: frozenset[str]) -> float:
        return sum(self.weight.get(one, 0.0) for one in shared)


@lru_cache(maxsize=64)
def read_passage(text: str) -> Passage:
    """Cached: a passage is read once for all the replies about it."""
    whole = _sentences(text)
    count = Counter(one for sentence in whole for one in stems(sentence))
    weight = {one: math.log(1 + len(whole) / times) for one, times in count.items()}
    quotable = [
        Sentence(sentence, stems(sentence), at / max(1, len(whole) - 1))
        for at, sentence in enumerate(whole)
        if len(sentence.split()) in _QUOTABLE
    ]
    return Passage(tuple(quotable), weight)


def _sentences(text: str) -> list[str]:
    found: list[str] = []
    for paragraph in re.split(_between_paragraphs(text), text):
        start = 0
        paragraph = " ".join(paragraph.split())
        for end in re.finditer(r"[.!?]+[\"”’')]*(?=\s|$)", paragraph):
            piece = paragraph[start : end.end()]
            if not _ABBREVIATION.search(piece):
                found.append(_bare(piece))
                start = end.end()
        found.append(_bare(paragraph[start:]))
    return [sentence for sentence in found if sentence]


def _between_paragraphs(text: str) -> str:
    """An empty line where lines are wrapped (many go on in lower case), else the end of any line."""
    lines = [line.strip() for line in text.splitlines()]
    follow = [below for above, below in itertools.pairwise(lines) if above and below]
    wrapped = sum(line[0].islower() for line in follow) > 0.2 * len(follow)
    return r"\n\s*\n" if wrapped else r"\n"


def _bare(sentence: str) -> str:
    """Without a quotation mark that has no partner."""
    sentence = sentence.strip()
    if sentence.count('"') % 2:
        sentence = sentence.strip('"').strip() if sentence[0] == '"' or sentence[-1] == '"' else sentence
    if sentence.count("“") != sentence.count("”"):
        sentence = sentence.strip("“”").strip()
    return sentence
