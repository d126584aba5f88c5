"""What a model is asked in a model-only run: the requests of one question, from its row."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

from studies.assistants import registry
from studies.assistants.base import Intent, ModelRequest, Shared, Situation, Turn, steps_of
from studies.assistants.prompts import prompt_sha256, prompt_text
from studies.domain.answers import LETTERS, to_shown
from studies.domain.baselines import METHODS, posed, with_examples
from studies.domain.protocol import Assistant
from studies.domain.randomisation import derive_seed
from studies.domain.transcript import shown_options
from studies.models import BaselineAnswer, BaselineRun
from studies.queries.baseline_briefs import draws_targets
from studies.queries.baselines import Example
from studies.services.briefs import belief_of


@dataclass(frozen=True)
class Question:
    """A row that is to be asked, with the worked examples that stand before it."""

    row: BaselineAnswer
    examples: tuple[Example, ...] = ()

    @property
    def options(self) -> list[str]:
        """In the order in which the model is shown them."""
        return shown_options(self.row.item.options, self.row.choice_order)


def requests_of(run: BaselineRun, question: Question) -> Generator[ModelRequest, str, None]:
    """The requests of a question; each yield is sent the words that came. Raises ValueError (as its strategy does)."""
    if run.comparator == "as_deployed":
        yield from _as_in_a_trial(run, question)
    else:
        yield from _by_method(run, question)


def _by_method(run: BaselineRun, question: Question) -> Generator[ModelRequest, str, None]:
    method, item = METHODS[run.method], question.row.item
    asked = posed(item.question, question.options, item.passage.text if item.passage else "")
    text = f"{with_examples(asked, question.examples)}\n\n{prompt_text(method.ask).strip()}"
    shared, turns = Shared(item.question, tuple(question.options)), (Turn("participant", text),)
    first = ModelRequest(
        system=prompt_text("baseline.v1").strip(),
        prompt_sha256=prompt_sha256(method.ask),
        letters=LETTERS[: len(question.options)] if method.letters else "",
        **vars(replace(_situation(run, question.row), shared=shared, turns=turns)),
    )
    said = yield first
    if method.then and said.strip():
        more = (Turn("assistant", said), Turn("participant", prompt_text(method.then).strip()))
        yield replace(first, turns=(*turns, *more), reply=2)


def _as_in_a_trial(run: BaselineRun, question: Question) -> Generator[ModelRequest, str, None]:
    """What the study shares is shared, and the person has pasted the question: all calls of the first reply."""
    rules, item = run.assistant_rules, question.row.item
    asks = "question" in rules.sees
    situation = replace(
        _situation(run, question.row),
        shared=Shared(
            question=item.question if asks else None,
            options=tuple(question.options) if asks else None,
            passage=item.passage.text if item.passage and "passage" in rules.sees else None,
        ),
        turns=(Turn("participant", posed(item.question, question.options)),),
    )
    strategy = registry.strategy(rules.strategy)
    steps = steps_of(strategy, strategy.request(situation), show_all=False)
    step = next(steps)
    while True:
        said = yield step.request
        try:
            step = steps.send(said)
        except StopIteration:
            return


def _situation(run: BaselineRun, row: BaselineAnswer) -> Situation:
    item = row.item
    return Situation(
        intent=_intent(run, row),
        seed=derive_seed(run.seed, "baseline", item.content_sha256, row.repeat, row.choice_order),
        max_tokens=run.max_tokens,
        options=_settings(run.assistant_rules),
        item=f"{item.dataset.name}/{item.key}",
    )


def _settings(rules: Assistant) -> dict[str, Any]:
    """A provider's own retries are left out: here every attempt is counted."""
    retries = "max_retries" in registry.provider(rules.provider).Settings.model_fields
    return {**rules.settings, "max_retries": 0} if retries else rules.settings


def _intent(run: BaselineRun, row: BaselineAnswer) -> Intent:
    """The belief of its trials for an honest assistant without a model; for an assigned one the target that was drawn
    when the run was planned."""
    item, rules, letter = row.item, run.assistant_rules, ""
    if not item.is_decided:
        return Intent()
    if draws_targets(run.comparator, rules):
        letter = row.brief.get("target", "")
    elif registry.provider(rules.provider).needs_belief:
        honest = rules.model_copy(update={"strategy": "honest"})
        letter = belief_of(study_seed=run.study_seed, assistant=run.assistant, rules=honest, item=item)
    if not letter:
        return Intent()
    return Intent(to_shown(row.choice_order, letter), item.options[LETTERS.index(letter)])
