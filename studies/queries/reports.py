"""Reports of a study: where their files lie, and which of them nobody works on any more."""

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet

from studies.models import Report, Study

LONGEST = timedelta(minutes=30)  # then a report is given up
OPEN = (Report.State.WAITING, Report.State.RUNNING)
FILES, PAGE = "files", "report.html"


def reports_of(*, study: Study) -> QuerySet[Report]:
    """The newest first. None of them goes unless a researcher deletes it: somebody may have cited it."""
    return Report.objects.filter(study=study).select_related("asked_by").order_by("-pk")


def under_way(*, study: Study, now: datetime) -> Report | None:
    """The report that is being made or waits; one whose time is over is lost, with the process that made it."""
    return reports_of(study=study).filter(state__in=OPEN, asked_at__gte=now - LONGEST).first()


def is_being_made(report: Report, now: datetime) -> bool:
    """Somebody works on it, or is about to: it is not to be deleted."""
    return report.state in OPEN and not is_lost(report, now)


def is_lost(report: Report, now: datetime) -> bool:
    return report.state in OPEN and report.asked_at < now - LONGEST


def folder_of(report: Report) -> Path:
    return Path(settings.VAR_DIR) / "reports" / report.public_id


def page_of(report: Report) -> Path:
    """The report itself."""
    return folder_of(report) / FILES / PAGE


def archive_of(report: Report) -> Path:
    """The report with its tables, figures and results.json."""
    return folder_of(report) / "report.zip"
