"""A study of few questions whose assistant is a model behind a real SDK, and the rows that its runs export."""

from pathlib import Path
from typing import Any

from django.core.management import call_command

from studies.exports import write_package
from studies.models import Dataset, Item, Study
from tests.api_server import ApiServer
from tests.exports.packing import rows
from tests.factories import dataset, launched_study

ANTHROPIC = {"provider": "anthropic", "settings": {"model": "claude-haiku-4-5", "read_timeout": 0.3}}


def openai(api: ApiServer) -> dict[str, Any]:
    settings = {"model": "local-1", "base_url": f"{api.url}/v1", "read_timeout": 0.3}
    return {"provider": "openai-compatible", "settings": settings}


def modelled(assistant: dict[str, Any], *, questions: int = 4, **more: Any) -> Study:
    """Keys go round A, B, C, D; every question has another text, the options are w, x, y, z."""
    dataset(name="few", questions=questions)
    tasks = [{"name": "mmlu", "dataset": "few", "items_per_arm": 1, "time_limit_seconds": 60}]
    guide = {"strategy": "honest", "sees": ["question"], **assistant, **more}
    return launched_study(assistants={"guide": guide}, tasks=tasks)


def worked_examples(number: int) -> None:
    few = Dataset.objects.get(name="few")
    for at in range(number):
        words = {"question": f"Worked {at}", "options": ["p", "q", "r", "s"], "gold": "ABCD"[at % 4]}
        Item.objects.create(dataset=few, key=f"dev{at}", split="dev", content_sha256=f"dev{at}", **words)


def asked(study: Study, *options: str, concurrency: int = 1) -> None:
    """One request at a time, so that what the service says comes in order of the questions."""
    plain = ("--yes", "--concurrency", str(concurrency), "--retry-wait", "0.01")
    call_command("run_baseline", study.slug, *plain, *options, verbosity=0)


def exported(study: Study, folder: Path) -> list[dict[str, str]]:
    out = folder / "package.zip"
    write_package(study=study, out=out)
    return rows(out, "baselines")


__all__ = ["ANTHROPIC", "asked", "exported", "modelled", "openai", "worked_examples"]
