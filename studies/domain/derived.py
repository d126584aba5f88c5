"""What is worked out from the record of a trial: waits, recommendations, what a person had seen before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from studies.domain.states import FINAL, MessageStatus

FAULTS = frozenset({MessageStatus.FAILED, MessageStatus.REFUSED, MessageStatus.INTERRUPTED})


@dataclass(frozen=True)
class Said:
    """One message of a talk. `recommended` is an original letter, '' for none."""

    turn: int
    role: str  # participant, assistant
    attempt: int
    status: str
    sent_at: datetime
    first_token_at: datetime | None = None
    finished_at: datetime | None = None
    recommended: str = ""
    text: str = ""
    read: bool | None = None  # whether somebody has read out what a reply recommends; None where it has no words


@dataclass(frozen=True)
class Met:
    """An opened main trial as far as it shows a person what an assistant is like."""

    opened_at: datetime
    assisted: bool
    brief_correct: bool | None
    revealed_at: datetime | None


@dataclass(frozen=True)
class Exposure:
    """Assisted main trials; of these those with a wrong brief; of these those whose right answer was shown."""

    assisted: int
    wrong_briefs: int
    wrong_revealed: int


def whole_milliseconds(moment: datetime) -> datetime:
    """The moment as an export writes it: UTC, cut to milliseconds."""
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def seconds_between(start: datetime, end: datetime) -> float:
    """Seconds between two moments as an export writes them, so that a reader's difference agrees."""
    return (whole_milliseconds(end) - whole_milliseconds(start)) / timedelta(seconds=1)


def in_order(talk: Iterable[Said]) -> list[Said]:
    """The talk as it was received."""
    return sorted(talk, key=lambda line: (line.turn, line.role == "assistant", line.attempt))


def reply_wait_seconds(talk: Iterable[Said]) -> float:
    """Summed time from a message being committed to its reply being final, every attempt counted."""
    waits = [
        seconds_between(line.sent_at, line.finished_at)
        for line in talk
        if line.role == "assistant" and line.finished_at is not None
    ]
    return round(sum(waits), 3)


def first_token_wait_seconds(talk: Iterable[Said]) -> float | None:
    """Summed time from a message being committed to the first word of its reply; None where no word ever came."""
    waits = [
        seconds_between(line.sent_at, line.first_token_at)
        for line in talk
        if line.role == "assistant" and line.first_token_at is not None
    ]
    return round(sum(waits), 3) if waits else None


def recommendations(talk: Iterable[Said]) -> tuple[str, str]:
    """The first and the last recommendation among the final replies; ('', '') where there was none."""
    given = [line.recommended for line in in_order(talk) if _advises(line)]
    return (given[0], given[-1]) if given else ("", "")


def argued(talk: Iterable[Said], target: str) -> bool | None:
    """Whether a final reply recommended the target.

    None where nothing was drawn or nothing said, and while what was said is not all read out.
    """
    said = [line for line in talk if line.role == "assistant" and line.status in FINAL and line.read is not None]
    if not target or not said:
        return None
    if any(line.recommended == target for line in said):
        return True
    return False if all(line.read for line in said) else None


def texts_before_advice(talk: Iterable[Said]) -> list[str]:
    """What the person wrote before the first recommendation came: all of it where none came."""
    texts: list[str] = []
    for line in in_order(talk):
        if _advises(line):
            break
        if line.role == "participant":
            texts.append(line.text)
    return texts


def _advises(line: Said) -> bool:
    return line.role == "assistant" and line.status in FINAL and line.recommended != ""


def faults(talk: Iterable[Said]) -> int:
    """Replies that failed, were refused or were interrupted."""
    return sum(line.role == "assistant" and line.status in FAULTS for line in talk)


def exposure_before(trials: Sequence[Met], moment: datetime) -> Exposure:
    """What the person had seen of assistants before `moment`, over all sittings; practice is no part of it."""
    return exposure(
        [trial for trial in trials if trial.opened_at < moment],
        revealed_by=moment,
    )


def exposure(trials: Iterable[Met], *, revealed_by: datetime | None = None) -> Exposure:
    """Counts over these trials; a reveal counts up to `revealed_by`, whenever it came where that is None."""
    assisted = [trial for trial in trials if trial.assisted]
    wrong = [trial for trial in assisted if trial.brief_correct is False]
    shown = [trial.revealed_at for trial in wrong if trial.revealed_at is not None]
    revealed = [at for at in shown if revealed_by is None or at <= revealed_by]
    return Exposure(len(assisted), len(wrong), len(revealed))
