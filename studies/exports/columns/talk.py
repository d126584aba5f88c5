"""messages.csv, generations.csv, events.csv and form_answers.csv: read as plain values, in order."""

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any

from django.db.models import QuerySet

from studies.exports import ids
from studies.exports.columns import Columns
from studies.exports.scope import Scope, batches
from studies.models import Event, FormAnswer, Generation, Message, Participant, Pool

Row = dict[str, Any]
ROWS_AT_ONCE = 2000


def _pool(pool: str) -> Columns:
    return {
        "is_simulated": lambda row: row[pool] == Pool.SIMULATED,
        "is_preview": lambda row: row[pool] == Pool.PREVIEW,
    }


def _fields(*names: str) -> dict[str, Callable[[Any], Any]]:
    """Columns that are called as the model calls them."""
    return {name: itemgetter(name) for name in names}


def _session(code: str, sitting: str) -> Callable[[Row], str]:
    return lambda row: ids.session_id(row[code], row[sitting]) if row[sitting] else ""


def _values(rows: QuerySet[Any], *fields: str) -> Iterator[Row]:
    return rows.values(*fields).iterator(chunk_size=ROWS_AT_ONCE)


# -- messages ------------------------------------------------------------------------------------------------

_OF_MESSAGE = (
    "turn", "role", "status", "attempt", "text", "sent_at", "first_token_at", "finished_at", "context_epoch",
    "recommended", "recommended_shown", "recommended_quote", "recommended_by",
)  # fmt: skip
_TRIAL = "trial__allocation__participant__"
_ITEM = "trial__allocation__item__"

MESSAGES: Columns = {
    "message_id": itemgetter("public_id"),
    "participant_id": itemgetter(_TRIAL + "code"),
    "session_id": _session(_TRIAL + "code", "trial__session__sitting"),
    "trial_id": itemgetter("trial__public_id"),
    "item_id": lambda row: ids.item_id(row[_ITEM + "dataset__name"], row[_ITEM + "key"]),
    **_fields(*_OF_MESSAGE),
    **_pool(_TRIAL + "pool"),
}


def messages(scope: Scope) -> Iterator[Row]:
    for people in batches(scope.givers()):
        rows = Message.objects.filter(trial__allocation__participant__in=people).order_by(
            "trial__allocation__participant_id",
            "trial__allocation__sitting",
            "trial__allocation__position",
            "turn",
            "pk",
        )
        who = ("public_id", "trial__public_id", "trial__session__sitting", _TRIAL + "code", _TRIAL + "pool")
        yield from _values(rows, *who, _ITEM + "dataset__name", _ITEM + "key", *_OF_MESSAGE)


# -- generations ---------------------------------------------------------------------------------------------

_OF_GENERATION = (
    "assistant", "strategy", "model_requested", "model_returned", "prompt_sha256", "attempt", "purpose",
    "input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "tokens_estimated", "attempts",
    "request_id", "cost_usd", "first_token_ms", "latency_ms", "stop_reason", "error",
)  # fmt: skip
_REPLY = "message__trial__allocation__participant__"

GENERATIONS: Columns = {
    "generation_id": itemgetter("public_id"),
    "message_id": itemgetter("message__public_id"),
    "trial_id": itemgetter("message__trial__public_id"),
    **_fields(*_OF_GENERATION),
    **_pool(_REPLY + "pool"),
}


def generations(scope: Scope) -> Iterator[Row]:
    for people in batches(scope.givers()):
        rows = Generation.objects.filter(message__trial__allocation__participant__in=people)
        rows = rows.order_by("message__trial__allocation__participant_id", "message_id", "pk")
        who = ("public_id", "message__public_id", "message__trial__public_id", _REPLY + "pool")
        yield from _values(rows, *who, *_OF_GENERATION)


# -- events --------------------------------------------------------------------------------------------------

_OF_EVENT = ("kind", "target", "length", "server_at", "client_at", "detail")

EVENTS: Columns = {
    "event_id": lambda row: ids.event_id(row["pk"]),
    "participant_id": itemgetter("participant__code"),
    "session_id": _session("participant__code", "session__sitting"),
    "trial_id": itemgetter("trial__public_id"),
    **_fields(*_OF_EVENT),
    **_pool("participant__pool"),
}


def events(scope: Scope) -> Iterator[Row]:
    """The study's own events first, then those of each person."""
    yield from _events(Event.objects.filter(study=scope.study, participant=None))
    for people in batches(scope.givers()):
        yield from _events(Event.objects.filter(participant__in=people))


def _events(rows: QuerySet[Event]) -> Iterator[Row]:
    who = ("pk", "participant__code", "participant__pool", "session__sitting", "trial__public_id")
    return _values(rows.order_by("participant_id", "pk"), *who, *_OF_EVENT)


# -- form answers --------------------------------------------------------------------------------------------

_OF_FORM = ("form", "version", "key", "value", "attempt", "correct", "answered_at")
_PERSON = "session__participant__"

FORM_ANSWERS: Columns = {
    "participant_id": itemgetter(_PERSON + "code"),
    "session_id": _session(_PERSON + "code", "session__sitting"),
    **_fields(*_OF_FORM),
    **_pool(_PERSON + "pool"),
}


def form_answers(scope: Scope) -> Iterator[Row]:
    for people in batches(scope.givers()):
        yield from _values(_forms(people), _PERSON + "code", _PERSON + "pool", "session__sitting", *_OF_FORM)


def _forms(people: Sequence[Participant]) -> QuerySet[FormAnswer]:
    rows = FormAnswer.objects.filter(session__participant__in=people)
    return rows.order_by("session__participant_id", "session__sitting", "pk")
