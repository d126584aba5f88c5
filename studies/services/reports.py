"""Reports that the console has made: asked for, begun, ended."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from studies.domain.errors import Refused
from studies.models import Report, Study
from studies.queries.reports import OPEN, reports_of, under_way
from studies.services.locks import lock_study
from studies.services.public_ids import new_public_id


@transaction.atomic
def ask(*, study: Study, by: AbstractBaseUser | None, include_simulated: bool, now: datetime) -> Report:
    """A report that waits to be made, one of a study at a time. Raises Refused."""
    study = lock_study(study)
    if not study.versions.exists():
        raise Refused("study_not_launched", "This study has not been launched: there is no data yet.")
    if under_way(reports=reports_of(study=study), now=now):
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


def _move(report: Report, *before: str, **values: object) -> bool:
    moved = Report.objects.filter(pk=report.pk, state__in=before).update(**values)
    report.refresh_from_db()
    return bool(moved)
