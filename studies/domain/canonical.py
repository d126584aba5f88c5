"""The one spelling of a document that is hashed."""

import hashlib
import json
from typing import Any


def canonical_json(document: dict[str, Any]) -> str:
    """Sorted keys, no blanks, UTF-8."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
