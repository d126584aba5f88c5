"""Reports of the analysis: made as a job, shown in a page, downloaded. Their files are read by the staff alone."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods

from studies.domain.errors import Refused
from studies.models import Pool, Report, Study
from studies.queries import reports as queries
from studies.queries.blinding import outcomes_withheld
from studies.services import reports
from studies.views import jobs
from studies.views.research import chosen_pool, frame, researcher

# The report is styled by itself and runs nothing: it may not do more than that here either.
REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
SLOW_TO_BEGIN = timedelta(minutes=1)
PER_PAGE = 20


@researcher
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """The reports of a study; a POST has another one made."""
    study, now = get_object_or_404(Study, slug=slug), timezone.now()
    pool = chosen_pool(request, study)
    if request.method == "POST":
        _ask(request, study, pool, now)
        return redirect(f"{request.path}?pool={pool}")
    context = {
        **frame(study, pool),
        **_listed(request, study, now),
        "withheld": pool == Pool.REAL and outcomes_withheld(study),
    }
    return render(request, "research/reports.html", context)


def _ask(request: HttpRequest, study: Study, pool: str, now: datetime) -> None:
    by = request.user if request.user.is_authenticated else None
    try:
        asked = reports.ask(study=study, by=by, include_simulated=pool == Pool.SIMULATED, now=now)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return
    try:
        jobs.report(asked)
    except Refused as refused:
        reports.fail(report=asked, why=refused.sentence, now=now)
        messages.error(request, refused.sentence)


@researcher
@require_GET
def status(request: HttpRequest, slug: str) -> HttpResponse:
    """The list of reports, for the page to fetch quietly."""
    study = get_object_or_404(Study, slug=slug)
    return render(request, "research/_reports.html", {"study": study, **_listed(request, study, timezone.now())})


def _listed(request: HttpRequest, study: Study, now: datetime) -> dict[str, Any]:
    found = Paginator(queries.reports_of(study=study), PER_PAGE).get_page(request.GET.get("page"))
    lines = [
        {
            "report": one,
            "lost": queries.is_lost(one, now),
            "may_go": not queries.is_being_made(one, now),
            "nobody": one.state == Report.State.WAITING and one.asked_at < now - SLOW_TO_BEGIN,
        }
        for one in found
    ]
    return {"page": found, "lines": lines, "under_way": queries.under_way(study=study, now=now), "now": now}


@researcher
@require_GET
def report(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """A finished report within the console."""
    found = _finished(slug, public_id)
    pool = Pool.SIMULATED if found.include_simulated else Pool.REAL
    return render(request, "research/report.html", {**frame(found.study, pool), "report": found})


@researcher
@require_GET
@xframe_options_sameorigin
def document(request: HttpRequest, slug: str, public_id: str) -> HttpResponseBase:
    """The report itself, to be shown; `?download=1`, to be kept."""
    found = _finished(slug, public_id)
    keep = request.GET.get("download") == "1"
    name = f"{_name(found)}.html"
    response = FileResponse(queries.page_of(found).open("rb"), as_attachment=keep, filename=name)
    response.headers["Content-Security-Policy"] = REPORT_POLICY
    return response


@researcher
@require_GET
def archive(request: HttpRequest, slug: str, public_id: str) -> HttpResponseBase:
    """The report with its tables, figures and results.json."""
    found = _finished(slug, public_id)
    return FileResponse(queries.archive_of(found).open("rb"), as_attachment=True, filename=f"{_name(found)}.zip")


@researcher
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Ask once, then do it."""
    found = get_object_or_404(Report.objects.select_related("study"), study__slug=slug, public_id=public_id)
    pool = Pool.SIMULATED if found.include_simulated else Pool.REAL
    if request.method == "GET":
        return render(request, "research/report_delete.html", {**frame(found.study, pool), "report": found})
    by = request.user if request.user.is_authenticated else None
    try:
        reports.delete(report=found, by=by, now=timezone.now())
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, "The report is deleted.")
    return redirect(f"{reverse('research:reports', args=[slug])}?pool={pool}")


def _finished(slug: str, public_id: str) -> Report:
    found = get_object_or_404(Report.objects.select_related("study"), study__slug=slug, public_id=public_id)
    if found.state != Report.State.DONE or not queries.page_of(found).is_file():
        raise Http404
    return found


def _name(found: Report) -> str:
    return f"{found.study.slug}-report-{found.asked_at:%Y%m%d-%H%M}"
