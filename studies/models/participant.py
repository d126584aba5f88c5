"""A person in one study. The panel's id is kept apart from everything that is exported."""

from django.db import models

from studies.models.study import ProtocolVersion, Study


class Pool(models.TextChoices):
    REAL = "real"
    SIMULATED = "simulated"
    PREVIEW = "preview"


class Participant(models.Model):
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="participants")
    version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="participants")
    pool = models.CharField(max_length=10, choices=Pool, default=Pool.REAL)
    code = models.CharField(max_length=12, unique=True)  # public, in the export
    token = models.CharField(max_length=64, unique=True)  # secret, in the address of the sitting
    enrolled_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    stratum = models.CharField(max_length=120, blank=True)
    sequence = models.JSONField(null=True)  # arm names in the order met; one name between subjects
    randomised_at = models.DateTimeField(null=True)
    randomisation = models.JSONField(default=dict)  # seed, block, slot, candidates, probability
    arm_sequence_number = models.PositiveIntegerField(null=True)  # n-th randomised of study, pool and stratum
    consented_at = models.DateTimeField(null=True)
    time_multiplier = models.FloatField(default=1)
    telemetry = models.BooleanField(default=False)
    data_use = models.CharField(max_length=20, blank=True)  # agreed, refused: asked again at the debrief
    withdrew_at = models.DateTimeField(null=True)  # asked for the data to be deleted; out of every export from here on
    erased_at = models.DateTimeField(null=True)
    prior_studies = models.PositiveIntegerField(default=0)
    simulated_truth = models.JSONField(null=True)  # a simulated person's parameters
    swept_from = models.DateTimeField(null=True)  # until then only who simulates them, in virtual time, moves them on

    class Meta:
        constraints = [
            # Two people cannot take the same slot of the arm randomisation.
            models.UniqueConstraint(fields=["study", "pool", "stratum", "arm_sequence_number"], name="arm_slot_once"),
            models.CheckConstraint(
                condition=models.Q(randomised_at__isnull=True) | models.Q(sequence__isnull=False),
                name="randomised_has_sequence",
            ),
        ]
        indexes = [models.Index(fields=["study", "pool", "last_seen_at"], name="participant_live")]

    def __str__(self) -> str:
        return self.code

    @property
    def assigned_arm(self) -> str:
        """The arm between subjects; empty where everyone meets several."""
        return self.sequence[0] if self.sequence and len(self.sequence) == 1 else ""


class PanelIdentity(models.Model):
    """Who a participant is to the panel that sent and pays them."""

    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, related_name="identity")
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="+")
    panel = models.CharField(max_length=20)
    panel_id = models.CharField(max_length=120)
    parameters = models.JSONField(default=dict)  # STUDY_ID, SESSION_ID and the like

    class Meta:
        verbose_name_plural = "panel identities"
        constraints = [models.UniqueConstraint(fields=["study", "panel", "panel_id"], name="panel_id_once_per_study")]
