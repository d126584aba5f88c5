"""A small launched study for tests: twenty questions, an unaided and an assisted arm, an assistant that may mislead."""

from datetime import UTC, datetime
from typing import Any

from studies.domain.protocol import Protocol
from studies.domain.states import StudyState
from studies.models import Dataset, Item, Study
from studies.services.freezing import freeze

LONG_AGO = datetime(2026, 3, 1, tzinfo=UTC)
QUESTIONS = 20


def dataset(*, name: str = "d", family: str = "mmlu", questions: int = QUESTIONS) -> Dataset:
    """Questions k0, k1, ... whose keys go round A, B, C, D; made once."""
    found, _ = Dataset.objects.get_or_create(name=name, defaults={"family": family, "loaded_at": LONG_AGO})
    for number in range(found.items.count(), questions):
        Item.objects.create(
            dataset=found,
            key=f"k{number}",
            question=f"Q{number}",
            options=["w", "x", "y", "z"],
            gold="ABCD"[number % 4],
            content_sha256=f"{name}-{number}",
        )
    return found


def document(**parts: Any) -> dict[str, Any]:
    """The study file as a dict; each keyword replaces a whole part of it."""
    study = {"slug": "s", "title": "T", "seed": 1, "expected_minutes": 3, "pay": "x"}
    return {
        "study": {**study, "contact_name": "a", "contact_email": "a@b.c"},
        "design": {"participants": 50},
        "tasks": [{"name": "mmlu", "dataset": "d", "items_per_arm": 3, "time_limit_seconds": 60}],
        "arms": [
            {"name": "unaided", "label": "U"},
            {"name": "assisted", "label": "A", "assistant": "guide"},
        ],
        "assistants": {"guide": {"strategy": "assigned"}},
        "consent": {"items": [{"key": "study", "text": "ok"}]},
        "texts": {"instructions": "do", "debrief": "it lied"},
        **parts,
    }


def launched_study(*, slug: str = "s", prompts: dict[str, Any] | None = None, **parts: Any) -> Study:
    """An open study with its first frozen version; `parts` replace parts of the study file."""
    dataset()
    settings = document(**parts)
    if "study" not in parts:
        settings["study"]["slug"] = slug
    study = Study.objects.create(
        slug=settings["study"]["slug"], title="T", state=StudyState.OPEN, document=settings, created_at=LONG_AGO
    )
    freeze(study=study, protocol=Protocol.model_validate(settings), prompts=prompts or {}, now=LONG_AGO)
    return study
