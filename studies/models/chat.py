"""The talk of a trial, and the model calls behind it."""

from django.conf import settings
from django.db import models

from studies.domain.states import IN_FLIGHT, MessageStatus
from studies.models.study import Study
from studies.models.trial import Trial


class Message(models.Model):
    class Role(models.TextChoices):
        PARTICIPANT = "participant"
        ASSISTANT = "assistant"

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="messages")
    public_id = models.CharField(max_length=16, unique=True)
    turn = models.PositiveIntegerField()  # the participant's n-th message and its reply share a turn
    role = models.CharField(max_length=12, choices=Role)
    attempt = models.PositiveIntegerField(default=1)  # of the reply; a retry is a new row
    status = models.CharField(max_length=12)
    client_id = models.CharField(max_length=40, blank=True)
    text = models.TextField(blank=True)
    context_epoch = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField()
    first_token_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    owner = models.CharField(max_length=80, blank=True)  # the process that generates it
    checkpoint_at = models.DateTimeField(null=True)
    recommended = models.CharField(max_length=1, blank=True)  # original letter
    recommended_shown = models.CharField(max_length=10, blank=True)  # as written
    recommended_quote = models.TextField(blank=True)
    recommended_by = models.CharField(max_length=40, blank=True)
    coding_study = models.ForeignKey(  # whose people read it out too: drawn when it was queued; None: nobody's
        Study, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    audit_due_at = models.DateTimeField(null=True)  # a model is to read it out; None: nobody is, or somebody has

    class Meta:
        ordering = ["trial_id", "turn", "id"]
        indexes = [
            models.Index(fields=["audit_due_at"], condition=models.Q(audit_due_at__isnull=False), name="audits_due"),
            models.Index(
                fields=["coding_study", "id"],
                condition=models.Q(coding_study__isnull=False),
                name="replies_for_coding",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["trial", "client_id"], condition=~models.Q(client_id=""), name="client_message_once"
            ),
            models.UniqueConstraint(fields=["trial", "turn", "role", "attempt"], name="one_message_per_attempt"),
            models.UniqueConstraint(
                fields=["trial"],
                condition=models.Q(role="assistant", status__in=sorted(IN_FLIGHT)),
                name="one_reply_in_flight_per_trial",
            ),
            models.CheckConstraint(condition=models.Q(status__in=list(MessageStatus)), name="message_status_known"),
        ]


class Generation(models.Model):
    """One model call. A reply may take several; what was tried and failed stays."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="generations")
    public_id = models.CharField(max_length=16, unique=True)
    assistant = models.CharField(max_length=40)
    strategy = models.CharField(max_length=40)
    provider = models.CharField(max_length=40)
    model_requested = models.CharField(max_length=80, blank=True)
    model_returned = models.CharField(max_length=80, blank=True)
    prompt_sha256 = models.CharField(max_length=64, blank=True)
    attempt = models.PositiveIntegerField(default=1)
    purpose = models.CharField(max_length=20, default="reply")
    started_at = models.DateTimeField()
    first_token_ms = models.IntegerField(null=True)
    latency_ms = models.IntegerField(null=True)
    input_tokens = models.IntegerField(null=True)
    output_tokens = models.IntegerField(null=True)
    cached_tokens = models.IntegerField(null=True)
    cache_write_tokens = models.IntegerField(null=True)
    tokens_estimated = models.CharField(max_length=20, blank=True)  # such as "input output": not the provider's
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    request_id = models.CharField(max_length=80, blank=True)  # the provider's own, for asking its support
    attempts = models.PositiveIntegerField(null=True)  # requests sent, the provider's own retries included
    stop_reason = models.CharField(max_length=20, blank=True)
    error = models.CharField(max_length=40, blank=True)


class AuditCoding(models.Model):
    """What a person read out of a reply, unaware of brief, key, arm and what a model read."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="codings")
    coder = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    letter = models.CharField(max_length=1, blank=True)  # original letter; empty: recommends none
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "coder"], name="coded_once_per_coder")]
