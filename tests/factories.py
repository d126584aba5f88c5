from datetime import UTC, datetime

from studies.domain.protocol import Protocol
from studies.models import *

N = datetime(2026, 3, 1, tzinfo=UTC)


def launched_study(**over):
    ds, _ = Dataset.objects.get_or_create(name="d", family="mmlu", defaults=dict(loaded_at=N))
    if not ds.items.exists():
        for i in range(20):
            Item.objects.create(
                dataset=ds,
                key=f"k{i}",
                question=f"Q{i}",
                options=["w", "x", "y", "z"],
                gold="ABCD"[i % 4],
                content_sha256=str(i),
            )
    pr = {
        "study": dict(
            slug="s", title="T", seed=1, expected_minutes=3, pay="x", contact_name="a", contact_email="a@b.c"
        ),
        "design": dict(participants=50),
        "tasks": [dict(name="mmlu", dataset="d", items_per_arm=3, time_limit_seconds=60)],
        "arms": [dict(name="unaided", label="U"), dict(name="assisted", label="A", assistant="guide")],
        "assistants": {"guide": dict(strategy="assigned")},
        "consent": {"items": [dict(key="study", text="ok")]},
        "texts": {"instructions": "do", "debrief": "it lied"},
    }
    pr.update(over)
    s = Study.objects.create(slug="s", title="T", state="open", document=pr, created_at=N)
    v = ProtocolVersion.objects.create(
        study=s,
        number=1,
        settings=Protocol.model_validate(pr).model_dump(mode="json", by_alias=True),
        sha256="x",
        frozen_at=N,
    )
    for i in ds.items.all():
        StudyItem.objects.create(version=v, item=i, task="mmlu", kind="main")
    return s
