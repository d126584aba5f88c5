"""Whether outcomes by arm may be seen."""

from studies.domain.states import StudyState
from studies.models import Study, Unblinding


def outcomes_withheld(study: Study) -> bool:
    """True until the study is closed or somebody has unblinded it (which is logged)."""
    return study.state != StudyState.CLOSED and not Unblinding.objects.filter(study=study).exists()
