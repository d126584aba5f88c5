"""Plays recorded replies back: a study is run again, or a fault reproduced, without a key.

The record is JSON Lines, one reply a line:

    {"item": "mmlu/anatomy/test/4", "turn": 1, "attempt": 1, "said": ["Which one?"], "text": "I would choose …",
     "status": "done", "model": "…"}

`item` is `item_id` of an export, `said` what the person had written since the last reset, `status` as in messages.csv.
Sought are, in this order: the same item and words; the same item and turn; the same words about any item. Where
several fit, the seed of the reply chooses. From an export:

    python -m studies.assistants.providers.replay messages.csv > replies.jsonl
"""

import asyncio
import csv
import json
import random
import re
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from studies.assistants.base import Delta, FaultCode, Finished, ModelRequest, ProviderFault, StopReason

STOPS: dict[str, StopReason] = {"capped": "max_tokens", "refused": "refusal"}
FAULTS: dict[str, FaultCode] = {"interrupted": "stream_cut", "failed": "unavailable"}


class Recorded(BaseModel):
    """One line of the record. Fields that it does not know are left alone: others may keep more."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    text: str
    item: str = ""
    turn: int = Field(default=1, ge=1)
    attempt: int = Field(default=1, ge=1)
    said: tuple[str, ...] = ()
    status: Literal["done", "stopped", "interrupted", "failed", "refused", "capped"] = "done"
    model: str = "replay"


class Settings(BaseModel):
    """What a study file may set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str = Field(min_length=1, description="the record, from the folder in which the platform is started")
    words_per_second: float = Field(default=0, ge=0, le=1000, description="0 is as fast as can be")

    @model_validator(mode="after")
    def _readable(self) -> "Settings":
        record_of(self.file)
        return self


class ReplayProvider:
    """Says what was said then: the same request, the same words."""

    name: ClassVar[str] = "replay"
    Settings: ClassVar[type[Settings]] = Settings
    needs_belief: ClassVar[bool] = False
    remote: ClassVar[bool] = False

    async def stream(self, request: ModelRequest) -> AsyncIterator[Delta | Finished]:
        """Raises ProviderFault where it was recorded, or nothing fits; ValueError where there is no record."""
        settings = Settings.model_validate(dict(request.options))
        found = record_of(settings.file).find(request)
        if found is None:
            raise ProviderFault("unavailable", retryable=False, detail="no recorded reply fits")
        for word in re.findall(r"\s*\S+|\s+$", found.text):
            if settings.words_per_second:
                await asyncio.sleep(1 / settings.words_per_second)
            yield Delta(word)
        if found.status in FAULTS:
            raise ProviderFault(FAULTS[found.status], retryable=True, detail="as recorded")
        yield Finished(STOPS.get(found.status, "end"), found.model)


class Record:
    """Recorded replies, found by item and words."""

    def __init__(self, replies: Iterable[Recorded]) -> None:
        self._by: dict[tuple[Any, ...], list[Recorded]] = defaultdict(list)
        for reply in replies:
            for key in _keys(reply.item, reply.said, reply.turn):
                self._by[key].append(reply)

    def find(self, request: ModelRequest) -> Recorded | None:
        """The same attempt where it was recorded, else any."""
        said = tuple(turn.text for turn in request.turns if turn.role == "participant")
        keys = _keys(request.item, said, request.reply)
        fitting = next((found for key in keys if (found := self._by.get(key))), [])
        same = [reply for reply in fitting if reply.attempt == request.attempt]
        return random.Random(str(request.seed)).choice(same or fitting) if fitting else None


def _keys(item: str, said: tuple[str, ...], turn: int) -> list[tuple[Any, ...]]:
    words = [("words", said)] if said else []
    return [("item and words", item, said), ("item and turn", item, turn), *words] if item else words


def record_of(file: str) -> Record:
    """The record as the file is now. Raises ValueError, with the line that is wrong."""
    try:
        return _read(file, Path(file).stat().st_mtime_ns)
    except OSError as error:
        raise ValueError(f"{file}: {error.strerror}") from None


@lru_cache(maxsize=8)
def _read(file: str, changed: int) -> Record:
    return Record(_lines(file))


def _lines(file: str) -> Iterator[Recorded]:
    with open(file, encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    yield Recorded.model_validate_json(line)
                except ValidationError as error:
                    where = ".".join(str(part) for part in error.errors()[0]["loc"])
                    raise ValueError(f"{file}, line {number}: {where} {error.errors()[0]['msg']}") from None


def from_messages(rows: Iterable[dict[str, str]]) -> Iterator[dict[str, Any]]:
    """Recorded replies from the rows of messages.csv, in order."""
    said: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    for row in rows:
        talk = said[row["trial_id"], row["context_epoch"]]
        turn = int(row["turn"])
        if row["role"] == "participant":
            talk[turn] = row["text"]
        elif row["role"] == "assistant" and row["status"] not in ("queued", "streaming"):
            words = [talk[number] for number in sorted(talk) if number <= turn]
            kept = {"text": row["text"], "status": row["status"], "attempt": int(row["attempt"])}
            yield {"item": row["item_id"], "turn": turn, "said": words, **kept}


def main(path: str) -> None:
    csv.field_size_limit(sys.maxsize)
    with open(path, encoding="utf-8", newline="") as file:
        for reply in from_messages(csv.DictReader(file)):
            sys.stdout.write(json.dumps(reply, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
