"""A study's life: checked, loaded as a draft, launched (frozen), paused, closed."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from studies.assistants import prompts, registry
from studies.assistants.auditing import PROMPT as AUDIT_PROMPT
from studies.assistants.base import prompts_of
from studies.domain.errors import Refused, StudyFaults
from studies.domain.protocol import Protocol
from studies.domain.protocol_check import Names, cross_faults, parse
from studies.domain.states import STUDY_STEPS, StudyState
from studies.models import ProtocolVersion, Study, Unblinding
from studies.queries.study_file import database_faults
from studies.services import drift, events
from studies.services.freezing import freeze
from studies.services.locks import lock_study


def check(toml_text: str) -> list[str]:
    """Every fault of a study file, each with its key; empty where it can be launched."""
    protocol, faults = parse(toml_text, names=_names())
    return faults if protocol is None else faults + database_faults(protocol)


@transaction.atomic
def load(*, toml_text: str, now: datetime) -> Study:
    """Create or update the draft of a study. What has been launched stays frozen until the next launch.

    Raises StudyFaults.
    """
    protocol, faults = parse(toml_text, names=_names())
    if protocol is not None:
        faults += database_faults(protocol)
    if protocol is None or faults:
        raise StudyFaults(faults)
    content = {
        "title": protocol.study.title,
        "document": protocol.model_dump(mode="json", by_alias=True),
        "source": toml_text,
    }
    study, created = Study.objects.update_or_create(
        slug=protocol.study.slug, defaults=content, create_defaults={**content, "created_at": now}
    )
    events.record(study=study, kind="study.created" if created else "study.changed", now=now)
    return study


@transaction.atomic
def launch(*, study: Study, now: datetime) -> ProtocolVersion:
    """Freeze the draft and take people. A study that runs gets a new version where its draft has changed."""
    study = lock_study(study)
    if study.state == StudyState.CLOSED:
        raise Refused("study_closed", "A closed study cannot be launched again.")
    version = freeze_draft(study=study, now=now)
    drift.check_not_drifted(study)
    if study.state != StudyState.OPEN:
        _move(study, StudyState.OPEN, now)
    if study.launched_at is None:
        study.launched_at = now
        study.save(update_fields=["launched_at"])
    events.record(
        study=study, kind="study.launched", now=now, detail={"version": version.number, "sha256": version.sha256}
    )
    return version


def freeze_draft(*, study: Study, now: datetime) -> ProtocolVersion:
    """The frozen version of the present draft. Raises StudyFaults where the draft can't be used any more."""
    protocol = Protocol.model_validate(study.document)
    faults = cross_faults(protocol, _names()) + database_faults(protocol)
    if faults:
        raise StudyFaults(faults)
    return freeze(study=study, protocol=protocol, prompts=_prompts(protocol), now=now)


def pause(*, study: Study, now: datetime) -> None:
    """Take no new people; who has started goes on."""
    _change(study, StudyState.PAUSED, now)


def resume(*, study: Study, now: datetime) -> None:
    _change(study, StudyState.OPEN, now)


def close(*, study: Study, now: datetime) -> None:
    """End the study for good: from here on outcomes by arm are shown."""
    _change(study, StudyState.CLOSED, now)


@transaction.atomic
def unblind(*, study: Study, user: AbstractBaseUser | None, why: str, now: datetime) -> Unblinding:
    """Note that somebody looks at outcomes by arm before the end; it is counted in every export."""
    if not why.strip():
        raise Refused("reason_missing", "Say why you need to see outcomes before the study is closed.")
    events.record(study=study, kind="study.unblinded", now=now)
    return Unblinding.objects.create(study=study, by=user, why=why.strip(), at=now)  # type: ignore[misc]


@transaction.atomic
def _change(study: Study, state: StudyState, now: datetime) -> None:
    study = lock_study(study)
    if study.state == StudyState.DRAFT:
        raise Refused("study_not_open", "This study has not been launched yet.")
    if state == StudyState.OPEN:
        drift.check_not_drifted(study)
    _move(study, state, now)
    if state == StudyState.CLOSED:
        study.closed_at = now
        study.save(update_fields=["closed_at"])


def _move(study: Study, state: StudyState, now: datetime) -> None:
    before = StudyState(study.state)
    if state not in STUDY_STEPS[before]:
        raise Refused("not_now", f"A study that is {before} cannot become {state}.")
    study.state = state
    study.paused_because = ""
    study.save(update_fields=["state", "paused_because"])
    events.record(study=study, kind=f"study.{state}", now=now)


def _names() -> Names:
    return Names(
        providers=tuple(registry.provider_names()),
        strategies=tuple(registry.strategy_names()),
        misleading=tuple(name for name in registry.strategy_names() if registry.strategy(name).may_mislead),
        needs_question=tuple(name for name in registry.strategy_names() if registry.strategy(name).needs_question),
        settings={name: registry.provider(name).Settings for name in registry.provider_names()},
    )


def _prompts(protocol: Protocol) -> dict[str, dict[str, str]]:
    """The prompts that the study's assistants use, with their words: what was frozen can be read without the code."""
    used = (registry.strategy(assistant.strategy) for assistant in protocol.assistants.values())
    names = {name for strategy in used for name in prompts_of(strategy)}
    if any(assistant.audit_model for assistant in protocol.assistants.values()):
        names.add(AUDIT_PROMPT)
    return {name: {"sha256": prompts.prompt_sha256(name), "text": prompts.prompt_text(name)} for name in sorted(names)}
