"""What happened, append-only: telemetry of the browser and the services' own record."""

from django.db import models

from studies.models.participant import Participant
from studies.models.session import Session
from studies.models.study import Study
from studies.models.trial import Trial


class Event(models.Model):
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="events")
    participant = models.ForeignKey(Participant, null=True, on_delete=models.PROTECT, related_name="events")
    session = models.ForeignKey(Session, null=True, on_delete=models.PROTECT, related_name="events")
    trial = models.ForeignKey(Trial, null=True, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=40)
    source = models.CharField(max_length=10)  # client, server
    target = models.CharField(max_length=40, blank=True)  # the region of the page
    length = models.IntegerField(null=True)  # characters copied or pasted, milliseconds away: never content
    detail = models.JSONField(default=dict)
    server_at = models.DateTimeField()
    client_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["study", "kind", "server_at"], name="event_by_kind")]
