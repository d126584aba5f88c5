"""The few states of a study, a sitting and a trial, and which steps between them exist."""

from enum import StrEnum


class StudyState(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


class SessionState(StrEnum):
    ENROLLED = "enrolled"
    CONSENTED = "consented"
    BRIEFED = "briefed"
    IN_PROGRESS = "in_progress"
    FINISHED = "finished"


class TrialState(StrEnum):
    PENDING = "pending"
    OPEN = "open"
    CLOSED = "closed"


class Outcome(StrEnum):
    COMPLETED = "completed"
    DECLINED = "declined"
    SCREENED_OUT = "screened_out"
    FAILED_ATTENTION = "failed_attention"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    TECHNICAL = "technical"


class ClosedBy(StrEnum):
    PARTICIPANT = "participant"
    DEADLINE = "deadline"
    WITHDRAWAL = "withdrawal"
    ABANDONED = "abandoned"
    RESEARCHER = "researcher"
    TECHNICAL = "technical"


class MessageStatus(StrEnum):
    QUEUED = "queued"
    STREAMING = "streaming"
    DONE = "done"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    REFUSED = "refused"
    CAPPED = "capped"


IN_FLIGHT = frozenset({MessageStatus.QUEUED, MessageStatus.STREAMING})
FINAL = frozenset(MessageStatus) - IN_FLIGHT

STUDY_STEPS: dict[StudyState, frozenset[StudyState]] = {
    StudyState.DRAFT: frozenset({StudyState.OPEN}),
    StudyState.OPEN: frozenset({StudyState.PAUSED, StudyState.CLOSED}),
    StudyState.PAUSED: frozenset({StudyState.OPEN, StudyState.CLOSED}),
    StudyState.CLOSED: frozenset(),
}

SESSION_STEPS: dict[SessionState, frozenset[SessionState]] = {
    SessionState.ENROLLED: frozenset({SessionState.CONSENTED, SessionState.FINISHED}),
    SessionState.CONSENTED: frozenset({SessionState.BRIEFED, SessionState.FINISHED}),
    SessionState.BRIEFED: frozenset({SessionState.IN_PROGRESS, SessionState.FINISHED}),
    SessionState.IN_PROGRESS: frozenset({SessionState.FINISHED}),
    SessionState.FINISHED: frozenset(),
}

MESSAGE_STEPS: dict[MessageStatus, frozenset[MessageStatus]] = {
    MessageStatus.QUEUED: frozenset(MessageStatus) - {MessageStatus.QUEUED},
    MessageStatus.STREAMING: FINAL,
    **{status: frozenset() for status in FINAL},
}
