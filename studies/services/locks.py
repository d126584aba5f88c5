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
    """The trial as it is now, locked.

    What is planned and whose sitting it is never changes, so it is taken from `trial` where that has it: the wide
    join costs several times what the row does, and every act in a trial locks it more than once.
    """
    known = trial._state.fields_cache
    related = [path for name, path in _TRIAL_PARTS if name not in known]
    rows = Trial.objects.select_for_update(of=("self",))
    locked = rows.select_related(*related).get(pk=trial.pk) if related else rows.get(pk=trial.pk)
    for name, _ in _TRIAL_PARTS:
        if name in known and getattr(trial, f"{name}_id") == getattr(locked, f"{name}_id"):
            setattr(locked, name, known[name])
    return locked


_TRIAL_PARTS = (
    ("allocation", "allocation__item"),
    ("session", "session__participant__version"),
    ("session", "session__participant__study"),
)
