"""Rows and the constraints that forbid the impossible; one file per aggregate."""

from studies.models.baseline import BaselineAnswer, BaselineRun
from studies.models.chat import AuditCoding, Generation, Message
from studies.models.dataset import Dataset, Item, Passage, Rating
from studies.models.event import Event
from studies.models.participant import PanelIdentity, Participant, Pool
from studies.models.report import Report
from studies.models.session import FormAnswer, Session
from studies.models.study import FrozenDocument, ProtocolVersion, Study, StudyItem, Unblinding, unread
from studies.models.trial import Allocation, Brief, Draft, LateAnswer, Response, Trial

__all__ = [
    "Allocation",
    "AuditCoding",
    "BaselineAnswer",
    "BaselineRun",
    "Brief",
    "Dataset",
    "Draft",
    "Event",
    "FormAnswer",
    "FrozenDocument",
    "Generation",
    "Item",
    "LateAnswer",
    "Message",
    "PanelIdentity",
    "Participant",
    "Passage",
    "Pool",
    "ProtocolVersion",
    "Rating",
    "Report",
    "Response",
    "Session",
    "Study",
    "StudyItem",
    "Trial",
    "Unblinding",
    "unread",
]
