"""Frames of the chat as types. What comes from a browser is read here once, strictly; later code trusts it."""

import json
import re
from typing import Annotated, Any, Literal, NoReturn

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from studies.domain.errors import Refused

MAX_FRAME_BYTES = 64 * 1024
MAX_EVENTS = 200
# Control characters (newline and tab stay), lone surrogates, and what turns the direction of a whole line.
UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]")


def clean_text(value: object) -> object:
    """Text as it may be stored and shown: what nobody types is dropped, what a person typed is never refused."""
    if not isinstance(value, str):
        return value
    return UNWANTED.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))


def _as_raw(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(clean_text)]
Word = Annotated[str, BeforeValidator(clean_text), Field(max_length=40)]
Raw = Annotated[str, BeforeValidator(_as_raw), BeforeValidator(clean_text), Field(max_length=20)]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
TrialId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,16}$")]


class _Frame(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Hello(_Frame):
    """`trial` is empty on pages without one; `have` is what the page holds already, characters by message."""

    type: Literal["hello"]
    trial: TrialId = ""
    have: dict[Id, Annotated[int, Field(ge=0)]] = {}


class Echo(_Frame):
    type: Literal["echo"]
    n: Annotated[int, Field(ge=0, le=2**53)]


class Say(_Frame):
    """`id` is the browser's own: the same id again is the same message again."""

    type: Literal["message"]
    trial: TrialId
    id: Id
    text: Text


class Stop(_Frame):
    type: Literal["stop"]
    trial: TrialId


class Reset(_Frame):
    type: Literal["reset"]
    trial: TrialId


class Retry(_Frame):
    type: Literal["retry"]
    trial: TrialId
    message: Id


class DraftFrame(_Frame):
    """What is chosen and typed so far; None leaves a part as it is. `answer` is a shown letter."""

    type: Literal["draft"]
    trial: TrialId
    answer: Annotated[str, Field(pattern=r"^[A-J]?$")] | None = None
    confidence: Raw | None = None
    chat_text: Text | None = None


class ClientEvent(_Frame):
    """`length` is characters copied or pasted, or milliseconds away: never content. `at` is the browser's clock."""

    kind: Word
    target: Word = ""
    length: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    at: AwareDatetime | None = None


class Events(_Frame):
    type: Literal["events"]
    trial: TrialId = ""
    events: Annotated[list[ClientEvent], Field(max_length=MAX_EVENTS)]


class Ping(_Frame):
    type: Literal["ping"]


class Pong(_Frame):
    type: Literal["pong"]


Frame = Hello | Echo | Say | Stop | Reset | Retry | DraftFrame | Events | Ping | Pong
_FRAMES: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="type")])


def parse(raw: str | bytes) -> Frame:
    """The frame in `raw`. Raises Refused: bad_frame (malformed, oversized, of an unknown type)."""
    if len(raw) > MAX_FRAME_BYTES or (isinstance(raw, str) and len(raw.encode(errors="replace")) > MAX_FRAME_BYTES):
        raise Refused("bad_frame", "That was too long to be sent in one piece. Please shorten it.")
    try:
        return _FRAMES.validate_python(json.loads(raw, parse_constant=_no_constant))
    except (ValueError, ValidationError, RecursionError, OverflowError):
        raise Refused("bad_frame", "The page sent something that cannot be read. Please reload the page.") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def refusal(refused: Refused, frame: Frame | None = None) -> dict[str, Any]:
    """What a browser is told; `id` says which message stays with the person."""
    told = {"type": "refused", "code": refused.code, "text": refused.sentence}
    return {**told, "id": frame.id} if isinstance(frame, Say) else told
