"""Reports that the console had made."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from studies.models.study import Study


class Report(models.Model):
    """One run of the analysis on the export of a moment. Its files lie in the var folder, under its public id."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="reports")
    public_id = models.CharField(max_length=16, unique=True)
    include_simulated = models.BooleanField()
    blinded = models.BooleanField(null=True)  # whether the export withheld outcomes; None until it is written
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    why_failed = models.CharField(max_length=500, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running", "done", "failed"]), name="report_state_known"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id
