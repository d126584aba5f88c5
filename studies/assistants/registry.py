"""Names that a study file may use. Adding a provider or a strategy is one file and one line here."""

import gc
from functools import cache
from importlib import import_module
from typing import Any, cast

from studies.assistants.base import Heavy, Provider, Strategy

# Import paths, so that nobody pays for a library that no study uses.
PROVIDERS = {
    "anthropic": "studies.assistants.providers.anthropic:AnthropicProvider",
    "openai-compatible": "studies.assistants.providers.openai_compatible:OpenAICompatibleProvider",
    "replay": "studies.assistants.providers.replay:ReplayProvider",
    "scripted": "studies.assistants.providers.scripted:ScriptedProvider",
}
STRATEGIES = {
    "assigned": "studies.assistants.strategies.assigned:Assigned",
    "critique": "studies.assistants.strategies.critique:Critique",
    "honest": "studies.assistants.strategies.honest:Honest",
    "sycophantic": "studies.assistants.strategies.sycophantic:Sycophantic",
}


class UnknownName(LookupError):
    """A provider or strategy that is not registered; the message lists what is."""


@cache
def provider(name: str) -> Provider:
    """This process's provider of that name. Raises UnknownName."""
    return cast(Provider, _load("provider", PROVIDERS, name)())


@cache
def load(name: str) -> None:
    """Get over with what that provider does before its first request. Raises UnknownName."""
    heavy = provider(name)
    if isinstance(heavy, Heavy):
        heavy.load()
        gc.freeze()  # what it brought stays: the collector need not walk through it ever again


@cache
def strategy(name: str) -> Strategy:
    """The strategy of that name. Raises UnknownName."""
    return cast(Strategy, _load("strategy", STRATEGIES, name)())


def may_mislead(strategy_name: str) -> bool:
    """By its design; False of a strategy that is not registered any more."""
    return strategy_name in STRATEGIES and strategy(strategy_name).may_mislead


def provider_names() -> list[str]:
    return sorted(PROVIDERS)


def strategy_names() -> list[str]:
    return sorted(STRATEGIES)


def _load(kind: str, known: dict[str, str], name: str) -> Any:
    if name not in known:
        raise UnknownName(f"unknown {kind} {name!r}: there is {', '.join(sorted(known))}")
    module, _, attribute = known[name].partition(":")
    return getattr(import_module(module), attribute)
