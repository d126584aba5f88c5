"""The words of a reply: one way to answer for each kind of thing that people say."""

import hashlib
import itertools
import random
import re
from collections.abc import Callable, Sequence

from studies.assistants.base import ModelRequest
from studies.assistants.providers.scripted import phrases as bank
from studies.assistants.providers.scripted import smalltalk
from studies.assistants.providers.scripted.arguing import Case
from studies.assistants.providers.scripted.asking import Ask, understand
from studies.assistants.providers.scripted.delivery import Written
from studies.assistants.providers.scripted.reading import Known, Option, knows
from studies.assistants.providers.scripted.settings import Settings
from studies.assistants.providers.scripted.text import in_quotes, phrases, stems
from studies.assistants.providers.scripted.voice import Voice

POINTS = {"short": 1, "normal": 2, "long": 3}
_CHANGED = re.compile(r"change my answer to ([A-J])\b")


def write(request: ModelRequest, settings: Settings, source: random.Random) -> Written:
    """The reply to the last turn of the talk. The same request, settings and seed give the same words."""
    known = _after_giving_in(knows(request), request)
    return _Reply(known, settings, Voice(request, source)).to(request)


def _after_giving_in(known: Known, request: ModelRequest) -> Known:
    """What it holds since it last changed its answer in this talk."""
    said = [turn.text for turn in request.turns if turn.role == "assistant"]
    changes = [letter for text in said for letter in _CHANGED.findall(text)]
    now = next((option for option in known.options if changes and option.letter == changes[-1]), None)
    return known if now is None else _holding(known, now)


def _holding(known: Known, option: Option) -> Known:
    return Known(known.question, known.options, known.passage, option, option.letter, known.was_shown)


class _Reply:
    """One reply in the making. `_quote` is the sentence that recommends, as it stands in the text."""

    def __init__(self, known: Known, settings: Settings, voice: Voice) -> None:
        self.known = known
        self.settings = settings
        self.voice = voice
        self.case = Case(known, voice)
        self._quote = ""

    def to(self, request: ModelRequest) -> Written:
        last = next((turn.text for turn in reversed(request.turns) if turn.role == "participant"), "")
        ask = understand(last, self.known)
        text = "\n\n".join(part for part in self._parts(ask) if part)
        quote = self._quote if self._quote in text else ""
        return Written(text, self.known.held_shown if quote else None, quote or None)

    def _parts(self, ask: Ask) -> Sequence[str]:
        if ask.kind in ("greeting", "self", "off_topic", "unclear", "agree"):
            return self._social(ask)
        if not self.known.options:
            return [self._say(smalltalk.LACKS_OPTIONS if self.known.question else smalltalk.LACKS_ALL)]
        if self.known.held is None:
            return self._undecided(ask)
        answer: Callable[[Ask, Option], Sequence[str]] = getattr(self, f"_on_{ask.kind}")
        return answer(ask, self.known.held)

    def _say(self, sentences: Sequence[str], **slots: str) -> str:
        return self.voice.say(sentences, **{"focus": self.case.focus, **slots})

    def _recommend(self, sentences: Sequence[str], held: Option) -> str:
        """A sentence that recommends; the last one of the reply is its evidence."""
        repeats = 0.6 if len(held.text.split()) <= 8 else 0.2
        self._quote = self._say(sentences, h=held.full if self.voice.maybe(repeats) else held.short)
        return self._quote

    def _stance(self, held: Option) -> str:
        self._quote = self._say(bank.STANCE, h=held.full)
        return self._quote

    def _points(self, held: Option, more: int = 0) -> str:
        wanted = max(1, POINTS[self.settings.verbosity] + more)
        return " ".join(itertools.islice(self.case.supports(held), wanted))

    def _rival(self, held: Option | None) -> Option:
        """The strongest other option: the one that shares most words with question and held option."""
        near = stems(self.known.question) | stems(held.text if held else "")
        rivals = [option for option in self.known.options if option != held]
        return max(rivals, key=lambda option: (len(stems(option.text) & near), option.text))

    # -- kinds -----------------------------------------------------------------------------------------------

    def _on_answer(self, ask: Ask, held: Option) -> Sequence[str]:
        first = self._stance(held) if held.words not in self.voice.said else self._recommend(bank.STAY, held)
        against = self.case.objection(self._rival(held), held) if self.settings.verbosity != "short" else ""
        parts = [f"{first} {self._points(held, -1)}", against]
        if not self.known.was_shown and self.known.passage is None and _needs_text(self.known.question):
            parts.append(self._say(smalltalk.LACKS_TEXT))
        return parts

    def _on_why(self, ask: Ask, held: Option) -> Sequence[str]:
        if held.words not in self.voice.said:  # who asks "which, and why?" at first wants both
            return self._on_answer(ask, held)
        body = f"{self._say(bank.OPEN_WHY)} {self._points(held)}"
        return [body, self._recommend(bank.STAY, held) if self.voice.maybe(0.6) else ""]

    def _on_letter(self, ask: Ask, held: Option) -> Sequence[str]:
        self._quote = self._say(bank.LETTER_ONLY, h=held.full)
        return [self._quote]

    def _on_sure(self, ask: Ask, held: Option) -> Sequence[str]:
        percent = 65 + int(hashlib.sha256(f"{self.known.question}{held.text}".encode()).hexdigest(), 16) % 24
        sure = self._say(bank.SURE, p=str(percent))
        rival = self._rival(held)
        doubt = self._say(bank.SURE_WHY, r=rival.full)
        parts = [f"{sure} {doubt} {self.case.objection(rival, held)}", self._recommend(bank.STAY, held)]
        return parts if self.settings.verbosity != "short" else [sure, self._recommend(bank.STAY, held)]

    def _on_challenge(self, ask: Ask, held: Option) -> Sequence[str]:
        rival = next((option for option in ask.options if option != held), None)
        if rival and rival.letter and self.voice.maybe(self.settings.gives_in):
            return self._give_in(rival)
        if self.voice.maybe(self.settings.concedes):
            granted = self.case.concession(rival) if rival else self._say(bank.GRANT_OPEN)
            return [f"{granted} {self._points(held, -1)}", self._recommend(bank.STAY, held)]
        if rival is None:
            return [f"{self._say(bank.FIRM)} {self._points(held)}", self._recommend(bank.STAY, held)]
        firm = f"{self._say(bank.FIRM_RIVAL, r=rival.full)} {self.case.objection(rival, held)}"
        return [firm, f"{self._points(held, -1)} {self._recommend(bank.STAY, held)}"]

    def _give_in(self, rival: Option) -> Sequence[str]:
        granted = self.case.concession(rival)
        self.known = _holding(self.known, rival)
        self._quote = self._say(bank.GIVE_IN, r=rival.full)
        return [f"{granted} {next(self.case.supports(rival))}", self._quote]

    def _on_option(self, ask: Ask, held: Option) -> Sequence[str]:
        option = ask.options[0]
        if option == held:
            yes = f"{self._say(bank.OPTION_HELD)} {self._points(held)}"
            return [yes, self._recommend(bank.STAY, held)]
        no = f"{self._say(bank.OPTION_RIVAL)} {self.case.objection(option, held)}"
        return [no, f"{self._points(held, -1)} {self._recommend(bank.STAY, held)}"]

    def _on_compare(self, ask: Ask, held: Option) -> Sequence[str]:
        one, two = ask.options[:2]
        opening = self._say(bank.COMPARE, a=one.short, b=two.short)
        if held not in (one, two):
            against = f"{self.case.objection(one, held)} {self.case.objection(two, held)}"
            return [f"{self._say(bank.COMPARE_RIVALS)} {against}", self._recommend(bank.STAY, held)]
        rival = two if one == held else one
        return [
            f"{opening} {self.case.objection(rival, held)} {self._points(held, -1)}",
            self._recommend(bank.STAY, held),
        ]

    def _on_all(self, ask: Ask, held: Option) -> Sequence[str]:
        lines = []
        for option in self.known.options:
            said = next(self.case.supports(held)) if option == held else self.case.objection(option, held)
            lines.append(f"- {option.full}: {said}")
        return [self._say(bank.ALL), "\n".join(lines), self._recommend(bank.STAY, held)]

    def _on_where(self, ask: Ask, held: Option) -> Sequence[str]:
        if self.known.passage is None:
            return [f"{self._say(bank.NO_TEXT)} {self._points(held, -1)}", self._recommend(bank.STAY, held)]
        return [f"{self._say(bank.WHERE)} {self._points(held, -1)}", self._recommend(bank.STAY, held)]

    def _on_summary(self, ask: Ask, held: Option) -> Sequence[str]:
        return [self._summary(), self._recommend(bank.STAY, held) if self.voice.maybe(0.3) else ""]

    def _on_restate(self, ask: Ask, held: Option) -> Sequence[str]:
        return [self._restated()]

    def _on_meaning(self, ask: Ask, held: Option) -> Sequence[str]:
        return self._in_place(ask, bank.MEANING, held)

    def _on_topic(self, ask: Ask, held: Option) -> Sequence[str]:
        return self._in_place(ask, bank.TOPIC, held)

    def _in_place(self, ask: Ask, sentences: Sequence[str], held: Option) -> Sequence[str]:
        about = self._about(ask, sentences)
        return (
            [f"{about} {self._recommend(bank.TOPIC_SO, held)}"]
            if about
            else self._social(Ask("off_topic", (), ask.words))
        )

    def _on_agree_with(self, ask: Ask, held: Option) -> Sequence[str]:
        return [f"{self._say(bank.AGREE_WITH)} {self._points(held, -1)}", self._recommend(bank.STAY, held)]

    # -- what needs no view ----------------------------------------------------------------------------------

    def _about(self, ask: Ask, sentences: Sequence[str]) -> str:
        """What the text says on the person's words, else a remark on one that is in the question; '' without any."""
        wanted = stems(" ".join(ask.words))
        passage = self.known.passage
        line = passage.nearest(wanted, stems(self.known.question), self.voice.heard) if passage else None
        if line:
            return self._say(bank.TOPIC_TEXT, quote=in_quotes(line.text))
        asked = [phrase for phrase in phrases(ask.text) if stems(phrase) & self.known.stems]
        if not asked:
            return ""
        word = in_quotes(asked[0])
        return self._say(sentences, w=word, focus=self.case.focus_beside(word))

    def _summary(self) -> str:
        passage = self.known.passage
        if passage is None or len(passage.sentences) < 6:
            return self._restated()
        about = stems(self.known.question)
        third = len(passage.sentences) // 3
        chosen = []
        for start in (0, third, 2 * third):
            part = [one for one in passage.sentences[start : start + third] if one.text not in self.voice.said]
            part = part or list(passage.sentences[start : start + third])
            chosen.append(in_quotes(max(part, key=lambda one: (len(one.stems & about), len(one.stems))).text))
        return self._say(bank.SUMMARY, first=chosen[0], middle=chosen[1], last=chosen[2])

    def _restated(self) -> str:
        """The question in other words, and what is at stake between the answers."""
        one, other = self.voice.source.sample(self.known.options, 2)
        return self._say(bank.RESTATE, one=one.full, other=other.full)

    def _undecided(self, ask: Ask) -> Sequence[str]:
        """Without a view (or without the option that it would hold) it helps to weigh and recommends nothing."""
        if not self.known.was_shown and ask.kind in ("answer", "option", "compare"):
            return [self._say(smalltalk.NONE_OF_THESE)]
        option = ask.options[0] if ask.options else self.voice.source.choice(self.known.options)
        if ask.kind in ("summary", "restate"):
            return [self._summary() if ask.kind == "summary" else self._restated(), self._say(smalltalk.NO_VIEW_MORE)]
        view = self._say(smalltalk.NO_VIEW)
        return [f"{view} {self.case.objection(option, None)}", self._say(smalltalk.NO_VIEW_MORE)]

    def _social(self, ask: Ask) -> Sequence[str]:
        word = in_quotes(max(ask.words, key=len)) if ask.words else "that"
        if not self.known.question and not self.known.options:
            opening = {"self": smalltalk.SELF, "agree": smalltalk.AGREE}.get(ask.kind)
            return [f"{self._say(opening)} " if opening else "", self._say(smalltalk.LACKS_ALL)]
        if ask.kind == "agree":
            rival = self._rival(self.known.held).short if self.known.options else "that"
            return [f"{self._say(smalltalk.AGREE)} {self._say(smalltalk.AGREE_MORE, r=rival)}"]
        if ask.kind == "off_topic":
            return [f"{self._say(smalltalk.OFF_TOPIC, w=word)} {self._say(smalltalk.OFF_TOPIC_BACK)}"]
        return [self._say({"greeting": smalltalk.GREETING, "self": smalltalk.SELF}.get(ask.kind, smalltalk.UNCLEAR))]


def _needs_text(question: str) -> bool:
    return bool(re.search(r"\b(?:passage|text|author|story|article|narrator|according to)\b", question, re.IGNORECASE))
