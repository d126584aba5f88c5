"""arms.csv: one row per arm and frozen version."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from studies.domain.protocol import Arm, Assistant, Protocol
from studies.exports.columns import Columns
from studies.exports.scope import Scope
from studies.models import ProtocolVersion


@dataclass(frozen=True)
class ArmRow:
    slug: str
    version: ProtocolVersion
    arm: Arm

    @property
    def protocol(self) -> Protocol:
        return self.version.protocol

    @property
    def assistant(self) -> Assistant | None:
        return self.protocol.assistants[self.arm.assistant] if self.arm.assistant else None

    @property
    def limits(self) -> dict[str, int | None]:
        """Seconds by task."""
        return {task.name: self.protocol.time_limit(arm=self.arm.name, task=task.name) for task in self.protocol.tasks}


def arms(scope: Scope) -> Iterator[ArmRow]:
    for version in scope.versions.values():
        for arm in version.protocol.arms:
            yield ArmRow(scope.study.slug, version, arm)


def _one_limit(row: ArmRow) -> int | None:
    """The clock where all tasks have the same; each task's own stands in the settings."""
    limits = set(row.limits.values())
    return limits.pop() if len(limits) == 1 else None


def _settings(row: ArmRow) -> dict[str, Any]:
    parts = {
        "time_limit_seconds": row.limits,
        "assistant": row.assistant.model_dump(mode="json") if row.assistant else None,
        "clock": row.protocol.clock.model_dump(mode="json"),
        "chat": row.protocol.chat.model_dump(mode="json") if row.assistant else None,
    }
    return {name: part for name, part in parts.items() if part is not None}


ARMS: Columns = {
    "study": lambda row: row.slug,
    "protocol_sha256": lambda row: row.version.sha256,
    "arm": lambda row: row.arm.name,
    "label": lambda row: row.arm.label,
    "assistant": lambda row: row.arm.assistant,
    "provider": lambda row: row.assistant and row.assistant.provider,
    "strategy": lambda row: row.assistant and row.assistant.strategy,
    "model": lambda row: row.assistant and row.assistant.settings.get("model"),
    "time_limit_seconds": _one_limit,
    "passage_access": lambda row: row.protocol.passage.visible,
    "shared_with_assistant": lambda row: row.assistant and (" ".join(row.assistant.sees) or "nothing"),
    "initial_answer": lambda row: bool(row.arm.assistant) and row.protocol.answer.initial == "required",
    "reveal": lambda row: row.protocol.answer.reveal,
    "items_per_participant": lambda row: sum(task.items_per_arm for task in row.protocol.tasks),
    "settings": _settings,
}
