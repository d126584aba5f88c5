"""What was planned for a person (allocation, brief) and what became of it (trial, draft, response)."""

from django.db import models

from studies.domain.states import ClosedBy, TrialState
from studies.models.dataset import Item
from studies.models.participant import Participant
from studies.models.session import Session


class Allocation(models.Model):
    """A planned trial and the draw that chose it: enough to derive it again. Never changed."""

    class Kind(models.TextChoices):
        MAIN = "main"
        PRACTICE = "practice"
        ATTENTION = "attention"

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="allocations")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="allocations")
    sitting = models.PositiveIntegerField()
    position = models.PositiveIntegerField()  # in the sitting, from 1, all kinds
    block = models.PositiveIntegerField(null=True)
    kind = models.CharField(max_length=10, choices=Kind)
    task = models.CharField(max_length=40)
    arm = models.CharField(max_length=40, blank=True)
    unit = models.CharField(max_length=20)  # item or passage: what was drawn
    seed = models.CharField(max_length=64)
    candidates = models.JSONField(default=list)  # least filled at the draw, in the order they were drawn from
    choice = models.CharField(max_length=160)
    probability = models.FloatField(null=True)
    refill = models.BooleanField(default=False)  # took a place that somebody had left
    overfill = models.BooleanField(default=False)  # every place was taken already
    choice_order = models.CharField(max_length=10)  # "CABD": shown first was original C
    drawn_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "item"], name="item_once_per_participant"),
            models.UniqueConstraint(fields=["participant", "sitting", "position"], name="position_once"),
        ]
        indexes = [models.Index(fields=["item", "arm", "kind"], name="allocation_fill")]


class Brief(models.Model):
    """What was drawn for an assisted trial before its first word. It never reaches a browser before the debrief."""

    allocation = models.OneToOneField(Allocation, on_delete=models.CASCADE, related_name="brief")
    assistant = models.CharField(max_length=40)
    strategy = models.CharField(max_length=40)
    target = models.CharField(max_length=1, blank=True)
    correct = models.BooleanField(null=True)
    probability = models.FloatField(null=True)
    stratum = models.CharField(max_length=200, blank=True)
    slot = models.PositiveIntegerField(null=True)  # place in the stratum's sequence of draws
    belief = models.CharField(max_length=1, blank=True)
    seed = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(target="", correct__isnull=True)
                | (~models.Q(target="") & models.Q(correct__isnull=False)),
                name="brief_correct_with_target",
            )
        ]


class Trial(models.Model):
    """One timed presentation. `deadline_at` moves only where the clock pauses during replies."""

    allocation = models.OneToOneField(Allocation, on_delete=models.PROTECT, related_name="trial")
    session = models.ForeignKey(Session, null=True, on_delete=models.PROTECT, related_name="trials")
    public_id = models.CharField(max_length=16, unique=True)
    state = models.CharField(max_length=10, default=TrialState.PENDING)
    opened_at = models.DateTimeField(null=True)
    time_limit_seconds = models.FloatField(null=True)  # with the person's multiplier applied
    deadline_at = models.DateTimeField(null=True, db_index=True)
    paused_seconds = models.FloatField(default=0)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=12, blank=True)
    initial_answer = models.CharField(max_length=1, blank=True)
    initial_confidence_raw = models.CharField(max_length=20, blank=True)
    initial_at = models.DateTimeField(null=True)
    context_epoch = models.PositiveIntegerField(default=0)  # grows with every reset
    revealed_at = models.DateTimeField(null=True)
    feedback_seen_at = models.DateTimeField(null=True)
    app_version = models.CharField(max_length=40, blank=True)  # of the platform, when it was opened

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session"],
                condition=models.Q(state=TrialState.OPEN),
                name="one_open_trial_per_session",
            ),
            models.CheckConstraint(condition=models.Q(state__in=list(TrialState)), name="trial_state_known"),
            models.CheckConstraint(
                condition=models.Q(
                    state=TrialState.PENDING, opened_at__isnull=True, closed_at__isnull=True, closed_by=""
                )
                | models.Q(state=TrialState.OPEN, opened_at__isnull=False, closed_at__isnull=True, closed_by="")
                | models.Q(
                    state=TrialState.CLOSED,
                    opened_at__isnull=False,
                    closed_at__isnull=False,
                    closed_by__in=list(ClosedBy),
                ),
                name="trial_times_match_state",
            ),
        ]


class Draft(models.Model):
    """What a person has chosen and typed so far in an open trial, as the server holds it."""

    trial = models.OneToOneField(Trial, on_delete=models.CASCADE, related_name="draft")
    answer = models.CharField(max_length=1, blank=True)
    confidence_raw = models.CharField(max_length=20, blank=True)
    chat_text = models.TextField(blank=True)
    saved_at = models.DateTimeField()


class Response(models.Model):
    """The answer that counts. A trial closed without a choice has none."""

    class Source(models.TextChoices):
        SUBMITTED = "submitted"
        STANDING = "standing"

    trial = models.OneToOneField(Trial, on_delete=models.PROTECT, related_name="response")
    answer = models.CharField(max_length=1)
    correct = models.BooleanField(null=True)
    confidence = models.FloatField(null=True)
    confidence_raw = models.CharField(max_length=20, blank=True)
    source = models.CharField(max_length=10, choices=Source)
    received_at = models.DateTimeField()
    lateness_ms = models.IntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(confidence__isnull=True) | models.Q(confidence__gte=0, confidence__lte=1),
                name="confidence_is_a_probability",
            )
        ]


class LateAnswer(models.Model):
    """An answer after the trial had closed: kept apart, never counted."""

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="late_answers")
    answer = models.CharField(max_length=1, blank=True)
    confidence_raw = models.CharField(max_length=20, blank=True)
    received_at = models.DateTimeField()
