"""The pages of a participant: the join page, and one address for the whole sitting."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from studies.domain.errors import Refused
from studies.domain.markdown import render as render_markdown
from studies.domain.sitting import Step
from studies.models import Participant, Session, Study, unread
from studies.queries.page import invitation, page
from studies.runner import control
from studies.services import enrolment, simulated
from studies.services import sitting as sittings
from studies.views.actions import ACTIONS
from studies.views.typed import clean, kept

PANELS = {
    "prolific": ("PROLIFIC_PID", ("STUDY_ID", "SESSION_ID")),
    "connect": ("participantId", ("assignmentId", "projectId")),
}
LONGEST_ID = 120
COOKIE_DAYS = 90


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """The invitation. Reading it creates nothing: link scanners read it too. The button creates the participant."""
    now = timezone.now()
    study = Study.objects.filter(slug=slug).first()
    if study is None:
        return message(request, "There is no such study", "Please check the link that you were given.", status=404)
    try:
        protocol = enrolment.newest_version(study).protocol
        if signed := request.GET.get("simulated", ""):
            return _join_simulated(request, study, signed, now)
        visit = _visit(request, study)
        known = enrolment.find(study=study, visit=visit, cookie_token=_cookie(request, study))
        if known is None and study.state == "open":
            _check_sent_by_panel(visit)
        if known is None and request.method == "POST":
            known = enrolment.join(study=study, visit=visit, now=now)
            if protocol.entry.rejoins_by_id:  # nothing to add to the invitation just read
                sittings.welcome(session=enrolment.session_for(participant=known, now=now), now=now)
        if known is not None:
            return _to_sitting(request, study, known)
        enrolment.check_open(study=study, now=now)
    except Refused as refused:
        return message(request, study.title, refused.sentence, study=study)
    return render(request, "participant/join.html", {**invitation(protocol), "parameters": _asked(request, study)})


def _join_simulated(request: HttpRequest, study: Study, signed: str, now: datetime) -> HttpResponse:
    """The entry of `simulate --live`: a ticket that only this installation can sign leads to the simulated pool."""
    if request.method == "POST":
        return _to_sitting(request, study, simulated.join_by_ticket(study=study, signed=signed, now=now))
    protocol = enrolment.newest_version(study).protocol
    return render(request, "participant/join.html", {**invitation(protocol), "parameters": {}})


def _check_sent_by_panel(visit: enrolment.Visit) -> None:
    """Nobody can be paid through a panel without its id."""
    if visit.panel in PANELS and not visit.panel_id:
        raise Refused(
            "no_panel_id", "The address lacks the id that your panel gives you. Please open the study from the panel."
        )


def _visit(request: HttpRequest, study: Study) -> enrolment.Visit:
    entry = enrolment.newest_version(study).protocol.entry
    id_name, others = PANELS.get(entry.panel, (entry.id_parameter, ()))
    given = {**request.GET.dict(), **request.POST.dict()}
    values = {name: clean(str(given[name]))[:LONGEST_ID] for name in others if given.get(name)}
    return enrolment.Visit(entry.panel, clean(str(given.get(id_name, ""))).strip()[:LONGEST_ID], values)


def _asked(request: HttpRequest, study: Study) -> dict[str, str]:
    """The panel's parameters, to be sent on with the button."""
    entry = enrolment.newest_version(study).protocol.entry
    id_name, others = PANELS.get(entry.panel, (entry.id_parameter, ()))
    return {name: request.GET[name] for name in (id_name, *others) if name in request.GET}


def _cookie(request: HttpRequest, study: Study) -> str | None:
    value = request.get_signed_cookie(_cookie_name(study), default=None, max_age=COOKIE_DAYS * 86_400)
    return value if isinstance(value, str) else None


def _cookie_name(study: Study) -> str:
    return f"sitting-{study.slug}"


def _to_sitting(request: HttpRequest, study: Study, participant: Participant) -> HttpResponse:
    response = HttpResponseRedirect(reverse("participant:sitting", args=[participant.token]), status=303)
    response.set_signed_cookie(
        _cookie_name(study),
        participant.token,
        max_age=COOKIE_DAYS * 86_400,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sitting(request: HttpRequest, token: str) -> HttpResponse:
    """The one address: a GET shows where the person is, a POST carries out one button and comes back here."""
    now = timezone.now()
    participant = _participant(token)
    if participant is None:
        return unknown(request)
    if request.method != "POST":
        return show(request, participant, now)
    try:
        _act(request, enrolment.session_for(participant=participant, now=now), now)
    except Refused as refused:
        return show(request, participant, now, notice=refused.sentence, posted=kept(request))
    return HttpResponseRedirect(request.path, status=303)


def _act(request: HttpRequest, session: Session, now: datetime) -> None:
    action = ACTIONS.get(request.POST.get("action", ""))
    if action is None:
        raise Refused("unknown_action", "Please use the buttons on this page.")
    enrolment.seen(session=session, now=now)
    action(request, session, now)
    control.publish(session.pk, control.CLOSED)  # so that another tab leaves a question that is over


def show(
    request: HttpRequest,
    participant: Participant,
    now: datetime,
    *,
    notice: str = "",
    posted: dict[str, object] | None = None,
) -> HttpResponse:
    """The page that the records say; whatever is overdue is closed first."""
    session = enrolment.session_for(participant=participant, now=now)
    where = sittings.whereabouts(session=session, now=now)
    enrolment.seen(session=session, now=now)
    current = page(session=session, now=now, where=where)
    link = request.build_absolute_uri(request.path)
    context = {**current.context, "notice": notice, "posted": posted or {}, "personal_link": link}
    if current.step is Step.TRIAL:
        context["locked"] = context["trial"]["initial"]["required"] and not context["trial"]["initial"]["given"]
        context["config"] = _trial_config(request, context)
        _keep_choice(context)
    elif current.step is Step.DEVICE:
        context["config"] = {"token": participant.token}
    return render(request, f"participant/{current.step}.html", context)


def _keep_choice(context: dict[str, Any]) -> None:
    """A refused answer stays chosen."""
    posted, trial = context["posted"], context["trial"]
    if posted.get("trial") == trial["id"]:
        trial["answer"] = posted.get("answer") or trial["answer"]
        trial["confidence"] = posted.get("confidence") or trial["confidence"]


def _trial_config(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    trial, token = context["trial"], context["token"]
    return {
        "token": token,
        "trial": trial["id"],
        "csrf": get_token(request),
        "known": {"answer": trial["answer"], "confidence": trial["confidence"]},
        "remaining_ms": trial["remaining_ms"],
        "covered": trial["covered"],
        "passage_left_ms": trial["passage"]["left_ms"] if trial["passage"] else None,
        "telemetry": context["telemetry"],
        "chat": None if context["locked"] else context["chat"],
        "chat_url": reverse("participant:chat", args=[token]),
    }


@never_cache
@require_GET
def instructions(request: HttpRequest, token: str) -> HttpResponse:
    """The instructions to read again, in a tab of their own; no clock stops for them."""
    participant = _participant(token)
    if participant is None:
        return unknown(request)
    now = timezone.now()
    context = page(session=enrolment.session_for(participant=participant, now=now), now=now).context
    allowed = ("study", "code", "preview", "outside_help", "several_assistants", "token")
    shown = {name: context[name] for name in allowed}
    text = render_markdown(participant.version.protocol.texts.instructions)
    here = {"instructions_html": text, "read_only": True, "step": "instructions"}
    return render(request, "participant/instructions.html", {**shown, **here})


@never_cache
@require_GET
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """Asks once before somebody stops, or withdraws their data."""
    participant = _participant(token)
    if participant is None:
        return unknown(request)
    now = timezone.now()
    context = page(session=enrolment.session_for(participant=participant, now=now), now=now).context
    shown = {name: context[name] for name in ("study", "code", "preview", "token", "instructions_html")}
    return render(request, "participant/leave.html", {**shown, "withdrawing": "withdraw" in request.GET})


def _participant(token: str) -> Participant | None:
    if not token.isprintable():  # a database refuses NUL with an error of its own
        return None
    return Participant.objects.filter(token=token).select_related("study", "version").defer(*unread()).first()


def unknown(request: HttpRequest) -> HttpResponse:
    sentence = "Please use the link that you were given, or start again from the invitation."
    return message(request, "This link is not known", sentence, status=404)


def message(
    request: HttpRequest, heading: str, sentence: str, *, study: Study | None = None, status: int = 200
) -> HttpResponse:
    """A page with one sentence that says what to do."""
    title = {"title": study.title if study else heading}
    if study is not None:
        details = study.document.get("study", {})
        title |= {name: details.get(name, "") for name in ("contact_name", "contact_email")}
    context = {"heading": heading, "sentence": sentence, "study": title}
    return render(request, "participant/message.html", context, status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A page that stood open too long: a sentence to a person, a code to a script."""
    if request.content_type == "application/json":
        sentence = "This page has been open for too long. Please reload it; what you saved is kept."
        return JsonResponse({"type": "refused", "code": "csrf", "text": sentence}, status=403)
    return render(request, "403_csrf.html", status=403)
