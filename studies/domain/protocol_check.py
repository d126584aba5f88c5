"""From the text of a study file to its types, or to every fault that it has: each with its key and what is allowed."""

import difflib
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from studies.domain.protocol import Assistant, Protocol

FREE_RULES = frozenset({"failed_attention", "zero_turns"})  # exclusion rules that need no value

# Planned, and refused by name until they are built: key pattern, value (None: any).
NOT_BUILT: tuple[tuple[str, str | None], ...] = (
    ("bonus.rule", "brier"),
    ("bonus.rule", "log"),
    ("design.arm_order", "latin_square"),
    ("rounds", None),
    ("chat.rounds", None),
    ("confidence.scale", "all_options"),
    ("assistants.*.strategy", "debate"),
)


PLACEHOLDER = re.compile(r"CHANGE[-:]|change-me@")


@dataclass(frozen=True)
class Names:
    """What the assistants' registry offers: the domain itself knows no provider."""

    providers: tuple[str, ...] = ()
    strategies: tuple[str, ...] = ()
    misleading: tuple[str, ...] = ()
    needs_question: tuple[str, ...] = ()
    settings: Mapping[str, type[BaseModel]] = field(default_factory=dict)


def parse(toml_text: str, *, names: Names) -> tuple[Protocol | None, list[str]]:
    """The protocol (None where it can't be built) and every fault."""
    try:
        document = tomllib.loads(toml_text)
    except tomllib.TOMLDecodeError as error:
        return None, [f"the file is not valid TOML: {error}"]
    except RecursionError:
        return None, ["the file is not valid TOML: its lists or tables are nested too deeply"]
    early = not_built(document) + unstorable(document)
    try:
        protocol = Protocol.model_validate(document)
    except ValidationError as error:
        told = {fault.split(":")[0] for fault in early}
        found = [sentence(detail) for detail in error.errors()]
        return None, early + [fault for fault in found if fault.split(":")[0] not in told]
    return protocol, early + cross_faults(protocol, names)


def not_built(document: Mapping[str, Any]) -> list[str]:
    """The settings of this file that are planned and not there yet."""
    faults = []
    for pattern, value in NOT_BUILT:
        for key, given in _at(document, pattern.split("."), ""):
            if value is None or given == value:
                shown = f" = {given!r}" if value is not None else ""
                faults.append(f"{key}: {pattern.split('.')[-1]}{shown} is not built yet")
    return faults


def unstorable(document: Mapping[str, Any]) -> list[str]:
    """Texts and names with control characters, which no database and no page can hold."""
    return [
        f"{key}: contains the control character U+{ord(letter):04X}"
        for key, text in _texts(document, "", names=True)
        for letter in sorted(set(text) - {"\n", "\t"})
        if unicodedata.category(letter) == "Cc"
    ]


def placeholders(document: Mapping[str, Any]) -> list[str]:
    """What has been left as a preset had it, each with its key. These are no faults: a trial run may keep them."""
    return [
        f"{key}: {text!r} stands where the preset wants your own words"
        for key, text in _texts(document, "")
        if PLACEHOLDER.match(text)
    ]


def _texts(node: Any, key: str, *, names: bool = False) -> Iterator[tuple[str, str]]:
    """Every text in a document with its key; with `names` the names in it too."""
    if isinstance(node, str):
        yield key, node
    elif isinstance(node, Mapping):
        for name, inner in node.items():
            shown = name if name.isprintable() else repr(name)
            here = f"{key}.{shown}" if key else shown
            if names:
                yield here, name
            yield from _texts(inner, here, names=names)
    elif isinstance(node, list):
        for place, inner in enumerate(node):
            yield from _texts(inner, f"{key}[{place}]", names=names)


def _at(node: Any, path: list[str], key: str) -> list[tuple[str, Any]]:
    """Every value that the path leads to, `*` for any name, with its full key."""
    if not path:
        return [(key, node)]
    if not isinstance(node, Mapping):
        return []
    names = list(node) if path[0] == "*" else [path[0]] if path[0] in node else []
    return [found for name in names for found in _at(node[name], path[1:], f"{key}.{name}" if key else name)]


def sentence(detail: ErrorDetails) -> str:
    """A fault of the types in plain words, with its key as the file spells it."""
    key = spelled(detail["loc"])
    kind, context, given = detail["type"], detail.get("ctx") or {}, detail.get("input")
    if kind == "extra_forbidden":
        return f"{key}: there is no such setting{_guess(detail['loc'])}"
    if kind == "missing":
        return f"{key}: is missing"
    if kind == "literal_error":
        return f"{key}: {given!r} is not allowed; allowed: {context.get('expected', '')}"
    if kind == "string_pattern_mismatch":
        return f"{key}: {given!r} does not have the form {context.get('pattern')}"
    words = detail["msg"][0].lower() + detail["msg"][1:]
    return f"{key}: {words.replace('input should', 'should')}; given: {given!r}"


def spelled(location: tuple[int | str, ...]) -> str:
    """`tasks[0].time_limit_seconds`; the names that pydantic adds for unions are left out."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        elif not part.startswith(("literal[", "constrained-")) and part not in ("int", "str", "float"):
            text += f".{part}" if text else part
    return text


def _guess(location: tuple[int | str, ...]) -> str:
    known = _known_names(location[:-1])
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"{hint}; allowed here: {', '.join(known)}" if known else hint


def _known_names(location: tuple[int | str, ...]) -> list[str]:
    model: Any = Protocol
    for part in location:
        if isinstance(part, int) or not (isinstance(model, type) and issubclass(model, BaseModel)):
            continue
        info = model.model_fields.get(str(part))
        if info is None:
            return []
        model = _inner_model(info.annotation)
    if isinstance(model, type) and issubclass(model, BaseModel):
        return sorted(info.alias or name for name, info in model.model_fields.items())
    return []


def _inner_model(annotation: Any) -> Any:
    """The table type in `Part`, `list[Part]` or `dict[str, Part]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = [_inner_model(argument) for argument in getattr(annotation, "__args__", ())]
    return next((model for model in inner if model is not None), None)


# -- what only the whole file can tell -----------------------------------------------------------------------


def cross_faults(protocol: Protocol, names: Names) -> list[str]:
    return [fault for check in CHECKS for fault in check(protocol, names)]


def _names_once(protocol: Protocol, names: Names) -> list[str]:
    groups = {
        "arms": [arm.name for arm in protocol.arms],
        "tasks": [task.name for task in protocol.tasks],
        "survey": [question.key for question in protocol.survey],
        "after_block": [question.key for question in protocol.after_block],
        "screening": [question.key for question in protocol.screening],
        "attention": [check.key for check in protocol.attention],
        "consent.items": [item.key for item in protocol.consent.items],
        "comprehension.questions": [question.key for question in protocol.comprehension.questions],
        "exclusions": [rule.name for rule in protocol.exclusions],
    }
    return [
        f"{group}: {name!r} stands {count} times; every name must be used once"
        for group, found in groups.items()
        for name, count in Counter(found).items()
        if count > 1
    ]


def _references(protocol: Protocol, names: Names) -> list[str]:
    arms = [arm.name for arm in protocol.arms]
    tasks = [task.name for task in protocol.tasks]
    faults = []
    for index, arm in enumerate(protocol.arms):
        if arm.assistant is not None:
            faults += _unknown(f"arms[{index}].assistant", arm.assistant, list(protocol.assistants))
        for task in arm.time_limit_seconds:
            faults += _unknown(f"arms[{index}].time_limit_seconds", task, tasks)
    for index, contrast in enumerate(protocol.analysis.primary):
        faults += _unknown(f"analysis.primary[{index}].arm", contrast.arm, arms)
        faults += _unknown(f"analysis.primary[{index}].against", contrast.against, arms)
    for index, trial in enumerate(protocol.practice.trials):
        if trial.assistant is not None:
            faults += _unknown(f"practice.trials[{index}].assistant", trial.assistant, list(protocol.assistants))
    screening = [question.key for question in protocol.screening]
    for stratum in protocol.design.strata:
        faults += _unknown("design.strata", stratum, screening)
    return faults


def _unknown(key: str, value: str, known: list[str]) -> list[str]:
    return [] if value in known else [f"{key}: there is no {value!r}; there is {', '.join(known) or 'none'}"]


def _design(protocol: Protocol, names: Names) -> list[str]:
    faults = []
    if protocol.design.order == "interleaved" and protocol.design.unit == "between":
        faults.append("design.order: interleaved needs unit = 'within'")
    if sum(arm.assistant is None for arm in protocol.arms) > 1:
        faults.append("arms: more than one arm without an assistant; the unaided arm must be one")
    return faults


def _experts(protocol: Protocol, names: Names) -> list[str]:
    """A number nobody can look up, and tasks that ask from one data set and hold it against different experts."""
    faults, first = [], dict[str, int]()
    for index, task in enumerate(protocol.tasks):
        key, before = f"tasks[{index}].expert", first.setdefault(task.dataset, index)
        if task.expert is not None and not task.expert.source.strip():
            faults.append(f"{key}.source: is empty; name the publication that the number stands in")
        if task.expert != protocol.tasks[before].expert:
            faults.append(f"{key}: differs from tasks[{before}].expert, which asks from {task.dataset!r} too")
    return faults


def _answers(protocol: Protocol, names: Names) -> list[str]:
    faults = []
    for index, question in enumerate(protocol.comprehension.questions):
        if question.answer not in question.options:
            faults.append(f"comprehension.questions[{index}].answer: {question.answer!r} is not among its options")
    total = sum(task.items_per_arm for task in protocol.tasks)
    total *= len(protocol.arms) if protocol.design.unit == "within" else 1
    for index, check in enumerate(protocol.attention):
        if check.answer not in check.options:
            faults.append(f"attention[{index}].answer: {check.answer!r} is not among its options")
        if check.after > total:
            faults.append(f"attention[{index}].after: {check.after} is more than the {total} main questions")
    forms = {"survey": protocol.survey, "screening": protocol.screening, "after_block": protocol.after_block}
    for group, questions in forms.items():
        for index, asked in enumerate(questions):
            if asked.kind in ("choice", "scale") and len(asked.options) < 2:
                faults.append(f"{group}[{index}].options: a {asked.kind} question needs at least two options")
    return faults


def _confidence(protocol: Protocol, names: Names) -> list[str]:
    scale, values = protocol.confidence.scale, protocol.confidence.values
    if scale == "list" and len(values) < 2:
        return ["confidence.values: the scale 'list' needs at least two percentages"]
    if scale != "list" and values:
        return [f"confidence.values: only the scale 'list' takes values, not {scale!r}"]
    return [f"confidence.values: {value:g} is no percentage from 0 to 100" for value in values if not 0 <= value <= 100]


def _entry(protocol: Protocol, names: Names) -> list[str]:
    if protocol.entry.redirect and "{code}" not in protocol.entry.redirect:
        return ["entry.redirect: must contain {code}, the place of the completion code"]
    return []


def _exclusions(protocol: Protocol, names: Names) -> list[str]:
    return [
        f"exclusions[{index}].value: the rule {rule.rule!r} needs a value"
        for index, rule in enumerate(protocol.exclusions)
        if rule.value is None and rule.rule not in FREE_RULES
    ]


def _assistants(protocol: Protocol, names: Names) -> list[str]:
    return [
        fault
        for name, assistant in protocol.assistants.items()
        for fault in _assistant(f"assistants.{name}", assistant, names)
    ]


def _assistant(key: str, assistant: Assistant, names: Names) -> list[str]:
    faults = []
    if names.providers and not any(pattern[1] == assistant.provider for pattern in NOT_BUILT):
        faults += _unknown(f"{key}.provider", assistant.provider, list(names.providers))
    if names.strategies and not any(pattern[1] == assistant.strategy for pattern in NOT_BUILT):
        faults += _unknown(f"{key}.strategy", assistant.strategy, list(names.strategies))
    if assistant.strategy in names.needs_question and "question" not in assistant.sees:
        faults.append(f"{key}.sees: the strategy {assistant.strategy!r} needs 'question'")
    faults += _settings(f"{key}.settings", assistant.settings, names.settings.get(assistant.provider))
    if assistant.draws_by_errors and not assistant.errors_of:
        faults.append(f"{key}.errors_of: is missing; name a model, a model-only run or a source of ratings")
    return faults + (_auditor(key, assistant, names) if assistant.audit_model else [])


def _settings(key: str, given: Mapping[str, Any], allowed: type[BaseModel] | None) -> list[str]:
    """What a provider says of its settings; one that is not registered says nothing."""
    try:
        if allowed is not None:
            allowed.model_validate(given)
    except ValidationError as error:
        return [f"{key}.{sentence(detail)}" for detail in error.errors()]
    return []


def _auditor(key: str, assistant: Assistant, names: Names) -> list[str]:
    if names.providers and assistant.audited_by not in names.providers:
        return _unknown(f"{key}.audit_provider", assistant.audited_by, list(names.providers))
    allowed = names.settings.get(assistant.audited_by)
    if allowed is not None and "model" not in allowed.model_fields:
        return [f"{key}.audit_model: the provider {assistant.audited_by!r} asks no model; set audit_provider"]
    return _settings(f"{key}.audit_settings", {**assistant.audit_settings, "model": assistant.audit_model}, allowed)


def _debrief(protocol: Protocol, names: Names) -> list[str]:
    by_design = any(assistant.strategy in names.misleading for assistant in protocol.assistants.values())
    in_practice = any(trial.brief == "wrong" for trial in protocol.practice.trials)
    if (by_design or in_practice) and not protocol.texts.debrief.strip():
        return ["texts.debrief: is missing; a study whose assistant may mislead needs a debrief"]
    return []


CHECKS: tuple[Callable[[Protocol, Names], list[str]], ...] = (
    _names_once,
    _references,
    _design,
    _experts,
    _answers,
    _confidence,
    _entry,
    _exclusions,
    _assistants,
    _debrief,
)
