import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studies.domain import wire
from studies.domain.errors import Refused


def said(text: str) -> str:
    frame = wire.parse(json.dumps({"type": "message", "trial": "t", "id": "c1", "text": text}))
    assert isinstance(frame, wire.Say)
    return frame.text


@pytest.mark.parametrize(
    "raw",
    [
        "", "null", "[]", "{}", "not json", '{"type": "launch"}', '{"type": 3}', '"hello"', "[" * 60_000,
        '{"type": "message", "trial": "t", "id": "c1"}', '{"type": "message", "trial": "t", "id": "", "text": "x"}',
        '{"type": "message", "trial": "../x", "id": "c1", "text": "x"}', '{"type": "echo", "n": NaN}',
        '{"type": "echo", "n": -1}', '{"type": "stop"}', '{"type": "stop", "trial": "t", "extra": 1}',
        '{"type": "draft", "trial": "t", "answer": "K"}', '{"type": "echo", "n": ' + "9" * 5000 + "}",
        '{"type": "events", "events": [{"kind": "blur", "at": "yesterday"}]}', b"\xff\xfe",
    ],
)  # fmt: skip
def test_what_is_no_frame_is_refused_in_words(raw: str | bytes) -> None:
    with pytest.raises(Refused) as refused:
        wire.parse(raw)
    assert refused.value.code == "bad_frame"


def test_an_oversized_frame_is_refused_by_its_bytes() -> None:
    with pytest.raises(Refused):
        said("é" * 40_000)
    assert len(said("e" * 60_000)) == 60_000


@given(st.text())
def test_any_text_at_all_becomes_text_that_a_database_takes(text: str) -> None:
    cleaned = str(wire.clean_text(text))
    cleaned.encode()
    assert "\x00" not in cleaned


def test_what_nobody_types_is_dropped_and_the_rest_is_kept() -> None:
    assert said("a\x00b\x07c\r\nd\te\ud800f") == "abc\nd\tef"
    assert said("naïve 中文 😀 <b>") == "naïve 中文 😀 <b>"


def test_a_refusal_names_the_message_that_stays_with_the_person() -> None:
    frame = wire.Say(type="message", trial="t", id="c1", text="x")
    assert wire.refusal(Refused("too_long", "Shorter."), frame)["id"] == "c1"
