"""The model alone: what is chosen, what it may cost, how far the runs are, and pausing, going on, ending."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from studies.domain.errors import Refused
from studies.models import BaselineRun, Dataset, Item, Study
from studies.queries import console_baselines
from studies.queries.baselines import Estimate
from studies.services import baseline_plans, baselines
from studies.views import jobs
from studies.views.baseline_form import METHOD_WORDS, OWN, BaselineForm, CapsForm
from studies.views.research import chosen_pool, frame, researcher


@dataclass(frozen=True)
class Planned:
    """A run that is about to be started."""

    assistant: str
    method: str
    shots: int
    estimate: Estimate


@dataclass(frozen=True)
class Offer:
    """What is about to be started. `agreed` names it: who starts it has seen these figures."""

    runs: list[Planned]

    @property
    def requests(self) -> int:
        return sum(run.estimate.requests for run in self.runs)

    @property
    def usual(self) -> Decimal | None:
        return _sum([run.estimate.usual_usd for run in self.runs])

    @property
    def most(self) -> Decimal | None:
        return _sum([run.estimate.most_usd for run in self.runs])

    @property
    def agreed(self) -> str:
        return f"{len(self.runs)} runs, {self.requests} requests, {self.most} USD"


def _sum(costs: list[Decimal | None]) -> Decimal | None:
    """None where a price is not known."""
    return None if None in costs else sum((usd or Decimal(0) for usd in costs), Decimal(0))


@researcher
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """The runs and the form. POST `do=estimate` says what it may cost, `do=start` starts what was said."""
    study, now = get_object_or_404(Study, slug=slug), timezone.now()
    form = _form(study, request)
    offer, refused = None, ""
    if request.method == "POST" and form.is_valid():
        try:
            offer = _offer(study, form)
            if request.POST.get("do") == "start" and request.POST.get("agreed") == offer.agreed:
                _start(request, study, form, now)
                return redirect("research:baselines", slug=slug)
        except Refused as error:
            refused = error.sentence
    context = {
        **frame(study, chosen_pool(request, study)),
        **_runs(study, now),
        "form": form,
        "offer": offer,
        "changed": offer is not None and request.POST.get("do") == "start",
        "refused": refused,
    }
    return render(request, "research/baselines.html", context, status=422 if refused or form.errors else 200)


@researcher
@require_GET
def status(request: HttpRequest, slug: str) -> HttpResponse:
    """The list of runs, for the page to fetch quietly."""
    study = get_object_or_404(Study, slug=slug)
    return render(request, "research/_runs.html", {"study": study, **_runs(study, timezone.now())})


def _runs(study: Study, now: datetime) -> dict[str, Any]:
    lines = console_baselines.run_lines(study=study, now=now)
    is_open = any(line.run.state == BaselineRun.State.RUNNING for line in lines)
    return {"lines": lines, "is_open": is_open, "methods": METHOD_WORDS, "now": now}


def _form(study: Study, request: HttpRequest) -> BaselineForm:
    try:
        own = len(baseline_plans.items_of(study=study))
    except Refused:  # not launched yet
        own = 0
    return BaselineForm(
        request.POST if request.method == "POST" else None,
        protocol=baseline_plans.protocol_of(study=study),
        own_items=own,
        datasets=console_baselines.datasets_with_sizes(),
    )


def _material(study: Study, form: BaselineForm) -> tuple[Dataset | None, list[Item]]:
    name = form.cleaned_data["material"]
    dataset = None if name == OWN else get_object_or_404(Dataset, name=name)
    return dataset, baseline_plans.items_of(study=study, dataset=dataset)


def _offer(study: Study, form: BaselineForm) -> Offer:
    """Raises Refused."""
    dataset, items = _material(study, form)
    return Offer(
        [
            Planned(
                name,
                METHOD_WORDS[plan.method].partition(":")[0],
                plan.shots,
                baseline_plans.expected(protocol=form.protocol, dataset=dataset, rules=rules, plan=plan, items=items),
            )
            for name, rules, plan in form.plans()
        ]
    )


def _start(request: HttpRequest, study: Study, form: BaselineForm, now: datetime) -> None:
    """Plan every run and have it asked. Raises Refused."""
    dataset, _ = _material(study, form)
    for name, rules, plan in form.plans():
        run, made = baseline_plans.planned(
            study=study, dataset=dataset, protocol=form.protocol, assistant=name, rules=rules, plan=plan,
            again=form.cleaned_data["again"], now=now,
        )  # fmt: skip
        if run.state == BaselineRun.State.DONE:
            messages.success(request, f"{run.code} is done already.")
            continue
        if not made:
            baselines.set_caps(run=run, usd=plan.cap_usd, tokens=plan.cap_tokens)
        _go_on(run)
        messages.success(request, f"{run.code} has started." if made else f"{run.code} goes on.")


def _go_on(run: BaselineRun) -> None:
    """Raises Refused."""
    baselines.resume(run=run)
    if run.state == BaselineRun.State.RUNNING:
        jobs.ask(run)


@researcher
@require_POST
def act(request: HttpRequest, slug: str, code: str) -> HttpResponseRedirect:
    """Pause, go on with, cancel or cap one run."""
    run = get_object_or_404(BaselineRun, study__slug=slug, code=code)
    acts = {
        "pause": lambda: baselines.pause(run=run, why="by hand"),
        "resume": lambda: _go_on(run),
        "cancel": lambda: baselines.cancel(run=run, now=timezone.now()),
        "cap": lambda: _set_caps(run, request),
    }
    try:
        acts.get(request.POST.get("do", ""), _nothing)()
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("research:baselines", slug=slug)


def _nothing() -> None:
    raise Refused("unknown_act", "Press one of the buttons of the page.")


def _set_caps(run: BaselineRun, request: HttpRequest) -> None:
    form = CapsForm(request.POST)
    if not form.is_valid():
        raise Refused("no_number", "A cap is a number above 0.")
    baselines.set_caps(run=run, usd=form.cleaned_data["cap_usd"], tokens=form.cleaned_data["cap_tokens"])
