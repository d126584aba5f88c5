"""Row locks, taken in one order (study, participant, session, trial) so that nobody waits for each other.

SQLite has no row locks: there every transaction is IMMEDIATE, which serialises writers as a whole.
"""

from studies.models import Participant, Session, Study, Trial


def lock_study(study: Study) -> Study:
    return Study.objects.select_for_update().get(pk=study.pk)


def lock_participant(participant: Participant) -> Participant:
    return Participant.objects.select_for_update(of=("self",)).select_related("study", "version").get(pk=participant.pk)


def lock_session(session: Session) -> Session:
    rows = Session.objects.select_for_update(of=("self",))
    return rows.select_related("participant__study", "participant__version").get(pk=session.pk)


def lock_trial(trial: Trial) -> Trial:
    rows = Trial.objects.select_for_update(of=("self",))
    return rows.select_related(
        "allocation__item__passage", "session__participant__study", "session__participant__version"
    ).get(pk=trial.pk)
