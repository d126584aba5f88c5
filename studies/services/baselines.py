"""Model-only runs as they go: what came is kept, what may be asked is counted, and caps hold."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from studies.models import BaselineAnswer, BaselineRun

NO_PRICE = "an answer's price is not known, so the cap in USD cannot hold: see OVERSIGHT_PRICES, or cap the tokens"
STANDS = ("state", "why_paused", "worker", "spent_usd", "spent_tokens", "cap_usd", "cap_tokens")
KEPT = (
    "attempts", "asked_at", "outcome", "faults", "text", "answer", "probability", "probabilities", "model_returned",
    "stop_reason", "prompt_sha256", "input_tokens", "output_tokens", "cost_usd", "latency_ms",
)  # fmt: skip
OPEN = (BaselineRun.State.RUNNING, BaselineRun.State.PAUSED)


@dataclass(frozen=True)
class Came:
    """What came of a question, by the columns of its row, and what it took beside what was told before.

    `outcome` is '' where it is to be asked again. `usd` is None where the price is not known.
    """

    row: BaselineAnswer
    outcome: str
    columns: dict[str, Any] = field(default_factory=dict)
    tokens: int = 0
    usd: Decimal | None = Decimal(0)

    def filled(self) -> BaselineAnswer:
        for name, value in {**self.columns, "outcome": self.outcome}.items():
            setattr(self.row, name, value)
        return self.row


def take(*, run: BaselineRun, worker: str) -> None:
    """From now on this worker asks, and no other that may still be there: at most its requests in flight end."""
    run.worker = worker
    run.save(update_fields=["worker"])


@transaction.atomic
def turn_over(
    *, run: BaselineRun, worker: str, came: Sequence[Came], pks: Sequence[int], now: datetime
) -> dict[int, BaselineAnswer] | None:
    """Keep what came, then count an attempt at the next questions, before their requests go out.

    The questions that may be asked: none that is answered. None where this worker is to ask nothing more: the run is
    paused, cancelled, at a cap, or another worker's. An answer that is there already stays.
    """
    stands = BaselineRun.objects.select_for_update().only(*STANDS).get(pk=run.pk)  # one turn of a run at a time
    open_rows = BaselineAnswer.objects.filter(pk__in=[*(one.row.pk for one in came), *pks], outcome="").in_bulk()
    _spend(stands, came)
    asks = not pks or _may_ask(stands, worker)
    granted = [open_rows[pk] for pk in pks if pk in open_rows] if asks else []
    for row in granted:
        row.attempts, row.asked_at = row.attempts + 1, now
    _write([*(one.filled() for one in came if one.row.pk in open_rows), *granted])
    return {row.pk: row for row in granted} if asks else None


def _write(rows: Sequence[BaselineAnswer]) -> None:
    """All of them in one statement: each one costs as much as the rows in it."""
    BaselineAnswer.objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=KEPT)


def _spend(run: BaselineRun, came: Sequence[Came]) -> None:
    """Count what these took. Where the price of one is not known, a cap in USD cannot hold: the run pauses."""
    run.spent_tokens += sum(one.tokens for one in came)
    run.spent_usd += sum((one.usd or Decimal(0) for one in came), Decimal(0))
    if run.cap_usd is not None and any(one.usd is None for one in came) and run.state == BaselineRun.State.RUNNING:
        run.state, run.why_paused = BaselineRun.State.PAUSED, NO_PRICE
    if came:
        run.save(update_fields=["spent_tokens", "spent_usd", "state", "why_paused"])


def _may_ask(run: BaselineRun, worker: str) -> bool:
    if _is_asking(run, worker) and (why := cap_reached(run)):
        pause(run=run, why=why)
    return _is_asking(run, worker)


def _is_asking(run: BaselineRun, worker: str) -> bool:
    return run.state == BaselineRun.State.RUNNING and run.worker == worker


def cap_reached(run: BaselineRun) -> str:
    """Which cap of the run is reached, in words; '' where none is."""
    if run.cap_usd is not None and run.spent_usd >= run.cap_usd:
        return f"the cap of {run.cap_usd:f} USD is reached"
    if run.cap_tokens is not None and run.spent_tokens >= run.cap_tokens:
        return f"the cap of {run.cap_tokens} tokens is reached"
    return ""


def pause(*, run: BaselineRun, why: str = "") -> None:
    _move(run, BaselineRun.State.RUNNING, state=BaselineRun.State.PAUSED, why_paused=why[:300])


def resume(*, run: BaselineRun) -> None:
    _move(run, BaselineRun.State.PAUSED, state=BaselineRun.State.RUNNING, why_paused="")


def cancel(*, run: BaselineRun, now: datetime) -> None:
    _move(run, *OPEN, state=BaselineRun.State.CANCELLED, ended_at=now)


def set_caps(*, run: BaselineRun, usd: Decimal | None = None, tokens: int | None = None) -> None:
    """Other caps for what is left to ask, from the next question on; None leaves a cap as it is."""
    given = {name: value for name, value in (("cap_usd", usd), ("cap_tokens", tokens)) if value is not None}
    BaselineRun.objects.filter(pk=run.pk).update(**given)
    run.refresh_from_db()


def finish(*, run: BaselineRun, now: datetime) -> bool:
    """Mark a running run done where nothing is left to ask."""
    if run.answers.filter(outcome="").exists():
        return False
    return _move(run, BaselineRun.State.RUNNING, state=BaselineRun.State.DONE, ended_at=now)


def _move(run: BaselineRun, *before: str, **values: Any) -> bool:
    moved = BaselineRun.objects.filter(pk=run.pk, state__in=before).update(**values)
    run.refresh_from_db()
    return bool(moved)
