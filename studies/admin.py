"""Every row to look at. What was recorded is never changed here, and outcomes by arm stay withheld like everywhere."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from studies import models
from studies.models import Item, Pool
from studies.queries.blinding import outcomes_withheld
from studies.services import items

admin.site.site_header = "Oversight: all rows"
admin.site.site_title = "Oversight"
admin.site.index_title = "Recorded rows can be read, not changed"


class Recorded(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that only services write."""

    list_per_page = 50
    show_full_result_count = False  # a second count of every row, for each page

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Withholding(Recorded):
    """Rows that tell of outcomes: their fields are left out for real people of a study that is not closed or unblinded.

    They are in no list, and cannot be filtered by in an address either.
    """

    withheld: ClassVar[tuple[str, ...]]
    study_of: ClassVar[tuple[str, ...]] = ("trial", "allocation", "participant")

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None or not self._hides(obj):
            return ()
        return self.withheld

    def _hides(self, obj: Model) -> bool:
        participant: Any = obj
        for name in self.study_of:
            participant = getattr(participant, name)
        return bool(participant.pool == Pool.REAL and outcomes_withheld(participant.study))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        asked = lookup.split("__")[0]
        return asked not in self.withheld and super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]


@admin.register(models.Study)
class StudyAdmin(Recorded):
    list_display = ("slug", "title", "state", "created_at", "launched_at", "closed_at")
    list_filter = ("state",)
    search_fields = ("slug", "title")


@admin.register(models.ProtocolVersion)
class ProtocolVersionAdmin(Recorded):
    list_display = ("study", "number", "sha256", "frozen_at")
    list_filter = ("study",)
    list_select_related = ("study",)
    search_fields = ("sha256",)


@admin.register(models.FrozenDocument)
class FrozenDocumentAdmin(Recorded):
    list_display = ("version",)
    list_select_related = ("version",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("text")


@admin.register(models.StudyItem)
class StudyItemAdmin(Recorded):
    list_display = ("version", "item", "task", "kind", "arm")
    list_filter = ("kind", "task", "version__study")
    list_select_related = ("version", "item")
    search_fields = ("item__key",)


@admin.register(models.Unblinding)
class UnblindingAdmin(Recorded):
    list_display = ("study", "by", "at", "why")
    list_filter = ("study",)
    list_select_related = ("study", "by")


@admin.register(models.Dataset)
class DatasetAdmin(Recorded):
    list_display = ("name", "family", "loaded_at")
    list_filter = ("family",)


@admin.register(models.Passage)
class PassageAdmin(Recorded):
    list_display = ("key", "title", "dataset")
    list_filter = ("dataset",)
    list_select_related = ("dataset",)
    search_fields = ("key", "title")


@admin.register(models.Item)
class ItemAdmin(Recorded):
    """The one thing that may be said later is that a key is disputed, until a frozen protocol holds the item."""

    list_display = ("key", "dataset", "category", "split", "key_status")
    list_filter = ("dataset", "key_status", "split")
    list_select_related = ("dataset",)
    search_fields = ("key", "question")

    def has_change_permission(self, request: HttpRequest, obj: Item | None = None) -> bool:
        allowed = admin.ModelAdmin.has_change_permission(self, request, obj)
        return allowed and (obj is None or not items.is_frozen(item=obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Item | None = None) -> list[str]:
        return [field.name for field in Item._meta.fields if field.name not in ("id", "key_status")]

    def save_model(self, request: HttpRequest, obj: Item, form: Any, change: bool) -> None:
        items.set_key_status(item=obj, status=obj.key_status)


@admin.register(models.Rating)
class RatingAdmin(Recorded):
    list_display = ("item", "source", "rater_id", "answer", "correct", "seconds")
    list_filter = ("source",)
    list_select_related = ("item",)
    search_fields = ("item__key", "rater_id")


@admin.register(models.Participant)
class ParticipantAdmin(Recorded):
    list_display = ("code", "study", "pool", "enrolled_at", "last_seen_at", "consented_at", "withdrew_at")
    list_filter = ("study", "pool")
    list_select_related = ("study",)
    search_fields = ("code",)
    exclude = ("token",)  # whoever has it is the participant


@admin.register(models.PanelIdentity)
class PanelIdentityAdmin(Recorded):
    """Behind its own permission: nobody else sees who a participant is to a panel."""

    list_display = ("participant", "study", "panel", "panel_id")
    list_filter = ("study", "panel")
    list_select_related = ("participant", "study")
    search_fields = ("panel_id", "participant__code")


@admin.register(models.Session)
class SessionAdmin(Recorded):
    list_display = ("participant", "sitting", "state", "outcome", "enrolled_at", "last_seen_at", "finished_at")
    list_filter = ("state", "outcome", "participant__pool", "participant__study")
    list_select_related = ("participant",)
    search_fields = ("participant__code",)


@admin.register(models.FormAnswer)
class FormAnswerAdmin(Recorded):
    list_display = ("session", "form", "key", "attempt", "correct", "answered_at")
    list_filter = ("form", "session__participant__study")
    list_select_related = ("session",)
    search_fields = ("session__participant__code", "key")


@admin.register(models.Allocation)
class AllocationAdmin(Recorded):
    list_display = ("participant", "sitting", "position", "kind", "task", "arm", "item", "refill", "overfill")
    list_filter = ("kind", "task", "participant__study", "participant__pool", "refill", "overfill")
    list_select_related = ("participant", "item")
    search_fields = ("participant__code", "item__key")


@admin.register(models.Brief)
class BriefAdmin(Recorded):
    list_display = ("allocation", "assistant", "strategy", "target", "correct", "probability", "stratum")
    list_filter = ("assistant", "strategy", "allocation__participant__study")
    list_select_related = ("allocation",)
    search_fields = ("allocation__participant__code", "allocation__item__key")


@admin.register(models.Trial)
class TrialAdmin(Withholding):
    withheld = ("initial_answer", "initial_confidence_raw")
    study_of = ("allocation", "participant")
    list_display = ("public_id", "allocation", "state", "opened_at", "deadline_at", "closed_at", "closed_by")
    list_filter = ("state", "closed_by", "allocation__participant__study", "allocation__participant__pool")
    list_select_related = ("allocation",)
    search_fields = ("public_id", "allocation__participant__code", "allocation__item__key")


@admin.register(models.Draft)
class DraftAdmin(Withholding):
    withheld = ("answer", "confidence_raw")
    list_display = ("trial", "saved_at")
    list_select_related = ("trial",)
    search_fields = ("trial__public_id",)


@admin.register(models.Response)
class ResponseAdmin(Withholding):
    withheld = ("answer", "correct", "confidence", "confidence_raw")
    list_display = ("trial", "source", "received_at", "lateness_ms")
    list_filter = ("source", "trial__allocation__participant__study", "trial__allocation__participant__pool")
    list_select_related = ("trial",)
    search_fields = ("trial__public_id", "trial__allocation__participant__code")


@admin.register(models.LateAnswer)
class LateAnswerAdmin(Withholding):
    withheld = ("answer", "confidence_raw")
    list_display = ("trial", "received_at")
    list_select_related = ("trial",)
    search_fields = ("trial__public_id",)


@admin.register(models.Message)
class MessageAdmin(Recorded):
    list_display = ("public_id", "trial", "turn", "role", "attempt", "status", "sent_at", "finished_at")
    list_filter = ("role", "status", "trial__allocation__participant__study")
    list_select_related = ("trial",)
    search_fields = ("public_id", "trial__public_id", "trial__allocation__participant__code")


@admin.register(models.Generation)
class GenerationAdmin(Recorded):
    list_display = (
        "public_id",
        "message",
        "assistant",
        "provider",
        "model_returned",
        "attempt",
        "stop_reason",
        "error",
    )
    list_filter = ("provider", "assistant", "error")
    list_select_related = ("message",)
    search_fields = ("public_id", "message__public_id")


@admin.register(models.Event)
class EventAdmin(Recorded):
    list_display = ("server_at", "kind", "source", "study", "participant", "target", "length")
    list_filter = ("study", "kind", "source")
    list_select_related = ("study", "participant")
    search_fields = ("kind", "participant__code")
