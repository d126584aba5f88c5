"""participants.csv and sessions.csv. Of a person who withdrew only a tombstone stays: code, arm, dates."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from studies.domain.derived import Exposure, Met, exposure
from studies.domain.protocol import Protocol
from studies.domain.states import Outcome, TrialState
from studies.exports import ids
from studies.exports.columns import Columns
from studies.exports.columns.responses import sequence
from studies.exports.scope import Scope, batches
from studies.models import Allocation, FormAnswer, PanelIdentity, Participant, Pool, Session, Trial

TOMBSTONE = frozenset(
    {
        "study", "protocol_sha256", "participant_id", "assigned_arm", "sequence", "consented_at", "randomised_at",
        "outcome", "withdrew_at", "data_use", "is_simulated", "is_preview",
    }
)  # fmt: skip
"""All that stands in the row of somebody who withdrew their data."""

PHONE_BELOW, TABLET_BELOW = 640, 1025  # width of the window in CSS pixels


@dataclass(frozen=True)
class PersonRow:
    scope: Scope
    person: Participant
    panel: str
    sessions: Sequence[Session]
    forms: dict[str, list[FormAnswer]]
    seen: Exposure

    @property
    def protocol(self) -> Protocol:
        return self.scope.protocol(self.person.version_id)

    def agreed(self, key: str) -> bool | None:
        """What was answered to an item of the consent; None where it was not asked."""
        return next((answer.value == "true" for answer in self.forms.get("consent", ()) if answer.key == key), None)


def participants(scope: Scope) -> Iterator[PersonRow]:
    for people in batches(scope.everybody()):
        panels = dict(PanelIdentity.objects.filter(participant__in=people).values_list("participant_id", "panel"))
        sessions = _sessions_of(people)
        forms = _forms_of([person for person in people if person.withdrew_at is None])
        met = _met_by(people)
        for person in people:
            yield PersonRow(
                scope,
                person,
                panels.get(person.pk, ""),
                sessions[person.pk],
                forms[person.pk],
                exposure(met[person.pk]),
            )


def _sessions_of(people: Sequence[Participant]) -> dict[int, list[Session]]:
    found: dict[int, list[Session]] = defaultdict(list)
    for session in Session.objects.filter(participant__in=people).order_by("sitting"):
        found[session.participant_id].append(session)
    return found


def _forms_of(people: Sequence[Participant]) -> dict[int, dict[str, list[FormAnswer]]]:
    rows = FormAnswer.objects.filter(session__participant__in=people, form__in=("consent", "screening"))
    found: dict[int, dict[str, list[FormAnswer]]] = defaultdict(lambda: defaultdict(list))
    for answer in rows.select_related("session").order_by("pk"):
        found[answer.session.participant_id][answer.form].append(answer)
    return found


def _met_by(people: Sequence[Participant]) -> dict[int, list[Met]]:
    opened = Trial.objects.filter(allocation__participant__in=people, allocation__kind=Allocation.Kind.MAIN)
    rows = opened.exclude(state=TrialState.PENDING).values_list(
        "allocation__participant_id", "opened_at", "allocation__brief__id", "allocation__brief__correct", "revealed_at"
    )
    found: dict[int, list[Met]] = defaultdict(list)
    for person, opened_at, brief, correct, revealed_at in rows:
        assert opened_at is not None, "only opened trials were read"
        found[person].append(Met(opened_at, brief is not None, correct, revealed_at))
    return found


def _source(row: PersonRow) -> str:
    return str(row.person.pool) if row.person.pool != Pool.REAL else row.panel or "generic"


def _outcome(row: PersonRow) -> str:
    """How the last sitting ended; empty while it lasts, and while another sitting is to come."""
    last = row.sessions[-1] if row.sessions else None
    if last is None or row.person.withdrew_at is not None:
        return Outcome.WITHDRAWN
    more = last.sitting < row.protocol.design.sittings
    return "" if last.outcome == Outcome.COMPLETED and more else last.outcome


def _withdrew_at(row: PersonRow) -> datetime | None:
    stopped = [session.finished_at for session in row.sessions if session.outcome == Outcome.WITHDRAWN]
    return row.person.withdrew_at or next(iter(stopped), None)


def _data_use(row: PersonRow) -> str:
    """Empty before the consent; public release only where it was agreed to."""
    if row.person.withdrew_at is not None:
        return "withdrawn"
    if row.person.consented_at is None:
        return ""
    return "granted" if row.agreed("public_release") else "study_only"


def _draw(name: str) -> Any:
    return lambda row: row.person.randomisation.get(name) if row.person.randomised_at else None


def _covariates(row: PersonRow) -> dict[str, str] | None:
    return {answer.key: answer.value for answer in row.forms.get("screening", ())} or None


PARTICIPANTS: Columns = {
    "study": lambda row: row.scope.study.slug,
    "protocol_sha256": lambda row: row.scope.versions[row.person.version_id].sha256,
    "participant_id": lambda row: row.person.code,
    "assigned_arm": lambda row: row.person.assigned_arm,
    "sequence": lambda row: sequence(row.person.sequence),
    "stratum": lambda row: row.person.stratum,
    "randomised_at": lambda row: row.person.randomised_at,
    "arm_seed": _draw("seed"),
    "arm_candidates": _draw("candidates"),
    "arm_probability": _draw("probability"),
    "arm_block": _draw("block"),
    "source": _source,
    "enrolled_at": lambda row: row.person.enrolled_at,
    "consented_at": lambda row: row.person.consented_at,
    "consent_version": lambda row: next((answer.version for answer in row.forms.get("consent", ())), None),
    "outcome": _outcome,
    "withdrew_at": _withdrew_at,
    "data_use": _data_use,
    "prior_studies": lambda row: row.person.prior_studies,
    "time_multiplier": lambda row: row.person.time_multiplier if row.person.consented_at else None,
    "telemetry": lambda row: row.person.telemetry if row.person.consented_at else None,
    "chat_storage": lambda row: row.agreed("chats"),
    "sittings_planned": lambda row: row.protocol.design.sittings,
    "assisted_trials_seen": lambda row: row.seen.assisted,
    "wrong_briefs_seen": lambda row: row.seen.wrong_briefs,
    "wrong_revealed_seen": lambda row: row.seen.wrong_revealed,
    "covariates": _covariates,
    "is_simulated": lambda row: row.person.pool == Pool.SIMULATED,
    "is_preview": lambda row: row.person.pool == Pool.PREVIEW,
}


# -- sessions ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SittingRow:
    scope: Scope
    person: Participant
    session: Session


def sessions(scope: Scope) -> Iterator[SittingRow]:
    for people in batches(scope.givers()):
        found = _sessions_of(people)
        for person in people:
            yield from (SittingRow(scope, person, session) for session in found[person.pk])


def device_class(device: dict[str, Any]) -> str:
    """phone, tablet or desktop, from the width of the window and touch; empty where it is not known."""
    width = device.get("width")
    if not isinstance(width, int | float) or width <= 0:
        return ""
    if width < PHONE_BELOW:
        return "phone"
    return "tablet" if device.get("touch") is True and width < TABLET_BELOW else "desktop"


SESSIONS: Columns = {
    "study": lambda row: row.scope.study.slug,
    "protocol_sha256": lambda row: row.scope.versions[row.person.version_id].sha256,
    "session_id": lambda row: ids.session_id(row.person.code, row.session.sitting),
    "participant_id": lambda row: row.person.code,
    "sitting": lambda row: row.session.sitting,
    "state": lambda row: row.session.state,
    "started_at": lambda row: row.session.enrolled_at,
    "consented_at": lambda row: row.session.consented_at if row.session.sitting == 1 else None,
    "briefed_at": lambda row: row.session.briefed_at if row.session.sitting == 1 else None,
    "finished_at": lambda row: row.session.finished_at,
    "last_seen_at": lambda row: row.session.last_seen_at,
    "outcome": lambda row: row.session.outcome,
    "device": lambda row: device_class(row.session.device),
    "app_version": lambda row: row.session.app_version,
    "is_simulated": lambda row: row.person.pool == Pool.SIMULATED,
    "is_preview": lambda row: row.person.pool == Pool.PREVIEW,
}
