"""Row locks, taken in one order (study, participant, session, trial) so that nobody waits for each other.

SQLite has no row locks: there every transaction is IMMEDIATE, which serialises writers as a whole.
"""

from studies.models import Participant, Session, Study, Trial, unread
from studies.queries.known import with_known


def lock_study(study: Study) -> Study:
    return Study.objects.select_for_update().defer("document", "source").get(pk=study.pk)


def lock_participant(participant: Participant) -> Participant:
    """The person as they are now, locked, with the study and version that are known already."""
    rows = Participant.objects.select_for_update(of=("self",))
    return with_known(rows.get(pk=participant.pk), participant, "study", "version")


def lock_session(session: Session) -> Session:
    """The sitting as it is now, locked, and its person as they are now."""
    rows = Session.objects.select_for_update(of=("self",))
    if "participant" not in session._state.fields_cache:
        related = rows.select_related("participant__study", "participant__version")
        return related.defer(*unread("participant__")).get(pk=session.pk)
    locked = rows.select_related("participant").get(pk=session.pk)
    with_known(locked.participant, session.participant, "study", "version")
    return locked


def lock_trial(trial: Trial, *more: str) -> Trial:
    """The trial as it is now, locked; `more` names what is read with it.

    What is planned and whose sitting it is never changes, so it is taken from `trial` where that has it.
    """
    known = trial._state.fields_cache
    related = [*more, *(path for name, path in _TRIAL_PARTS if name not in known)]
    rows = Trial.objects.select_for_update(of=("self",))
    if related:
        rows = rows.select_related(*related)
    if "session" not in known:
        rows = rows.defer(*unread("session__participant__"))
    return with_known(rows.get(pk=trial.pk), trial, "allocation", "session")


_TRIAL_PARTS = (
    ("allocation", "allocation__item"),
    ("session", "session__participant__version"),
    ("session", "session__participant__study"),
)
