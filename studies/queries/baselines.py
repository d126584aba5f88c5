"""Model-only runs as one looks at them: worked examples, what a run may cost, and how far it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Q

from studies.domain.baselines import METHODS, orders, posed
from studies.domain.prices import cost_usd
from studies.models import BaselineAnswer, BaselineRun, Item
from studies.queries.spending import price

Example = tuple[str, str]  # a question as it is posed, and its letter
CHARACTERS_PER_TOKEN = 4
PROMPT_CHARACTERS = 400  # around a question
LOOK_BACK = timedelta(seconds=60)


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
    """Upper guesses: requests and tokens of a whole run, and USD (None without a price)."""

    requests: int
    input_tokens: int
    output_tokens: int
    usd: Decimal | None


def estimate(
    items: Sequence[Item], *, method: str, shots: int, order: str, repeats: int, calls: int, model: str, limit: int
) -> Estimate:
    """By the characters that are sent and the longest replies allowed; `calls` are those of one reply.

    A later call of a reply is sent all that was said before it.
    """
    examples = Examples(shots)
    if method in METHODS:
        calls = 2 if METHODS[method].then else 1
    asked = sent = 0
    for item in items:
        times = repeats * len(orders(order, letters=item.letters, seed=0, item=item.key, repeat=1))
        asked += times
        sent += times * (_characters(item) + sum(len(question) + 12 for question, _ in examples.of(item)))
    before = limit * asked * calls * (calls - 1) // 2
    tokens = sent * calls // CHARACTERS_PER_TOKEN + before
    usd = cost_usd(price(model), input_tokens=tokens, output_tokens=asked * calls * limit)
    return Estimate(asked * calls, tokens, asked * calls * limit, usd)


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
