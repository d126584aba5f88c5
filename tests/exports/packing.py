"""A study with everything in it, walked through the services, and its package read back."""

import csv
import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from studies.domain.states import MessageStatus
from studies.exports import write_package
from studies.models import Message, Pool, Session, Study, Trial
from studies.services import chat, replies, sitting, trials
from tests.factories import dataset, launched_study
from tests.walk import START, answer_all, at, briefed, open_trial, shown

PARTS: dict[str, Any] = {
    "design": {"participants": 50, "arm_order": "fixed"},
    "arms": [
        {"name": "assisted", "label": "A", "assistant": "guide"},
        {"name": "unaided", "label": "U"},
    ],
    "practice": {"trials": [{"dataset": "d", "item": "k0", "assistant": "guide", "brief": "wrong"}]},
    "attention": [{"key": "check", "question": "Choose y", "options": ["x", "y", "z"], "answer": "y", "after": 2}],
    "bonus": {"rule": "per_correct", "per_correct_minor": 25},
    "answer": {"reveal": "after_trial"},
    "exclusions": [
        {"name": "attention", "rule": "failed_attention", "why": "did not read"},
        {"name": "silent", "rule": "zero_turns", "level": "trial", "why": "said nothing"},
        {"name": "expert", "rule": "unaided_accuracy_above", "value": 0.95},
    ],
    "consent": {
        "items": [
            {"key": "study", "text": "ok"},
            {"key": "chats", "text": "chats"},
            {"key": "public_release", "text": "release", "required": False},
        ]
    },
    "screening": [{"key": "age", "text": "Age?", "kind": "choice", "options": ["young", "old"]}],
}
PROMPT = {"assigned": {"sha256": "f" * 64, "text": "Argue for your option.\n"}, "old": "e" * 64}


def full_study(**parts: Any) -> Study:
    dataset()
    return launched_study(prompts=PROMPT, **{**PARTS, **parts})


def person(study: Study, panel_id: str = "", **more: Any) -> Session:
    """Somebody who is about to start, screening answered."""
    return briefed(study, panel_id, screening={"age": "old"}, **more)


def first_main(session: Session, *, now_seconds: float = 0) -> Trial:
    """Through the practice trial and on to the first main one, which is open at `now_seconds` + 20."""
    trial = open_trial(session, now=at(now_seconds))
    trials.submit(trial=trial, answer="A", confidence_raw="60", now=at(now_seconds + 10))
    trials.leave_feedback(trial=Trial.objects.get(pk=trial.pk), now=at(now_seconds + 12))
    return open_trial(session, now=at(now_seconds + 20))


def say(trial: Trial, text: str, *, now: float, advice: str = "", status: str = "done", reply: str = "Hm.") -> Message:
    """A message at `now` and its reply: first word a second later, final after three."""
    posted = chat.post_message(trial=trial, client_id="", text=text, now=at(now))
    assert posted.reply is not None, "a message is replied to"
    replies.begin(reply_id=posted.reply.pk, owner="test", now=at(now))
    ending = replies.Ending(
        status=MessageStatus(status),
        text=reply,
        first_token_at=at(now + 1),
        advice=replies.Advice(original=advice, shown=advice, quote=advice, by="provider"),
        calls=[replies.Call(started_at=at(now), provider="scripted", model_returned="m", latency_ms=3000)],
    )
    replies.finish(reply=posted.reply, owner="test", ending=ending, now=at(now + 3))
    return Message.objects.get(pk=posted.reply.pk)


def finished(study: Study, panel_id: str = "", *, answer: str = "A", pool: Pool = Pool.REAL, **more: Any) -> Session:
    """Somebody who answered everything with `answer`."""
    session = briefed_in(study, panel_id, pool=pool, **more)
    session = answer_all(session, now=at(60), answer=answer)
    sitting.answer_survey(session=session, answers={}, now=START + timedelta(minutes=10))
    return session


def briefed_in(study: Study, panel_id: str, *, pool: Pool, **more: Any) -> Session:
    session = person(study, panel_id, **more)
    if pool != Pool.REAL:
        type(session.participant).objects.filter(pk=session.participant_id).update(pool=pool)
        session.participant.refresh_from_db()
    return session


def packed(study: Study, folder: Path, **options: Any) -> Path:
    path = folder / "export.zip"
    write_package(study=study, out=path, **options)
    return path


def rows(path: Path, table: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(path) as archive:
        text = archive.read(f"{table}.csv").decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def member(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


__all__ = ["finished", "first_main", "full_study", "member", "packed", "person", "rows", "say", "shown"]
