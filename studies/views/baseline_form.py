"""What a researcher chooses for model-only runs, and the plans that this makes."""

from collections.abc import Iterator
from typing import Any

from django import forms

from studies.domain.baselines import FIRST_REPLY
from studies.domain.protocol import Assistant, Protocol
from studies.models import Dataset
from studies.services.baseline_plans import Plan, at_once

SAMPLES = 20  # of self_consistency, as in the founding study
MOST_SHOTS = 50
METHOD_WORDS = {
    FIRST_REPLY: "As deployed: the assistant's own prompt and strategy, the question pasted, its first reply",
    "zero_shot": "Zero-shot: the letter at once",
    "few_shot": "Few-shot: the letter after worked examples",
    "chain_of_thought": "Chain of thought: reasoning first, then the single, most likely answer",
    "self_consistency": "Self-consistency: a vote over several chains of thought",
    "stated_probability": "Stated probability for every option",
    "p_true": "P(True): an answer, then how probably it is true",
}
ORDER_WORDS = {
    "stored": "As stored",
    "drawn": "Drawn for each item",
    "cyclic": "Every cyclic order, averaged (as many requests as there are options)",
}
OWN = "study"


class BaselineForm(forms.Form):
    """One run for each assistant, method and number of examples."""

    assistants = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple)
    material = forms.ChoiceField(widget=forms.RadioSelect)
    methods = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, choices=list(METHOD_WORDS.items()))
    shots = forms.CharField(label="Worked examples of few-shot", initial="5", required=False)
    samples = forms.IntegerField(label="Samples of self-consistency", min_value=2, max_value=200, initial=SAMPLES)
    repeats = forms.IntegerField(label="Answers per item", min_value=1, max_value=200, initial=1)
    order = forms.ChoiceField(widget=forms.RadioSelect, choices=list(ORDER_WORDS.items()), initial="stored")
    cap_usd = forms.DecimalField(label="USD", min_value=0, max_digits=12, decimal_places=6, required=False)
    cap_tokens = forms.IntegerField(label="Tokens", min_value=1, required=False)
    again = forms.BooleanField(label="Ask anew where such a run is there already", required=False)

    def __init__(self, data: Any, *, protocol: Protocol, own_items: int, datasets: list[tuple[Dataset, int]]) -> None:
        names = list(protocol.assistants)
        own = [(OWN, f"The study's own ({own_items})")] if own_items else []
        whole = [(dataset.name, f"All of {dataset.name} ({size:,})") for dataset, size in datasets]
        first = (own or whole or [("", "")])[0][0]
        super().__init__(data, initial={"assistants": names, "material": first, "methods": [FIRST_REPLY]})
        self.protocol = protocol
        choices: dict[str, list[tuple[str, str]]] = {
            "assistants": [(name, _about(name, rules)) for name, rules in protocol.assistants.items()],
            "material": own + whole,
        }
        for name, values in choices.items():
            self.fields[name].choices = values  # type: ignore[attr-defined]

    def clean_shots(self) -> list[int]:
        parts = str(self.cleaned_data["shots"]).replace(",", " ").split()
        if any(not part.isdecimal() or not 1 <= int(part) <= MOST_SHOTS for part in parts):
            raise forms.ValidationError(f"Numbers from 1 to {MOST_SHOTS} with commas between them, such as 1, 5.")
        return sorted({int(part) for part in parts})

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if "few_shot" in given.get("methods", []) and given.get("shots") == []:
            self.add_error("shots", "Say how many examples the few-shot runs have.")
        return given

    def plans(self) -> Iterator[tuple[str, Assistant, Plan]]:
        """Every run that was asked for. A scripted assistant answers at once: nobody waits for it here."""
        given = self.cleaned_data
        for name in given["assistants"]:
            rules = self.protocol.assistants[name]
            for method in given["methods"]:
                for shots in given["shots"] if method == "few_shot" else [0]:
                    yield name, at_once(rules) if rules.provider == "scripted" else rules, self._plan(method, shots)

    def _plan(self, method: str, shots: int) -> Plan:
        given = self.cleaned_data
        return Plan(
            comparator="as_deployed" if method == FIRST_REPLY else "benchmark",
            method=method,
            shots=shots,
            order=given["order"],
            repeats=given["samples"] if method == "self_consistency" else given["repeats"],
            cap_usd=given["cap_usd"],
            cap_tokens=given["cap_tokens"],
        )


def _about(name: str, rules: Assistant) -> str:
    model = str(rules.settings.get("model", "")) or rules.provider
    return f"{name} ({model}, {rules.strategy})"


class CapsForm(forms.Form):
    """Other caps for a run that is open."""

    cap_usd = forms.DecimalField(min_value=0, max_digits=12, decimal_places=6, required=False)
    cap_tokens = forms.IntegerField(min_value=1, required=False)
