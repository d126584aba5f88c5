"""Runs in which a model answers the items alone, and its answers."""

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from studies.domain.protocol import Assistant
from studies.models.dataset import Dataset, Item
from studies.models.study import Study


class BaselineRun(models.Model):
    """One assistant, method and order rule over the items of a study or of a whole dataset."""

    class State(models.TextChoices):
        RUNNING = "running"
        PAUSED = "paused"
        CANCELLED = "cancelled"
        DONE = "done"

    code = models.CharField(max_length=120, unique=True)  # the run_id of the export
    study = models.ForeignKey(Study, null=True, on_delete=models.PROTECT, related_name="baselines")
    dataset = models.ForeignKey(Dataset, null=True, on_delete=models.PROTECT, related_name="baselines")
    assistant = models.CharField(max_length=40, blank=True)
    rules = models.JSONField(default=dict)  # the assistant's settings as they were; empty for imported answers
    model = models.CharField(max_length=120, blank=True)
    comparator = models.CharField(max_length=20)
    method = models.CharField(max_length=30)
    shots = models.PositiveIntegerField(default=0)
    order_rule = models.CharField(max_length=10)
    repeats = models.PositiveIntegerField()
    seed = models.BigIntegerField()
    study_seed = models.BigIntegerField()
    max_tokens = models.PositiveIntegerField()
    prompts = models.JSONField(default=dict)  # text by sha256
    cap_usd = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    cap_tokens = models.PositiveBigIntegerField(null=True)  # sent and received
    spent_usd = models.DecimalField(max_digits=12, decimal_places=6, default=Decimal(0))
    spent_tokens = models.PositiveBigIntegerField(default=0)
    worker = models.CharField(max_length=40, blank=True)  # who asks now: whoever began last
    usual_usd = models.DecimalField(max_digits=12, decimal_places=6, null=True)  # guessed before the start
    estimated_usd = models.DecimalField(max_digits=12, decimal_places=6, null=True)  # the most that it can be
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    why_paused = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["running", "paused", "cancelled", "done"]), name="baseline_state_known"
            ),
            models.CheckConstraint(
                condition=Q(study__isnull=False) | Q(dataset__isnull=False), name="baseline_has_items"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @cached_property
    def assistant_rules(self) -> Assistant:
        """As they were when the run was made. Not of imported answers."""
        return Assistant.model_validate(self.rules)


class BaselineAnswer(models.Model):
    """What is to be asked, and what came of it. `outcome` is '' until then; letters are in the original order."""

    class Outcome(models.TextChoices):
        ANSWERED = "answered"
        UNPARSED = "unparsed"
        REFUSED = "refused"
        FAILED = "failed"

    run = models.ForeignKey(BaselineRun, on_delete=models.CASCADE, related_name="answers")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    repeat = models.PositiveIntegerField()
    choice_order = models.CharField(max_length=10)
    brief = models.JSONField(default=dict)  # the target, and how it was drawn; empty where none was
    attempts = models.PositiveIntegerField(default=0)
    faults = models.JSONField(default=list)  # what went wrong with its attempts, in their order
    outcome = models.CharField(max_length=10, blank=True, choices=Outcome)
    text = models.TextField(blank=True)
    answer = models.CharField(max_length=1, blank=True)
    probability = models.FloatField(null=True)
    probabilities = models.JSONField(null=True)
    model_returned = models.CharField(max_length=120, blank=True)
    asked_at = models.DateTimeField(null=True)
    stop_reason = models.CharField(max_length=30, blank=True)
    prompt_sha256 = models.CharField(max_length=64, blank=True)
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    latency_ms = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "item", "repeat", "choice_order"], name="baseline_answer_once"),
            models.CheckConstraint(
                condition=Q(outcome__in=["", "answered", "unparsed", "refused", "failed"]),
                name="baseline_outcome_known",
            ),
            models.CheckConstraint(
                condition=Q(outcome="answered") | Q(answer=""), name="baseline_only_answered_has_answer"
            ),
        ]

    @property
    def correct(self) -> bool | None:
        """None where there is no answer or no undisputed key: unparsed is never wrong."""
        if not self.answer or not self.item.is_decided:
            return None
        return self.answer == self.item.gold
