"""Blind coding: a person reads what a reply recommends from the talk and the options shown alone, one at a time."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from studies.domain.answers import LETTERS
from studies.domain.errors import Refused
from studies.models import Message, Study
from studies.queries import audit as queries
from studies.services import audit
from studies.views.research import chosen_pool, frame, researcher

NONE = "none"


@researcher
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """The next reply that this person has not coded; `?after=` one of them that is left for later."""
    study = get_object_or_404(Study, slug=slug)
    pool = chosen_pool(request, study)
    if request.method == "POST":
        return _code(request, study, pool)
    assert request.user.pk is not None, "nobody else comes here"
    queue = queries.coding_queue(study=study, pool=pool, coder_id=request.user.pk)
    context = {
        **frame(study, pool),
        "share": _share(study),
        "chosen": queue.chosen,
        "coded": queue.mine,
        **_shown(queue, request.GET.get("after", "")),
    }
    return render(request, "research/coding.html", context)


def _share(study: Study) -> float:
    version = study.versions.order_by("-number").first()
    return version.protocol.audit.blind_share if version else 0.0


def _shown(queue: queries.Queue, after: str) -> dict[str, object]:
    """The first reply that is left, or the first after the one of this id."""
    found = _behind(queue, after) or queue.left.first()
    if found is None:
        return {"seen": None}
    seen = queries.seen_by_coder(reply=queries.reply_to_code(pk=found.pk))
    more = queue.chosen - queue.mine > 1
    return {"seen": seen, "options": list(zip(LETTERS, seen.options, strict=False)), "more": more}


def _behind(queue: queries.Queue, public_id: str) -> Message | None:
    """The next one that is left behind the reply of this id."""
    passed = Message.objects.filter(public_id=public_id).first() if public_id.isprintable() else None
    return queue.left.filter(pk__gt=passed.pk).first() if passed else None


def _code(request: HttpRequest, study: Study, pool: str) -> HttpResponseRedirect:
    found = get_object_or_404(
        Message, public_id=request.POST.get("reply", "").replace("\0", ""), trial__session__participant__study=study
    )
    here = f"{reverse('research:coding', args=[study.slug])}?pool={pool}"
    shown = request.POST.get("shown", "")
    try:
        if not shown:
            raise Refused("nothing_chosen", "Choose an option, or that the reply recommends none.")
        assert request.user.is_authenticated, "nobody else comes here"
        letter = "" if shown == NONE else shown
        audit.code(message=queries.reply_to_code(pk=found.pk), coder=request.user, shown=letter, now=timezone.now())
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect(here)
