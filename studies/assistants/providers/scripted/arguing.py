"""What can be said for an option and against another: from the text where there is one, else from the words and numbers
of question and options. Everything is symmetrical: any option can be argued for or against in the same ways."""

import re
from collections.abc import Callable, Iterator

from studies.assistants.providers.scripted import phrases as bank
from studies.assistants.providers.scripted.reading import Known, Option
from studies.assistants.providers.scripted.text import (
    Sentence,
    clip,
    content_words,
    in_quotes,
    phrases,
    stem,
    stems,
)
from studies.assistants.providers.scripted.voice import Voice

_OPPOSITES = """
increase/decrease increases/decreases increased/decreased higher/lower more/less greater/smaller raise/lower rise/fall
rises/falls expand/contract positive/negative before/after early/late first/last always/never faster/slower strong/weak
internal/external inside/outside above/below public/private direct/indirect gain/loss maximum/minimum long/short
open/closed old/new rich/poor buy/sell supply/demand
"""
OPPOSITES = tuple(tuple(pair.split("/")) for pair in _OPPOSITES.split())
SWEEPING = (
    "always",
    "never",
    "only",
    "all",
    "every",
    "none",
    "nothing",
    "everything",
    "entirely",
    "completely",
    "must",
)


class Case:
    """The arguments about one question, in one voice."""

    def __init__(self, known: Known, voice: Voice) -> None:
        self.known = known
        self.voice = voice
        telling = (one for one in phrases(last_part(known.question)) or phrases(known.question) if _telling(one))
        self._focus = list(telling)[:3]

    @property
    def focus(self) -> str:
        """What the question is about, in its own words."""
        if not self._focus:
            return self.voice.source.choice(
                ("what is being asked", "the wording of the question", "the question itself")
            )
        return in_quotes(self.voice.source.choice(self._focus))

    def focus_beside(self, word: str) -> str:
        """The focus, unless that is the word itself."""
        focus = self.focus
        return "the question as a whole" if word.lower() in focus.lower() or focus.lower() in word.lower() else focus

    # -- for -------------------------------------------------------------------------------------------------

    def supports(self, option: Option) -> Iterator[str]:
        """Points for an option, the strongest first."""
        if quote := self.evidence(option):
            yield self._quoted(option, quote)
        ways: tuple[Callable[[Option], str], ...] = (
            self._completes, self._links, self._details, self._exception, self._in_range, self._judges, self._follows,
        )  # fmt: skip
        for way in self.voice.source.sample(ways, len(ways)):
            if point := way(option):
                yield point
        yield self.voice.say(bank.FIT_GENERAL, h=option.short, focus=self.focus)

    def evidence(self, option: Option) -> Sentence | None:
        """The line of the text that comes nearest to the option, not quoted before."""
        passage = self.known.passage
        if passage is None:
            return None
        about, heard = stems(self.known.question), self.voice.heard
        own = passage.nearest(stems(option.text) - about, about, heard)
        return own or passage.nearest(stems(option.text) | about, about, heard)

    def _quoted(self, option: Option, quote: Sentence) -> str:
        line = self.voice.say(bank.QUOTE, quote=in_quotes(quote.text), place=_place(quote))
        shared = _shared(option.text, quote, stems(self.known.question))
        ties = bank.TIE_SHARED if shared else bank.TIE
        return f"{line} {self.voice.say(ties, h=option.short, shared=shared, focus=self.focus)}"

    def _completes(self, option: Option) -> str:
        """Reads the option into an unfinished sentence."""
        ask = last_part(self.known.question)
        if "__" in ask:
            whole = re.sub(r"_{2,}", clip(option.text, 14), ask, count=1)
        elif not ask.rstrip().endswith(("?", ".", "!")):
            whole = f"{ask.rstrip(':').rstrip()} {clip(option.text, 16)}"
        else:
            return ""
        return self.voice.say(bank.COMPLETES, whole=in_quotes(clip(whole, 45)), h=option.short)

    def _links(self, option: Option) -> str:
        """Words that the option takes up from the question; alone among the options or not."""
        asked = stems(self.known.question)
        taken = [word for word in content_words(option.text) if stem(word) in asked]
        others = [stems(other.text) for other in self.known.options if other != option]
        taken = [word for word in taken if not all(stem(word) in other for other in others)]
        if not taken:
            return ""
        alone = not any(stem(taken[0]) in other for other in others)
        return self.voice.say(bank.LINK_ALONE if alone else bank.LINK, h=option.short, w=in_quotes(taken[0]))

    def _details(self, option: Option) -> str:
        """What this option says and no other does."""
        own = self._own_words(option)
        if not own or number(option.text) is not None:
            return ""
        detail = next((one for one in phrases(option.text) if stems(one) & stems(" ".join(own))), own[0])
        return self.voice.say(bank.DETAIL, h=option.short, own=in_quotes(detail), focus=self.focus)

    def _follows(self, option: Option) -> str:
        """From what the question is about to what the option says, and not to what another one says."""
        rival = self.voice.source.choice([other for other in self.known.options if other != option] or [option])
        ours, theirs = phrases(option.text), phrases(rival.text)
        other = next((one for one in theirs if not stems(one) & stems(option.text)), "")
        own = next((one for one in ours if not stems(one) & stems(rival.text)), "")
        if not own or not other or number(option.text) is not None:
            return ""
        return self.voice.say(
            bank.FOLLOWS, h=option.short, own=in_quotes(own), other=in_quotes(other), focus=self.focus
        )

    def _exception(self, option: Option) -> str:
        if not re.search(r"\b(?:NOT|EXCEPT|LEAST|except|incorrect|false)\b", self.known.question):
            return ""
        return self.voice.say(bank.EXCEPTION, h=option.short, n=str(len(self.known.options) - 1))

    def _in_range(self, option: Option) -> str:
        """Where a number lies among the numbers to choose from."""
        values = [number(other.text) for other in self.known.options]
        own = number(option.text)
        if own is None or None in values or len(set(values)) < 3:
            return ""
        order = sorted(self.known.options, key=lambda other: number(other.text) or 0.0)
        at = order.index(option)
        side = "lower" if at == 0 else "upper" if at == len(order) - 1 else "middle"
        ways = {"lower": bank.RANGE_LOW, "upper": bank.RANGE_HIGH, "middle": bank.RANGE_MIDDLE}[side]
        return self.voice.say(ways, h=option.short, low=order[0].words, high=order[-1].words, focus=self.focus)

    def _judges(self, option: Option) -> str:
        """'True, False' read as what it says of two statements."""
        said = verdicts(option.text)
        if len(said) != 2:
            return ""
        return self.voice.say(bank.VERDICTS, h=option.short, one=said[0], two=said[1])

    def _own_words(self, option: Option, against: Option | None = None) -> list[str]:
        others = [against] if against else [other for other in self.known.options if other != option]
        taken = stems(self.known.question).union(*(stems(other.text) for other in others))
        return [word for word in content_words(option.text) if stem(word) not in taken]

    # -- against ---------------------------------------------------------------------------------------------

    def objection(self, rival: Option, held: Option | None) -> str:
        """The best that can be said against an option, in favour of another one where there is one."""
        ways: tuple[Callable[[Option, Option | None], str], ...] = (
            self._by_verdict, self._by_number, self._by_direction, self._by_text, self._by_sweep, self._by_words,
            self._by_length,
        )  # fmt: skip
        for way in ways:
            if point := way(rival, held):
                return point
        return self.voice.say(bank.AGAINST_GENERAL, r=rival.short, focus=self.focus)

    def _by_number(self, rival: Option, held: Option | None) -> str:
        theirs, ours = number(rival.text), number(held.text) if held else None
        if theirs is None or ours is None or held is None or theirs == ours:
            return ""
        if ours and theirs / ours in (2, 0.5, 10, 0.1, -1, 100, 0.01):
            slip = {2: "twice", 0.5: "half", 10: "ten times", 0.1: "a tenth of", -1: "minus", 100: "a hundred times",
                    0.01: "a hundredth of"}[theirs / ours]  # fmt: skip
            return self.voice.say(bank.NUMBER_SLIP, r=rival.short, h=held.short, slip=slip)
        side = bank.NUMBER_HIGH if theirs > ours else bank.NUMBER_LOW
        return self.voice.say(side, r=rival.short, h=held.short)

    def _by_verdict(self, rival: Option, held: Option | None) -> str:
        theirs, ours = verdicts(rival.text), verdicts(held.text) if held else []
        if len(theirs) != 2 or len(ours) != 2 or theirs == ours:
            return ""
        at = 0 if theirs[0] != ours[0] else 1
        return self.voice.say(bank.VERDICT_DIFFERS, r=rival.short, n=str(at + 1), theirs=theirs[at], ours=ours[at])

    def _by_direction(self, rival: Option, held: Option | None) -> str:
        if held is None:
            return ""
        ours, theirs = _lower(held.text), _lower(rival.text)
        if ours == theirs and len(ours) > 3:
            return self.voice.say(bank.SWAPPED, r=rival.short, h=held.short)
        for pair in OPPOSITES:
            for one, other in (pair, pair[::-1]):
                if one in ours and other in theirs and one not in theirs and other not in ours:
                    return self.voice.say(bank.DIRECTION, r=rival.short, h=held.short, theirs=other, ours=one)
        return ""

    def _by_text(self, rival: Option, held: Option | None) -> str:
        passage = self.known.passage
        if passage is None:
            return ""
        about = stems(self.known.question)
        own = stems(" ".join(self._own_words(rival, held))) or stems(rival.text)
        line = passage.nearest(own, about, self.voice.heard)
        if line is None:
            said_before = passage.nearest(own, about) is not None
            return "" if said_before else self.voice.say(bank.NOT_IN_TEXT, r=rival.short)
        topic = next((one for one in phrases(line.text) if not stems(one) & stems(rival.text)), "")
        told = self.voice.say(bank.AGAINST_TEXT, r=rival.short, quote=in_quotes(_short_quote(line.text)))
        ways = bank.BUT_ABOUT if topic else bank.BUT
        return (
            f"{told} {self.voice.say(ways, topic=in_quotes(topic) if topic else '', focus=self.focus, r=rival.short)}"
        )

    def _by_sweep(self, rival: Option, held: Option | None) -> str:
        strong = [word for word in SWEEPING if word in _lower(rival.text) and not (held and word in _lower(held.text))]
        return self.voice.say(bank.SWEEP, r=rival.short, w=strong[0]) if strong else ""

    def _by_words(self, rival: Option, held: Option | None) -> str:
        own = self._own_words(rival, held)
        if not own:
            return ""
        return self.voice.say(bank.AGAINST_WORDS, r=rival.short, own=in_quotes(own[0]), focus=self.focus)

    def _by_length(self, rival: Option, held: Option | None) -> str:
        if held is None or len(rival.text) < 1.6 * len(held.text):
            return ""
        return self.voice.say(bank.TOO_MUCH, r=rival.short)

    def concession(self, rival: Option) -> str:
        """Something fair to say of an option that it does not hold."""
        own = self._own_words(rival)
        if own:
            return self.voice.say(bank.GRANT_WORDS, r=rival.short, own=in_quotes(own[0]))
        return self.voice.say(bank.GRANT, r=rival.short)


def last_part(question: str) -> str:
    """The sentence that asks, after any story that comes before it."""
    parts = [part for part in re.split(r"(?<=[.!?])\s+", question.strip()) if part]
    return parts[-1] if parts and len(parts[-1].split()) >= 4 else question


def number(text: str) -> float | None:
    """The number that the text is, with its unit or sign; None where it is more than that."""
    found = re.fullmatch(r"\D{0,8}?(-?\d[\d,]*(?:\.\d+)?)\s*\D{0,12}", text.strip())
    return float(found[1].replace(",", "")) if found else None


def verdicts(text: str) -> list[str]:
    """'True, False' as its parts; empty for anything else."""
    found = re.fullmatch(r"\s*(true|false)\W+(?:and )?(true|false)\W*", text, re.IGNORECASE)
    return [found[1].lower(), found[2].lower()] if found else []


def _telling(phrase: str) -> bool:
    """Whether a phrase can stand for what a question is about: more than one word, a name, or a long word."""
    return " " in phrase or phrase[0].isupper() or len(phrase) >= 7


def _short_quote(text: str) -> str:
    return text if len(text.split()) <= 30 else clip(text, 28)


def _lower(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))


def _shared(text: str, sentence: Sentence, asked: frozenset[str]) -> str:
    """The longest words that text and sentence have in common, beyond those of the question."""
    common = [word for word in content_words(text) if stem(word) in sentence.stems - asked]
    return " and ".join(in_quotes(word) for word in sorted(common, key=len)[-2:])


def _place(sentence: Sentence) -> str:
    if sentence.place < 0.2:
        return "near the beginning"
    if sentence.place > 0.8:
        return "towards the end"
    return "in the first half" if sentence.place < 0.5 else "in the second half"
