"""A small study file, and the data set that it names."""

from pathlib import Path

from studies.models import Dataset, Item
from tests.walk import START

TOML = """
[study]
slug = "small"
title = "Small"
seed = 1
expected_minutes = 3
pay = "nothing"
contact_name = "A"
contact_email = "a@example.org"

[design]
participants = 10

[[tasks]]
name = "mmlu"
dataset = "d"
items_per_arm = 2
time_limit_seconds = 60

[[arms]]
name = "unaided"
label = "Alone"

[[arms]]
name = "assisted"
label = "Helped"
assistant = "guide"

[assistants.guide]
strategy = "assigned"

[[consent.items]]
key = "study"
text = "I agree."

[texts]
instructions = "Answer."
debrief = "It argued for a drawn answer."
"""


def written(folder: Path, toml: str = TOML) -> str:
    path = folder / "small.toml"
    path.write_text(toml, encoding="utf-8")
    return str(path)


def load_items(count: int = 8) -> None:
    dataset, _ = Dataset.objects.get_or_create(name="d", defaults={"family": "mmlu", "loaded_at": START})
    for number in range(count):
        Item.objects.create(
            dataset=dataset,
            key=f"k{number}",
            question=f"Question {number}",
            options=["w", "x", "y", "z"],
            gold="ABCD"[number % 4],
            content_sha256=str(number),
        )
