"""Reports that the console has made: asked for, begun, ended, deleted."""

import shutil
from contextlib import suppress
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from studies.domain.errors import Refused
from studies.models import Report, Study
from studies.queries.reports import OPEN, folder_of, is_being_made, under_way
from studies.services import events
from studies.services.locks import lock_study
from studies.services.public_ids import new_public_id


@transaction.atomic
def ask(*, study: Study, by: AbstractBaseUser | None, include_simulated: bool, now: datetime) -> Report:
    """A report that waits to be made, one of a study at a time. Raises Refused."""
    study = lock_study(study)
    if not study.versions.exists():
        raise Refused("study_not_launched", "This study has not been launched: there is no data yet.")
    if under_way(study=study, now=now):
        raise Refused("report_under_way", "A report of this study is being made already. Wait for it to be done.")
    return Report.objects.create(
        study=study, public_id=new_public_id(), include_simulated=include_simulated,
        asked_by_id=by.pk if by else None, asked_at=now,
    )  # fmt: skip


def begin(*, report: Report, now: datetime) -> bool:
    """False where somebody has begun it before."""
    return _move(report, Report.State.WAITING, state=Report.State.RUNNING, begun_at=now)


def finish(*, report: Report, blinded: bool, now: datetime) -> bool:
    return _move(report, Report.State.RUNNING, state=Report.State.DONE, blinded=blinded, ended_at=now)


def fail(*, report: Report, why: str, now: datetime) -> bool:
    return _move(report, *OPEN, state=Report.State.FAILED, why_failed=why[:500], ended_at=now)


@transaction.atomic
def delete(*, report: Report, by: AbstractBaseUser | None, now: datetime) -> None:
    """Delete a report and its files; the study's events keep that it was there and whose account deleted it.

    Raises Refused: report_under_way, files_stay.
    """
    study = lock_study(report.study)
    found = Report.objects.filter(pk=report.pk).first()
    if found is None:
        return
    if is_being_made(found, now):
        raise Refused("report_under_way", "This report is being made. Wait for it to be done, then delete it.")
    told = {"report": found.public_id, "asked_at": found.asked_at.isoformat(), "state": found.state}
    events.record(study=study, kind="report.deleted", now=now, detail={**told, "staff": by.pk if by else None})
    found.delete()
    discard_files(report=report)


def discard_files(*, report: Report) -> None:
    """Raises Refused: files_stay."""
    try:
        with suppress(FileNotFoundError):
            shutil.rmtree(folder_of(report))
    except OSError as error:
        raise Refused(
            "files_stay", f"Its files cannot be deleted: {error.strerror or error}. The report stays."
        ) from None


def _move(report: Report, *before: str, **values: object) -> bool:
    """False where it stands elsewhere by now, or has been deleted."""
    moved = Report.objects.filter(pk=report.pk, state__in=before).update(**values)
    with suppress(Report.DoesNotExist):
        report.refresh_from_db()
    return bool(moved)
