"""A study, the frozen versions of its protocol, and its pool of items."""

from django.conf import settings
from django.db import models
from django.utils.functional import cached_property

from studies.domain.protocol import Protocol
from studies.domain.states import StudyState
from studies.models.dataset import Item


def _choices(states: type[StudyState]) -> list[tuple[str, str]]:
    return [(state.value, state.value) for state in states]


class Study(models.Model):
    """`document` is the draft; what participants meet is the newest ProtocolVersion."""

    slug = models.SlugField(max_length=50, unique=True)
    title = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=_choices(StudyState), default=StudyState.DRAFT)
    document = models.JSONField()
    source = models.TextField(blank=True)  # the TOML as given, comments and all
    created_at = models.DateTimeField()
    launched_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    paused_because = models.CharField(max_length=300, blank=True)  # a sentence, where the platform itself has paused it

    class Meta:
        verbose_name_plural = "studies"
        constraints = [models.CheckConstraint(condition=models.Q(state__in=list(StudyState)), name="study_state_known")]

    def __str__(self) -> str:
        return self.slug


class ProtocolVersion(models.Model):
    """One frozen configuration. Never changed, never deleted. What was hashed is its FrozenDocument."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    settings = models.JSONField()  # the protocol alone: what every request reads
    sha256 = models.CharField(max_length=64)
    frozen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "number"], name="protocol_number_once"),
            models.UniqueConstraint(fields=["study", "sha256"], name="protocol_hash_once"),
        ]

    def __str__(self) -> str:
        return f"{self.study_id} v{self.number} {self.sha256[:8]}"

    @cached_property
    def protocol(self) -> Protocol:
        """Parsed once in a process: what a hash stands for never changes, and reading it costs more than a page."""
        known = _PARSED.get(self.sha256)
        if known is None:
            known = _PARSED[self.sha256] = Protocol.model_validate(self.settings)
            while len(_PARSED) > PROTOCOLS_KEPT:
                _PARSED.pop(next(iter(_PARSED)), None)
        return known


_PARSED: dict[str, Protocol] = {}
PROTOCOLS_KEPT = 64


def unread(prefix: str = "") -> tuple[str, ...]:
    """Of the study and the version of a person at `prefix`: long texts that no act of theirs reads."""
    return f"{prefix}study__document", f"{prefix}study__source", f"{prefix}version__settings"


class FrozenDocument(models.Model):
    """The canonical JSON whose sha256 stands on every row: protocol, items with their hashes, prompts.

    Apart from its version, because with thousands of items it is too long to be read with every page.
    """

    version = models.OneToOneField(ProtocolVersion, on_delete=models.PROTECT, related_name="document")
    text = models.TextField()


class StudyItem(models.Model):
    """An item in the pool of one frozen version. `arm` is set where arms draw on separate samples."""

    version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="pool")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    task = models.CharField(max_length=40)
    kind = models.CharField(max_length=10)  # main, practice, attention
    arm = models.CharField(max_length=40, blank=True)
    answers = models.JSONField(default=dict, blank=True)  # of models, as counted when it was frozen; see errors_of

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "item", "kind"], name="pool_item_once"),
        ]


class Unblinding(models.Model):
    """Somebody looked at outcomes by arm before the study was closed."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="unblindings")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    why = models.CharField(max_length=500)
    at = models.DateTimeField()
