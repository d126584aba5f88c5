"""The frozen protocol of a study, as it was hashed."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from studies.models import FrozenDocument, Study


@dataclass(frozen=True)
class FrozenProtocol:
    """`text` is the canonical JSON whose sha256 stands on every row."""

    slug: str
    number: int
    sha256: str
    frozen_at: datetime
    text: str

    @cached_property
    def document(self) -> Any:
        return json.loads(self.text)


def frozen_protocol(*, study: Study, number: int | None = None) -> FrozenProtocol | None:
    """That version, or the newest; None where there is no such version."""
    found = FrozenDocument.objects.filter(version__study=study).select_related("version")
    if number is not None:
        found = found.filter(version__number=number)
    newest = found.order_by("-version__number").first()
    if newest is None:
        return None
    version = newest.version
    return FrozenProtocol(study.slug, version.number, version.sha256, version.frozen_at, newest.text)
