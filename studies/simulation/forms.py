"""What a simulated person ticks, chooses and types on the forms. Pure."""

from collections.abc import Iterable

from studies.domain.protocol import Comprehension, Consent, Protocol, Question
from studies.simulation.person import Person, pick

TAKES_OPTIONAL, UNDERSTANDS, NEEDS_TIME = 0.85, 0.93, 0.04
COMMENTS = (
    "The assistant sounded very sure of itself.",
    "Some of the questions were hard in the time given.",
    "Interesting, thank you.",
    "I was not always certain whether to believe it.",
)


def consent_answers(person: Person, consent: Consent) -> dict[str, bool]:
    return {item.key: item.required or person.happens(TAKES_OPTIONAL, "consent", item.key) for item in consent.items}


def multiplier(person: Person, protocol: Protocol) -> float:
    offered = protocol.clock.time_multipliers
    return pick(person.source("multiplier"), offered) if offered and person.happens(NEEDS_TIME, "needs time") else 1.0


def comprehension(person: Person, rules: Comprehension, attempt: int) -> dict[str, str]:
    """Mostly right; wrong ones are uniform over the other answers."""
    answers: dict[str, str] = {}
    for question in rules.questions:
        right = person.happens(UNDERSTANDS, "comprehension", question.key, attempt)
        others = [option for option in question.options if option != question.answer]
        source = person.source("comprehension wrong", question.key, attempt)
        answers[question.key] = question.answer if right else pick(source, others)
    return answers


def answers(person: Person, form: str, questions: Iterable[Question]) -> dict[str, str]:
    """An answer to every question that must have one, and to some of the others."""
    given = {question.key: _answer(person, form, question) for question in questions}
    return {key: value for key, value in given.items() if value}


def _answer(person: Person, form: str, question: Question) -> str:
    source = person.source(form, question.key)
    if not question.required and source.random() < 0.6:
        return ""
    if question.kind == "scale" and question.options:
        middle = person.traits.trust * (len(question.options) - 1) + source.gauss(0, 0.8)
        return question.options[min(len(question.options) - 1, max(0, round(middle)))]
    if question.options:
        return question.options[0] if source.random() < 0.8 else pick(source, question.options)
    return str(source.randint(18, 70)) if question.kind == "number" else pick(source, COMMENTS)
