"""An assistant's reply in virtual time: the real strategy and provider, without waiting for their pace.

A service is asked really; what it says takes the virtual time that the study's settings give to so many words.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from studies.domain.states import MessageStatus
from studies.domain.wire import clean_text
from studies.models import Message
from studies.runner import audit
from studies.runner.job import Job, claim
from studies.runner.source import Source, error_code
from studies.services import audit as services_audit
from studies.services import replies
from studies.services.replies import Advice, Call, Ending

OWNER = "simulation"
PACE = {"words_per_second": 0.0, "first_word_seconds": 0.0, "pauses": []}
USUAL_WORDS_PER_SECOND, USUAL_FIRST_WORD_SECONDS = 15.0, 0.8


@dataclass(frozen=True)
class Reply:
    """A reply that is written already, but not yet due. `advice_shown` is the letter it argues for, '' for none."""

    row: Message
    ending: Ending
    started_at: datetime
    first_word_seconds: float
    seconds: float

    @property
    def advice_shown(self) -> str:
        return self.ending.advice.shown

    def by(self, now: datetime) -> Ending:
        """What a person has of it at `now`: all, or the beginning."""
        if now >= self.started_at + timedelta(seconds=self.seconds):
            return self.ending
        passed = (now - self.started_at).total_seconds() - self.first_word_seconds
        share = max(0.0, passed / max(0.001, self.seconds - self.first_word_seconds))
        text = self.ending.text[: round(len(self.ending.text) * share)]
        first = self.ending.first_token_at if text else None
        calls = [replace(call, error="cancelled", stop_reason="") for call in self.ending.calls]
        return Ending(MessageStatus.STOPPED, text, first, Advice(), calls)


class Assistants:
    """Writes replies; one event loop for all of them."""

    def __init__(self) -> None:
        self._loop = asyncio.Runner()

    def close(self) -> None:
        self._loop.close()

    def write(self, row: Message, *, now: datetime) -> Reply | None:
        """Claim a queued reply and write it; None where it is wanted no more."""
        job = claim(row=row, owner=OWNER, now=now)
        if job is None:
            return None
        if job.cap:
            return Reply(row, Ending(MessageStatus.CAPPED, cap=job.cap), now, 0.0, 0.0)
        source = Source(_instant(job), now)
        text, error = self._loop.run(_collect(source))
        first, seconds = _pace(job, text)
        return Reply(row, _ending(source, text, error, now, first, seconds), now, first, seconds)

    def finish(self, reply: Reply, *, now: datetime) -> str:
        """End a reply, and have it read out where the study says by whom. The shown letter that it argues for, if any
        is known."""
        replies.finish(reply=reply.row, owner=OWNER, ending=reply.by(now), now=now)
        asked = audit.claimed(reply_id=reply.row.pk, now=now)
        if asked is None:
            return reply.advice_shown
        reading, call = self._loop.run(audit.read_out(asked, started_at=now))
        call = replace(call, started_at=now, first_token_ms=None, latency_ms=None)
        services_audit.record_reading(reply_id=reply.row.pk, reading=reading, call=call, now=now)
        return reading.letter if reading else ""


def _instant(job: Job) -> Job:
    """A scripted assistant without its pace; another provider takes the time that it takes."""
    if job.assistant.provider != "scripted":
        return job
    return replace(job, situation=replace(job.situation, options={**job.situation.options, **PACE}))


async def _collect(source: Source) -> tuple[str, Exception | None]:
    pieces: list[str] = []
    try:
        async for piece in source.text():
            pieces.append(str(clean_text(piece)))
    except Exception as error:
        return "".join(pieces), error
    return "".join(pieces), None


def _pace(job: Job, text: str) -> tuple[float, float]:
    """Seconds to the first word and to the last, as the study's settings would have them."""
    settings = job.assistant.settings
    first = float(settings.get("first_word_seconds") or USUAL_FIRST_WORD_SECONDS)
    rate = float(settings.get("words_per_second") or USUAL_WORDS_PER_SECOND)
    return first, round(first + len(text.split()) / rate, 3)


def _ending(source: Source, text: str, error: Exception | None, now: datetime, first: float, seconds: float) -> Ending:
    calls = _in_virtual_time(source.calls(error_code(error) if error else ""), bool(text), now, first, seconds)
    first_at = now + timedelta(seconds=first) if text else None
    if error is None:
        return Ending(source.status(), text, first_at, source.advice(), calls, source.cap)
    status = MessageStatus.INTERRUPTED if text else MessageStatus.FAILED
    return Ending(status, text, first_at, Advice(), calls)


def _in_virtual_time(calls: list[Call], spoke: bool, now: datetime, first: float, seconds: float) -> list[Call]:
    """The last call takes the time of the reply; how long those before it would have taken is not known."""
    timed = [replace(call, started_at=now, first_token_ms=None, latency_ms=None) for call in calls]
    if timed:
        at_word = round(first * 1000) if spoke else None
        timed[-1] = replace(timed[-1], first_token_ms=at_word, latency_ms=round(seconds * 1000))
    return timed
