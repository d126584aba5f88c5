"""Model-only runs as one looks at them: worked examples, what a run may cost, and how far it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from django.db.models import Count, Q

from studies.domain.baselines import METHODS, orders, posed
from studies.domain.prices import Price, cost_usd
from studies.models import BaselineAnswer, BaselineRun, Item
from studies.queries.spending import price

Example = tuple[str, str]  # a question as it is posed, and its letter
CHARACTERS_PER_TOKEN = 4
PROMPT_CHARACTERS = 400  # around a question
USUAL_REPLY = 150  # tokens
LOOK_BACK = timedelta(seconds=60)
WORKED_EXAMPLES = Q(split="dev", passage=None)  # the dev split of QuALITY, with its passages, is what others test on


class Examples:
    """Worked examples of the dev split, by the item's category; each category is read once."""

    def __init__(self, shots: int) -> None:
        self._shots = shots
        self._known: dict[tuple[int, str], list[tuple[int, Example]]] = {}

    def of(self, item: Item) -> tuple[Example, ...]:
        """As many as there are, the same for every item of a category, never the item itself."""
        if not self._shots:
            return ()
        place = (item.dataset_id, item.category)
        if place not in self._known:
            self._known[place] = self._read(item)
        return tuple(example for pk, example in self._known[place] if pk != item.pk)[: self._shots]

    def lacking(self, items: Sequence[Item]) -> str:
        """The first category that has fewer than are wanted; '' where none has."""
        short = (item for item in items if len(self.of(item)) < self._shots)
        first = next(short, None)
        return "" if first is None else first.category or first.dataset.name

    def _read(self, item: Item) -> list[tuple[int, Example]]:
        rows = Item.objects.filter(dataset=item.dataset_id, split="dev", category=item.category, key_status="ok")
        found = rows.exclude(gold="").order_by("pk")[: self._shots + 1]
        return [(row.pk, (posed(row.question, row.options), row.gold)) for row in found]


# -- before the start ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Estimate:
    """Requests of a whole run, and USD as usual and at most; None without a price."""

    requests: int
    usual_usd: Decimal | None
    most_usd: Decimal | None


def estimate(
    items: Sequence[Item], *, method: str, shots: int, order: str, repeats: int, calls: int, model: str, limit: int
) -> Estimate:
    """By the characters that are sent and the lengths of replies; `calls` are those of one first reply in a trial."""
    examples = Examples(shots)
    asked = sent = 0
    for item in items:
        times = repeats * len(orders(order, letters=item.letters, seed=0, item=item.key, repeat=1))
        asked += times
        sent += times * (_characters(item) + sum(len(question) + 12 for question, _ in examples.of(item)))
    usual = METHODS[method].usual if method in METHODS else (USUAL_REPLY,) * calls
    cost = partial(_cost, price(model), asked, sent)
    return Estimate(asked * len(usual), cost([min(limit, one) for one in usual]), cost([limit] * len(usual)))


def _cost(known: Price | None, asked: int, characters: int, replies: Sequence[int]) -> Decimal | None:
    """Of replies of so many tokens; a later call is sent all that was said before it."""
    before = sum(sum(replies[:at]) for at in range(len(replies)))
    tokens = characters * len(replies) // CHARACTERS_PER_TOKEN + asked * before
    return cost_usd(known, input_tokens=tokens, output_tokens=asked * sum(replies))


def _characters(item: Item) -> int:
    passage = item.passage.text if item.passage else ""
    return len(item.question) + sum(map(len, item.options)) + len(passage) + PROMPT_CHARACTERS


# -- while it runs -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """How far a run is. `seconds_left` goes by the last minute; None where nothing was answered in it."""

    total: int
    outcomes: dict[str, int]
    seconds_left: float | None

    @property
    def left(self) -> int:
        return self.total - sum(self.outcomes.values())


def progress(*, run: BaselineRun, now: datetime) -> Progress:
    names = BaselineAnswer.Outcome.values
    counts = run.answers.aggregate(
        total=Count("pk"),
        lately=Count("pk", filter=~Q(outcome="") & Q(asked_at__gte=now - LOOK_BACK)),
        **{name: Count("pk", filter=Q(outcome=name)) for name in names},
    )
    outcomes = {name: counts[name] for name in names if counts[name]}
    left = counts["total"] - sum(outcomes.values())
    seconds = min(LOOK_BACK.total_seconds(), max((now - run.created_at).total_seconds(), 1.0))
    return Progress(counts["total"], outcomes, left * seconds / counts["lately"] if counts["lately"] else None)
