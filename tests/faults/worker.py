"""Celery's worker on a study of its own (`Alone`), with a queue of its own at a real broker."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from tests.faults.alone import Alone
from tests.server import ROOT

REDIS = os.environ.get("OVERSIGHT_TEST_REDIS", "redis://127.0.0.1:6379/15")


def broker() -> dict[str, str]:
    """What the environment of both sides says. Skips where Redis does not answer."""
    try:
        redis.Redis.from_url(REDIS, socket_connect_timeout=3).ping()
    except redis.RedisError as error:
        pytest.skip(f"needs Redis on loopback: {error}")
    return {"CELERY_BROKER_URL": REDIS, "OVERSIGHT_QUEUE": f"test-{secrets.token_hex(4)}"}


@contextmanager
def worker(alone: Alone, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """It runs until the end of the block, and leaves no queue behind."""
    call = [sys.executable, "-m", "celery", "-A", "oversight", "worker", "--concurrency", "1", "--loglevel", "INFO"]
    with log.open("wb") as said:
        process = subprocess.Popen(call, cwd=ROOT, env=alone.env, stdout=said, stderr=said)
        try:
            yield process
        finally:
            process.terminate()
            process.wait()
            with redis.Redis.from_url(REDIS) as broker:
                broker.delete(*broker.keys(f"*{alone.env['OVERSIGHT_QUEUE']}"))
