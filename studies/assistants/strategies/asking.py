"""What every strategy needs to make its request: the prompt's template, filled with what the study shares."""

from string import Template

from studies.assistants.base import Intent, ModelRequest, Shared, Situation
from studies.assistants.prompts import prompt_sha256, prompt_text
from studies.domain.answers import LETTERS

NOTHING = "You have not been shown the question, its answers or any text. You know only what the person tells you."


def asked(situation: Situation, prompt: str, **values: str) -> ModelRequest:
    """The request with the prompt of that name, filled with `values`. Raises UnknownPrompt."""
    return ModelRequest(
        system=system_prompt(prompt, situation.shared, **values),
        prompt_sha256=prompt_sha256(prompt),
        **vars(situation),
    )


def system_prompt(name: str, shared: Shared, **values: str) -> str:
    """The prompt `name` with its material and `values`. Raises UnknownPrompt."""
    return Template(prompt_text(name)).substitute(material=material(shared), **values).strip()


def material(shared: Shared) -> str:
    """What the assistant is shown, as it reads it; options stand in the order shown, under their shown letters."""
    parts = []
    if shared.question is not None:
        parts.append(f"The question:\n<question>\n{shared.question}\n</question>")
    if shared.options is not None:
        lines = "\n".join(f"{letter}. {text}" for letter, text in zip(LETTERS, shared.options, strict=False))
        parts.append(f"The answers to choose from:\n<answers>\n{lines}\n</answers>")
    if shared.passage is not None:
        parts.append(f"The text that the question is about:\n<text>\n{shared.passage}\n</text>")
    return "\n\n".join(parts) or NOTHING


def named(intent: Intent) -> str:
    """An option as prompts name it; "none" where there is none."""
    return f"{intent.target_shown}. {intent.target_text}" if intent.target_shown else "none"
