"""An open trial with an assistant, written straight into the rows."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from studies.domain.canonical import canonical_json, sha256_of
from studies.domain.protocol import Protocol
from studies.domain.states import SessionState, TrialState
from studies.models import (
    Allocation,
    Brief,
    Dataset,
    Draft,
    Item,
    Message,
    Participant,
    ProtocolVersion,
    Session,
    Study,
    Trial,
)

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORDER = "CABD"
_numbers = count(1)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def document(says: dict[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    return {
        "study": {
            "slug": "talk", "title": "T", "seed": 1, "expected_minutes": 3, "pay": "x",
            "contact_name": "a", "contact_email": "a@b.c",
        },
        "design": {"participants": 500},
        "tasks": [{"name": "mmlu", "dataset": "talk", "items_per_arm": 1, "time_limit_seconds": 60}],
        "arms": [{"name": "assisted", "label": "A", "assistant": "guide"}],
        "assistants": {"guide": {"provider": "talker", "strategy": "plain", "settings": says or {}}},
        "consent": {"items": [{"key": "study", "text": "ok"}]},
        "texts": {"instructions": "do", "debrief": "it lied"},
        **parts,
    }  # fmt: skip


def assisted_trial(
    says: dict[str, Any] | None = None, *, opened_at: datetime = START, limit: float | None = 60, brief: bool = True,
    target: str = "D", **parts: Any,
) -> Trial:  # fmt: skip
    """A trial that is open since `opened_at`, its choices shown as C A B D; the brief's target is the original D."""
    study, version, item = _study(document(says, **parts))
    number = next(_numbers)
    participant = Participant.objects.create(
        study=study, version=version, code=f"P{number}", token=f"token{number}", enrolled_at=opened_at,
        last_seen_at=opened_at, telemetry=True, sequence=["assisted"], randomised_at=opened_at,
    )  # fmt: skip
    session = Session.objects.create(
        participant=participant, state=SessionState.IN_PROGRESS, enrolled_at=opened_at, last_seen_at=opened_at
    )
    planned = Allocation.objects.create(
        participant=participant, item=item, sitting=1, position=1, kind="main", task="mmlu", arm="assisted",
        unit="item", seed="s", choice=item.key, choice_order=ORDER, drawn_at=opened_at,
    )  # fmt: skip
    if brief:
        Brief.objects.create(
            allocation=planned, assistant="guide", strategy="plain", target=target, correct=False if target else None
        )
    trial = Trial.objects.create(
        allocation=planned, session=session, public_id=f"trial{number}", state=TrialState.OPEN, opened_at=opened_at,
        time_limit_seconds=limit, deadline_at=None if limit is None else opened_at + timedelta(seconds=limit),
    )  # fmt: skip
    Draft.objects.create(trial=trial, saved_at=opened_at)
    return trial


def _study(settings: dict[str, Any]) -> tuple[Study, ProtocolVersion, Item]:
    dataset, _ = Dataset.objects.get_or_create(name="talk", defaults={"family": "mmlu", "loaded_at": START})
    item, _ = Item.objects.get_or_create(
        dataset=dataset,
        key="k1",
        defaults={
            "question": "Which word is this?", "options": ["alpha", "beta", "gamma", "delta"], "gold": "A",
            "content_sha256": "1",
        },
    )  # fmt: skip
    study, _ = Study.objects.get_or_create(
        slug="talk", defaults={"title": "T", "state": "open", "document": settings, "created_at": START}
    )
    frozen = Protocol.model_validate(settings).model_dump(mode="json", by_alias=True)
    number = study.versions.count() + 1
    sha256 = sha256_of(canonical_json([number, frozen]))
    version = ProtocolVersion.objects.create(
        study=study, number=number, settings=frozen, sha256=sha256, frozen_at=START
    )
    return study, version, item


def token_of(trial: Trial) -> str:
    assert trial.session is not None
    return trial.session.participant.token


def replies_of(trial: Trial) -> list[Message]:
    return list(Message.objects.filter(trial=trial, role="assistant").order_by("turn", "attempt"))
