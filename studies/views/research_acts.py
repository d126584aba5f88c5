"""What researchers do: load a study file, launch, pause, close, preview, unblind, export. Each calls one service."""

import tempfile
import tomllib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from studies.domain.errors import Refused, StudyFaults
from studies.domain.protocol_check import placeholders
from studies.exports import write_package
from studies.models import Study
from studies.queries.presets import preset_names, preset_text
from studies.services import enrolment, studies
from studies.views.research import researcher

MOST_BYTES = 200_000  # what is refused is shown again in the page, and a posted page may not be larger
IN_MEMORY = 10_000_000

ACTS: dict[str, tuple[Callable[..., Any], str, str]] = {
    "launch": (studies.launch, "Launch", "The study takes people now; its protocol is frozen."),
    "pause": (studies.pause, "Pause", "The study takes no new people. Who has started goes on."),
    "resume": (studies.resume, "Resume", "The study takes people again."),
    "close": (studies.close, "Close", "The study is closed. Outcomes by arm are shown from now on."),
}


@researcher
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Check and load a study file: chosen, pasted, or a preset to start from."""
    if request.method == "GET":
        asked = request.GET.get("preset", "")
        return _form(request, toml=preset_text(asked) or "", preset=asked)
    try:
        toml = _posted_toml(request)
    except Refused as refused:
        return _form(request, toml=_text(request), faults=[refused.sentence])
    if request.POST.get("do") == "check":
        faults = studies.check(toml)
        return _form(request, toml=toml, faults=faults, left=None if faults else placeholders(tomllib.loads(toml)))
    try:
        study = studies.load(toml_text=toml, now=timezone.now())
    except StudyFaults as error:
        return _form(request, toml=toml, faults=error.faults)
    messages.success(request, "The draft is loaded. Preview it, then launch it.")
    return redirect("research:study", slug=study.slug)


def _form(
    request: HttpRequest, *, toml: str, faults: Sequence[str] = (), left: list[str] | None = None, preset: str = ""
) -> HttpResponse:
    """`left` are the placeholders of a file that was checked and found without faults."""
    context = {"toml": toml, "presets": preset_names(), "preset": preset, "checked": left is not None}
    context |= {"faults": [_keyed(fault) for fault in faults], "left": [_keyed(one) for one in left or []]}
    return render(request, "research/new.html", context, status=422 if faults else 200)


def _keyed(fault: str) -> tuple[str, str]:
    """The key of a fault apart from its words; no key where it is about the file as a whole."""
    key, colon, words = fault.partition(": ")
    return (key, words) if colon and " " not in key else ("", fault)


def _text(request: HttpRequest) -> str:
    return request.POST.get("toml", "").replace("\r\n", "\n")


def _posted_toml(request: HttpRequest) -> str:
    """The chosen file, else the text of the page. Raises Refused."""
    upload = request.FILES.get("file")
    if upload is None:
        if not _text(request).strip():
            raise Refused("nothing_given", "Choose a file, paste its text, or start from a preset.")
        return _text(request)
    raw: bytes = upload.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise Refused(
            "too_long", f"{upload.name} is larger than {MOST_BYTES:,} bytes. Load it with `manage.py study load`."
        )
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise Refused("not_utf8", f"{upload.name} is not UTF-8 text. Save it as UTF-8 and choose it again.") from None


@researcher
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, slug: str, action: str) -> HttpResponse:
    """Ask once, then do it."""
    study = get_object_or_404(Study, slug=slug)
    service, words, said = ACTS[action]
    if request.method == "GET":
        left = [_keyed(one) for one in placeholders(study.document)] if action == "launch" else []
        return render(
            request, "research/confirm.html", {"study": study, "action": action, "words": words, "left": left}
        )
    _done(request, lambda: service(study=study, now=timezone.now()), said)
    return redirect("research:study", slug=slug)


@researcher
@require_POST
def unblind(request: HttpRequest, slug: str) -> HttpResponse:
    study = get_object_or_404(Study, slug=slug)
    assert request.user.is_authenticated, "nobody else comes here"
    user = request.user
    why = request.POST.get("why", "").replace("\0", "")[:500]
    said = "Noted. Outcomes by arm of this study are shown from now on."
    _done(request, lambda: studies.unblind(study=study, user=user, why=why, now=timezone.now()), said)
    return HttpResponseRedirect(reverse("research:study", args=[slug]) + "?pool=real#outcomes")


def _done(request: HttpRequest, service: Callable[[], Any], said: str) -> None:
    """Call a service and tell what came of it."""
    try:
        with transaction.atomic():
            service()
    except Refused as refused:
        messages.error(request, refused.sentence)
    except StudyFaults as error:
        messages.error(request, "The draft cannot be used: " + "; ".join(error.faults))
    else:
        messages.success(request, said)


@researcher
@require_POST
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """Make somebody who never counts, and become them."""
    study = get_object_or_404(Study, slug=slug)
    try:
        person = enrolment.preview(study=study, arm=request.POST.get("arm") or None, now=timezone.now())
    except (Refused, StudyFaults) as refused:
        messages.error(request, str(refused))
        return redirect("research:study", slug=slug)
    return redirect("participant:sitting", token=person.token)


@researcher
@require_GET
def export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The data package, written to a temporary file and sent from there in pieces."""
    study = get_object_or_404(Study, slug=slug)
    simulated = request.GET.get("simulated") == "1"
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (the response closes it)
    try:
        write_package(study=study, out=file, include_simulated=simulated)
    except Refused as refused:
        file.close()
        messages.error(request, refused.sentence)
        return redirect("research:study", slug=slug)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=_file_name(study, timezone.now()))


def _file_name(study: Study, now: datetime) -> str:
    return f"{study.slug}-{now:%Y%m%d-%H%M}.zip"
