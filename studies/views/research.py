"""What researchers see: all studies, one study, its people and items, one person.

Reading carries out only what the clock has decided already: overdue questions and sittings are closed first.
"""

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from studies.domain.protocol import Protocol
from studies.domain.states import Outcome
from studies.models import Participant, Pool, ProtocolVersion, Study, Unblinding
from studies.queries import (
    audit,
    console,
    console_fill,
    console_outcomes,
    console_people,
    console_person,
    console_problems,
)
from studies.queries.frozen import frozen_protocol
from studies.services import sweep
from studies.views.pictures import histogram, stacked

PEOPLE_SHOWN, PER_PAGE = 25, 100
POOL_WORDS = {Pool.REAL.value: "Participants", Pool.SIMULATED.value: "Simulated", Pool.PREVIEW.value: "Previews"}
View = Callable[..., HttpResponseBase]


def researcher(view: View) -> View:
    """Only people who are logged in and belong to the staff."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_staff:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    guard: View = never_cache(login_required(guarded))
    return guard


@researcher
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    sweep.sweep(now=now)
    faults = console_problems.faulty_replies()
    lines = [_home_line(line, faults) for line in console.overview(now=now)]
    return render(request, "research/home.html", {"lines": lines, "now": now})


def _home_line(line: console.StudyLine, faults: Counter[tuple[int, str]]) -> dict[str, Any]:
    pool = next((name for name in Pool.values if line.people[name].joined), Pool.REAL.value)
    return {
        "study": line.study,
        "version": line.version,
        "pool": pool,
        "pool_words": POOL_WORDS[pool],
        "people": line.people[pool],
        "bar": people_bar(line.people[pool]),
        "alarms": _alarms(line.study, line.people[pool], faults[line.study.pk, pool]),
    }


def _alarms(study: Study, people: console.People, faults: int) -> list[str]:
    """What to look at in this study, each in a few words."""
    paused = ["nobody is let in: a model has changed"] if study.paused_because else []
    found = (
        (faults, "replies failed or interrupted"),
        (people.counts[Outcome.TECHNICAL], "ended for a technical reason"),
        (people.counts[console.AWAY], "away in mid-sitting"),
    )
    return paused + [f"{words}: {number}" for number, words in found if number]


def people_bar(people: console.People) -> dict[str, Any]:
    """The groups of people as one bar; its whole is the places of the study, or everybody where they are more."""
    parts = [(group, console_people.GROUP_WORDS[group], people.counts[group]) for group in console.GROUPS]
    reached = people.completed + people.here + people.counts[console.BETWEEN] + people.counts[console.AWAY]
    total = max(people.joined, (people.places or 0) + people.joined - reached)
    return {"pieces": stacked(parts, total), "total": total}


@researcher
@require_GET
def study(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything about one study; its status part alone is `status`."""
    found, now = get_object_or_404(Study, slug=slug), timezone.now()
    sweep.sweep(now=now)
    version = console.newest_versions([found]).get(found.pk)
    pool = chosen_pool(request, found)
    context = {
        **frame(found, pool),
        **status_context(found, version, pool, now),
        "join_url": request.build_absolute_uri(reverse("participant:join", args=[slug])),
        "arms": (version.protocol.arms if version else _draft_arms(found)),
        "versions": list(found.versions.order_by("-number").defer("settings")),
        "deviations": version.protocol.study.deviations if version else [],
        "draft_differs": console.draft_differs(found, version),
        "unblindings": list(Unblinding.objects.filter(study=found).select_related("by").order_by("-at")),
        **_outcomes(found, version, pool),
        **_assistants(found, version, pool),
    }
    return render(request, "research/study.html", context)


def _assistants(found: Study, version: ProtocolVersion | None, pool: str) -> dict[str, Any]:
    """What assistants did is no outcome of an arm: it is a check of the instrument, and never withheld."""
    if version is None or not version.protocol.assistants:
        return {}
    return {
        "audit": audit.overview(study=found, pool=pool),
        "codings": audit.codings_agree(study=found, pool=pool),
    }


def _draft_arms(found: Study) -> list[dict[str, Any]]:
    return list(found.document.get("arms", []))


@researcher
@require_GET
def status(request: HttpRequest, slug: str) -> HttpResponse:
    """The part of the study's page that changes by itself, for the page to fetch quietly."""
    found, now = get_object_or_404(Study, slug=slug), timezone.now()
    sweep.sweep(now=now)
    version = console.newest_versions([found]).get(found.pk)
    pool = chosen_pool(request, found)
    return render(request, "research/_status.html", status_context(found, version, pool, now))


def chosen_pool(request: HttpRequest, found: Study) -> str:
    """The pool that was asked for, else participants, or whoever is there where there are none yet."""
    asked = request.GET.get("pool", "")
    if asked in Pool.values:
        return asked
    counts = console.pools_in_use(found)
    return next((name for name in Pool.values if counts[name]), Pool.REAL.value)


def frame(found: Study, pool: str) -> dict[str, Any]:
    """What every page of a study shows around its content."""
    counts = console.pools_in_use(found)
    pools = [{"name": name, "words": words, "people": counts[name]} for name, words in POOL_WORDS.items()]
    return {"study": found, "pool": pool, "pools": pools, "pool_words": POOL_WORDS[pool]}


def status_context(found: Study, version: ProtocolVersion | None, pool: str, now: datetime) -> dict[str, Any]:
    people = console.people_counts(study=found, version=version, pool=pool, now=now)
    context = {"study": found, "pool": pool, "now": now, "people": people, "bar": people_bar(people)}
    if version is None:
        return {**context, "health": console_problems.Health(), "levels": [], "present": [], "groups": []}
    protocol = version.protocol
    return {
        **context,
        "health": console_problems.health(study=found, pool=pool, protocol=protocol, now=now),
        "levels": [_level(level) for level in console_fill.levels(study=found, version=version, pool=pool)],
        "present": _in_mid_sitting(found, pool, protocol, now),
        "groups": [(group, console_people.GROUP_WORDS[group], people.counts[group]) for group in console.GROUPS],
    }


def _in_mid_sitting(found: Study, pool: str, protocol: Protocol, now: datetime) -> list[console_people.Person]:
    """Who is here and who is away, the first of each."""
    sessions = [
        session
        for group in (console.HERE, console.AWAY)
        for session in console_people.sittings_of(study=found, pool=pool, protocol=protocol, now=now, group=group)[
            :PEOPLE_SHOWN
        ]
    ]
    return console_people.people(sessions, protocol=protocol, now=now)


def _level(level: console_fill.Level) -> dict[str, Any]:
    most = min(level.wanted or 0, 2 * level.most_on_an_item)
    return {"level": level, "columns": histogram(dict(level.items_with), most=most)}


def _outcomes(found: Study, version: ProtocolVersion | None, pool: str) -> dict[str, Any]:
    if version is None:
        return {"outcomes": None, "sees_outcomes": False}
    if not console.may_see_outcomes(study=found, pool=pool):
        return {"outcomes": None, "sees_outcomes": False}
    rows = console_outcomes.outcomes(study=found, pool=pool, protocol=version.protocol)
    return {"outcomes": rows, "sees_outcomes": True, "timeouts": version.protocol.analysis.timeouts}


@researcher
@require_GET
def people(request: HttpRequest, slug: str) -> HttpResponse:
    """Everybody of a pool, a hundred a page, by group where one is asked for."""
    found, version = _launched(slug)
    pool, now = chosen_pool(request, found), timezone.now()
    group = request.GET.get("group", "")
    group = group if group in console.GROUPS else ""
    rows = console_people.sittings_of(study=found, pool=pool, protocol=version.protocol, now=now, group=group)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        **frame(found, pool),
        "page": page,
        "people": console_people.people(page.object_list, protocol=version.protocol, now=now),
        "group": group,
        "group_words": console_people.GROUP_WORDS.get(group, ""),
        "now": now,
    }
    return render(request, "research/people.html", context)


@researcher
@require_GET
def items(request: HttpRequest, slug: str) -> HttpResponse:
    """Counted responses of every item by arm."""
    found, version = _launched(slug)
    pool = chosen_pool(request, found)
    lines = console_fill.item_lines(study=found, version=version, pool=pool)
    page = Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))
    context = {**frame(found, pool), "page": page, "arms": [arm.name for arm in version.protocol.arms]}
    return render(request, "research/items.html", context)


def _launched(slug: str) -> tuple[Study, ProtocolVersion]:
    version = ProtocolVersion.objects.filter(study__slug=slug).select_related("study").order_by("number").last()
    if version is None:
        raise Http404
    return version.study, version


@researcher
@require_GET
def protocol(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A frozen version as text."""
    found = get_object_or_404(Study, slug=slug)
    version = get_object_or_404(found.versions, number=number)
    frozen = frozen_protocol(study=found, number=number)
    pretty = json.dumps(frozen.document, indent=2, ensure_ascii=False) if frozen else ""
    context = {**frame(found, chosen_pool(request, found)), "version": version, "pretty": pretty}
    return render(request, "research/protocol.html", context)


@researcher
@require_GET
def person(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """What happened to one person."""
    participant = get_object_or_404(Participant.objects.select_related("study", "version"), study__slug=slug, code=code)
    found = participant.study
    context = {
        **frame(found, participant.pool),
        "participant": participant,
        "sittings": console_person.sittings(participant=participant),
        "sees_outcomes": console.may_see_outcomes(study=found, pool=participant.pool),
        "now": timezone.now(),
    }
    return render(request, "research/person.html", context)
