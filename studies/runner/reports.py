"""Making a report: the study's export of this moment, and the analysis on it as a process of its own.

The analysis needs seconds of CPU and libraries that no server should load, and it is given nothing but the package:
no key, no database address.
"""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from studies.domain.errors import Refused
from studies.exports import write_package
from studies.models import Report
from studies.queries.reports import FILES, LONGEST, archive_of, folder_of
from studies.services import reports

NICE = 10  # people who are being served come first
GIVEN = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "VIRTUAL_ENV", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
logger = logging.getLogger(__name__)


class Failed(Exception):
    """A report that could not be made; the message says why."""


def make(report_pk: int) -> None:
    """Make a report that waits. Its row tells how it ended."""
    report = Report.objects.select_related("study").get(pk=report_pk)
    if not reports.begin(report=report, now=timezone.now()):
        return
    if not _made(report):
        reports.discard_files(report=report)  # it was taken for lost and deleted meanwhile


def _made(report: Report) -> bool:
    """Whether the report is still there at its end."""
    try:
        blinded = _make(report)
    except (Failed, Refused) as failed:
        return reports.fail(report=report, why=str(failed), now=timezone.now())
    except OSError as error:
        why = f"Its files cannot be written: {error.strerror}."
        return reports.fail(report=report, why=why, now=timezone.now())
    except Exception:
        logger.exception("report %s failed", report.public_id)
        why = "A fault of the platform; the log of the server has it."
        return reports.fail(report=report, why=why, now=timezone.now())
    return reports.finish(report=report, blinded=blinded, now=timezone.now())


def _make(report: Report) -> bool:
    """Whether outcomes were withheld. Raises Failed, Refused."""
    folder = folder_of(report)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        package = Path(work) / f"{report.study.slug}.zip"
        written = write_package(study=report.study, out=package, include_simulated=report.include_simulated)
        _analyse(package, folder / FILES)
    shutil.make_archive(str(archive_of(report).with_suffix("")), "zip", root_dir=folder / FILES)
    return written.blinded


def _analyse(package: Path, out: Path) -> None:
    command = [sys.executable, "-m", "analysis", "report", str(package), "--out", str(out)]
    process = subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, errors="replace",
    )  # fmt: skip
    with suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
    try:
        _, said = process.communicate(timeout=LONGEST.total_seconds())
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise Failed(f"The analysis was not done after {LONGEST}. Run it by hand on an export.") from None
    if process.returncode:
        lines = said.strip().splitlines() or [f"it ended with status {process.returncode}"]
        raise Failed(f"The analysis says: {lines[-1].removeprefix('analysis: ')}")


def _environment() -> dict[str, str]:
    fonts = Path(settings.VAR_DIR) / "matplotlib"  # kept: to look through the fonts again costs seconds
    return {name: os.environ[name] for name in GIVEN if name in os.environ} | {"MPLCONFIGDIR": str(fonts)}
