"""One sitting, and what was answered on its forms."""

from django.db import models

from studies.domain.states import Outcome, SessionState
from studies.models.participant import Participant


class Session(models.Model):
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="sessions")
    sitting = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=12, default=SessionState.ENROLLED)
    outcome = models.CharField(max_length=20, blank=True)
    enrolled_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    # When each page was left; empty while it is still ahead.
    welcomed_at = models.DateTimeField(null=True)
    device_checked_at = models.DateTimeField(null=True)
    consented_at = models.DateTimeField(null=True)
    instructed_at = models.DateTimeField(null=True)
    briefed_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    surveyed_at = models.DateTimeField(null=True)
    debriefed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    break_until_position = models.PositiveIntegerField(default=0)  # the last break that was ended
    block_asked = models.PositiveIntegerField(default=0)  # the last block whose questions were answered
    device = models.JSONField(default=dict)
    app_version = models.CharField(max_length=40, blank=True)  # of the platform, when the sitting began

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "sitting"], name="sitting_once"),
            models.UniqueConstraint(
                fields=["participant"],
                condition=~models.Q(state=SessionState.FINISHED),
                name="one_live_sitting_per_participant",
            ),
            models.CheckConstraint(condition=models.Q(state__in=list(SessionState)), name="session_state_known"),
            models.CheckConstraint(
                condition=models.Q(outcome="") | models.Q(outcome__in=list(Outcome)),
                name="session_outcome_known",
            ),
            models.CheckConstraint(
                condition=models.Q(state=SessionState.FINISHED, finished_at__isnull=False)
                | (~models.Q(state=SessionState.FINISHED) & models.Q(outcome="", finished_at__isnull=True)),
                name="finished_has_time_and_only_then_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id}/{self.sitting}"


class FormAnswer(models.Model):
    """One answer on a form: consent, screening, comprehension, survey, debrief."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="form_answers")
    form = models.CharField(max_length=20)
    version = models.CharField(max_length=64)
    key = models.CharField(max_length=60)
    value = models.TextField(blank=True)
    attempt = models.PositiveIntegerField(default=1)
    correct = models.BooleanField(null=True)
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "form", "key", "attempt"], name="form_answer_once")]
