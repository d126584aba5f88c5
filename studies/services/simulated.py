"""Simulated people enter a study: always in a pool of their own, and never beside real people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db import transaction

from studies.assistants import registry
from studies.domain.errors import Refused
from studies.domain.protocol import Protocol
from studies.models import Participant, Pool, Study
from studies.services import enrolment
from studies.services.locks import lock_study

SALT = "studies.simulated"
TICKET_SECONDS = 6 * 3600


@dataclass(frozen=True, order=True)
class Asked:
    """A model that a service is asked for."""

    provider: str
    model: str


def services_of(protocol: Protocol) -> tuple[Asked, ...]:
    """What the study's assistants ask of services, for replies and to have them read out."""
    rules = protocol.assistants.values()
    named = {Asked(one.provider, str(one.settings.get("model", ""))) for one in rules}
    named |= {Asked(one.audited_by, one.audit_model) for one in rules if one.audit_model}
    return tuple(sorted(one for one in named if registry.provider(one.provider).remote))


def check_may_simulate(study: Study, *, ask_services: bool = False) -> None:
    """Raise Refused where simulated people have no place: a draft, a closed study, one with real participants, and one
    whose assistants ask a service, unless that is wanted: it costs money.
    """
    _check_place(study)
    asked = sorted({one.provider for one in services_of(enrolment.newest_version(study).protocol)})
    if asked and not ask_services:
        raise Refused("remote_provider", f"Simulated people would talk to a paid service ({', '.join(asked)}).")


def _check_place(study: Study) -> None:
    enrolment.check_state(study=study)
    if Participant.objects.filter(study=study, pool=Pool.REAL).exists():
        raise Refused("real_participants", f"Study {study.slug!r} has real participants; simulate on a copy of it.")


@transaction.atomic
def join(
    *, study: Study, code: str, truth: dict[str, Any], swept_from: datetime | None = None, now: datetime
) -> Participant:
    """The simulated participant with this code, created once; one in virtual time is swept from the given
    time on, should nobody `hand_over` them before.

    Raises Refused: real_participants, study_not_open, study_paused, study_closed, study_full, code_taken.
    """
    study = lock_study(study)
    known = Participant.objects.filter(code=code).first()
    if known is not None and (known.study_id, known.pool) == (study.pk, Pool.SIMULATED):
        return known
    if known is not None:
        raise Refused("code_taken", f"The code {code} belongs to somebody else.")
    _check_place(study)
    enrolment.check_open(study=study, now=now, pool=Pool.SIMULATED)
    return enrolment.create(
        study=study,
        pool=Pool.SIMULATED,
        now=now,
        code=code,
        simulated_truth=truth,
        swept_from=swept_from,
    )


def hand_over(*, study: Study, codes: Sequence[str]) -> None:
    """Leave these people to the clock that everybody has."""
    Participant.objects.filter(study=study, code__in=codes).update(swept_from=None)


def ticket(*, study: Study, code: str, truth: dict[str, Any]) -> str:
    """What lets a simulated person in over HTTP: only who holds the installation's secret can make one."""
    return signing.dumps({"study": study.slug, "code": code, "truth": truth}, salt=SALT, compress=True)


def join_by_ticket(*, study: Study, signed: str, now: datetime) -> Participant:
    """The simulated participant of a ticket. Raises Refused: bad_ticket, and all that `join` raises."""
    try:
        content = signing.loads(signed, salt=SALT, max_age=TICKET_SECONDS)
    except signing.BadSignature:
        content = {}
    if content.get("study") != study.slug:
        raise Refused("bad_ticket", "This address is for simulated participants and is not valid any more.")
    return join(study=study, code=content["code"], truth=content["truth"], now=now)


def check_codes_free(codes: list[str]) -> None:
    """Raise Refused where these people have been simulated before."""
    if Participant.objects.filter(code__in=codes).exists():
        raise Refused("seed_used", "This seed has been simulated in this study already; choose another seed.")
