"""manifest.json: what the package is, by the keys that analysis.schema declares."""

from typing import Any

from analysis.schema import SCHEMA_VERSION
from studies.domain.protocol import Protocol
from studies.exports.cells import written_time
from studies.exports.scope import Scope
from studies.models import Dataset, StudyItem


def manifest(scope: Scope, files: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The design is that of the newest version. Nothing here depends on when the export was made."""
    protocol = scope.newest.protocol
    return {
        "schema_version": SCHEMA_VERSION,
        "study": scope.study.slug,
        "title": scope.study.title,
        "question": "",
        "protocols": [{"version": each.number, "sha256": each.sha256} for each in scope.versions.values()],
        "app_version": scope.app_version,
        "unit_of_assignment": _unit(scope, protocol),
        "design": protocol.design.unit,
        "arm_order": _arm_order(protocol),
        "separate_items": protocol.design.items == "separate",
        "reference_arm": next((arm.name for arm in protocol.arms if arm.assistant is None), ""),
        "analysis": {
            **protocol.analysis.model_dump(mode="json"),
            "exclusions": [rule.model_dump(mode="json") for rule in protocol.exclusions],
        },
        "experts": _experts(protocol),
        "blinded": scope.blinded,
        "unblindings": _unblindings(scope),
        "includes_simulated": scope.include_simulated,
        "includes_preview": False,
        "files": files,
    }


def _unit(scope: Scope, protocol: Protocol) -> str:
    """What gets an arm: the person, or within a person the passage where questions have one, else the item."""
    if protocol.design.unit == "between":
        return "participant"
    with_passage = StudyItem.objects.filter(version=scope.newest, kind="main", item__passage__isnull=False)
    return "passage" if with_passage.exists() else "item"


def _experts(protocol: Protocol) -> list[dict[str, Any]]:
    """What the study declares of experts, a data set a line; tasks of one data set say the same."""
    declared = {task.dataset: task.expert for task in protocol.tasks if task.expert is not None}
    families = dict(Dataset.objects.filter(name__in=declared).values_list("name", "family"))
    return [
        {"task": families[dataset], "dataset": dataset, **expert.model_dump(mode="json")}
        for dataset, expert in declared.items()
    ]


def _arm_order(protocol: Protocol) -> str:
    if protocol.design.unit == "between":
        return ""
    return "interleaved" if protocol.design.order == "interleaved" else protocol.design.arm_order


def _unblindings(scope: Scope) -> list[dict[str, str]]:
    rows = scope.study.unblindings.select_related("by").order_by("at", "pk")
    return [
        {"by": row.by.get_username() if row.by else "", "at": written_time(row.at), "reason": row.why} for row in rows
    ]
