"""Model-only runs as they go: what came is kept, what may be asked is counted, and caps hold."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F

from studies.models import BaselineAnswer, BaselineRun

NO_PRICE = "an answer's price is not known, so the cap in USD cannot hold: see OVERSIGHT_PRICES, or cap the tokens"
KEPT = (
    "outcome", "faults", "text", "answer", "probability", "probabilities", "model_returned", "stop_reason",
    "prompt_sha256", "input_tokens", "output_tokens", "cost_usd", "latency_ms",
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
    _keep(run, came)
    if not pks:
        return {}
    if not _may_ask(run, worker):
        return None
    rows = BaselineAnswer.objects.filter(pk__in=pks, outcome="")
    questions = {row.pk: row for row in rows}
    rows.update(attempts=F("attempts") + 1, asked_at=now)
    return questions


def _keep(run: BaselineRun, came: Sequence[Came]) -> None:
    if not came:
        return
    rows = BaselineAnswer.objects.filter(pk__in=[one.row.pk for one in came], outcome="")
    unanswered = set(rows.select_for_update().values_list("pk", flat=True))
    # One statement for all of them: after each one this thread waits until the event loop lets go of the interpreter.
    BaselineAnswer.objects.bulk_create(
        [one.filled() for one in came if one.row.pk in unanswered],
        update_conflicts=True, unique_fields=["id"], update_fields=KEPT,
    )  # fmt: skip
    tokens, usd = sum(one.tokens for one in came), sum((one.usd or Decimal(0) for one in came), Decimal(0))
    if tokens or usd:
        spent = {"spent_tokens": F("spent_tokens") + tokens, "spent_usd": F("spent_usd") + usd}
        BaselineRun.objects.filter(pk=run.pk).update(**spent)
    if any(one.usd is None for one in came):
        capped = BaselineRun.objects.filter(pk=run.pk, cap_usd__isnull=False)
        capped.filter(state=BaselineRun.State.RUNNING).update(state=BaselineRun.State.PAUSED, why_paused=NO_PRICE)


def _may_ask(run: BaselineRun, worker: str) -> bool:
    now = BaselineRun.objects.filter(pk=run.pk, state=BaselineRun.State.RUNNING, worker=worker).first()
    why = "" if now is None else cap_reached(now)
    if why:
        pause(run=run, why=why)
    return now is not None and not why


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
