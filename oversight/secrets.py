"""A secret made once and kept in a file that only its owner can read."""

import os
import secrets
from pathlib import Path


def kept_secret(path: Path, *, random_bytes: int = 50) -> str:
    """Return the secret in `path`, making it first where it is absent (two processes may start at once)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(random_bytes))
    return path.read_text()
