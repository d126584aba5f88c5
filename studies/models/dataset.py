"""Questions as they were read, never edited here."""

from django.db import models


class Dataset(models.Model):
    """A named version of a collection of items."""

    name = models.SlugField(max_length=80, unique=True)
    family = models.CharField(max_length=20)  # mmlu, quality, attention: the task of the export
    loaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Passage(models.Model):
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="passages")
    key = models.CharField(max_length=120)
    title = models.CharField(max_length=300, blank=True)
    text = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "key"], name="passage_key_once")]

    def __str__(self) -> str:
        return self.key


class Item(models.Model):
    """One question. Letters (gold and elsewhere) are positions in `options`: the original order."""

    class KeyStatus(models.TextChoices):
        OK = "ok"
        DISPUTED = "disputed"

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="items")
    passage = models.ForeignKey(Passage, null=True, blank=True, on_delete=models.CASCADE, related_name="items")
    key = models.CharField(max_length=160)
    category = models.CharField(max_length=120, blank=True)
    split = models.CharField(max_length=20, blank=True)
    question = models.TextField()
    options = models.JSONField()
    gold = models.CharField(max_length=1, blank=True)
    key_status = models.CharField(max_length=10, choices=KeyStatus, default=KeyStatus.OK)
    content_sha256 = models.CharField(max_length=64, db_index=True)
    metadata = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "key"], name="item_key_once")]

    def __str__(self) -> str:
        return f"{self.dataset_id}:{self.key}"

    @property
    def letters(self) -> str:
        return "ABCDEFGHIJ"[: len(self.options)]

    @property
    def is_decided(self) -> bool:
        """Whether it has a key, and nobody disputes it."""
        return bool(self.gold) and self.key_status == self.KeyStatus.OK


class Rating(models.Model):
    """What an annotator of the data set answered."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="ratings")
    source = models.CharField(max_length=20)  # untimed, speed
    rater_id = models.CharField(max_length=60)
    answer = models.CharField(max_length=1, blank=True)
    correct = models.BooleanField(null=True)
    seconds = models.FloatField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "source", "rater_id"], name="rating_once_per_rater")]
