"""What a simulation asks of services at most: calls, and USD by the configured prices."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from studies.assistants.usage import BYTES_PER_TOKEN
from studies.domain.prices import cost_usd
from studies.domain.protocol import Assistant, Protocol
from studies.models import ProtocolVersion
from studies.queries.baselines import PROMPT_CHARACTERS
from studies.queries.spending import longest_reply, price
from studies.services.baseline_plans import calls_of
from studies.services.simulated import Asked, services_of
from studies.simulation.person import Population

AUDIT_TOKENS = 300  # at most, of one reading


@dataclass(frozen=True)
class Most:
    """The most that a run may ask; `usd` is None where a model has no price."""

    services: tuple[Asked, ...]
    calls: int
    usd: Decimal | None

    def __str__(self) -> str:
        named = ", ".join(f"{one.provider}: {one.model}" for one in self.services)
        money = "no price in OVERSIGHT_PRICES" if self.usd is None else f"at most {self.usd:.2f} USD"
        return f"{named}: at most {self.calls:,} calls, {money}"


@dataclass(frozen=True)
class _Calls:
    """So many calls of a model, each with so many tokens sent and received."""

    model: str
    number: int
    sent: int
    received: int


def most(*, version: ProtocolVersion, participants: int, population: Population) -> Most | None:
    """As if everybody met every assistant and wrote as often as anybody may; None where no service is asked."""
    protocol = version.protocol
    services = services_of(protocol)
    if not services:
        return None
    remote = {(one.provider, one.model) for one in services}
    material = _longest_material(version)
    calls = [
        call
        for name, trials in _trials(protocol).items()
        for call in _of_a_trial(protocol, protocol.assistants[name], trials, material, population, remote)
    ]
    costs = [_cost(call) for call in calls]
    usd = None if None in costs else sum((cost or Decimal(0) for cost in costs), Decimal(0)) * participants
    return Most(services, sum(call.number for call in calls) * participants, usd)


def _trials(protocol: Protocol) -> dict[str, int]:
    """Trials of a person by assistant, in practice and after it. Between people only one arm is theirs: all count."""
    found: dict[str, int] = defaultdict(int)
    for arm in protocol.arms:
        if arm.assistant:
            found[arm.assistant] += sum(task.items_per_arm for task in protocol.tasks) * protocol.design.sittings
    for trial in protocol.practice.trials:
        if trial.assistant:
            found[trial.assistant] += 1
    return found


def _of_a_trial(
    protocol: Protocol, rules: Assistant, trials: int, material: int, population: Population,
    remote: set[tuple[str, str]],
) -> Iterator[_Calls]:  # fmt: skip
    """A later message sends all that was said before it."""
    model = str(rules.settings.get("model", ""))
    reply, message = longest_reply(protocol, model), protocol.chat.max_message_chars // BYTES_PER_TOKEN
    for number in range(min(population.most_messages, protocol.chat.max_messages)):
        sent = material + message + number * (message + reply)
        steps = calls_of(rules)
        if (rules.provider, model) in remote:
            yield _Calls(model, trials * steps, sent + (steps - 1) * reply, reply)
        if rules.audit_model and (rules.audited_by, rules.audit_model) in remote:
            yield _Calls(rules.audit_model, trials, sent + reply, AUDIT_TOKENS)


def _cost(call: _Calls) -> Decimal | None:
    return cost_usd(price(call.model), input_tokens=call.number * call.sent, output_tokens=call.number * call.received)


def _longest_material(version: ProtocolVersion) -> int:
    """Tokens of the longest item of the study with its passage, and of what stands around it."""
    items = [entry.item for entry in version.pool.select_related("item__passage")]
    lengths = [
        len(item.question) + sum(map(len, item.options)) + len(item.passage.text if item.passage else "")
        for item in items
    ]
    return (max(lengths, default=0) + 10 * PROMPT_CHARACTERS) // BYTES_PER_TOKEN
