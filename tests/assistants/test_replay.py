import json
import subprocess
import sys
from pathlib import Path

import pytest

from studies.assistants import registry
from studies.assistants.base import Delta, Finished, ModelRequest, ProviderFault, Turn

MESSAGES = """trial_id,item_id,turn,role,status,attempt,text,context_epoch
t1,d/k1,1,participant,done,1,Which?,0
t1,d/k1,1,assistant,interrupted,1,It is,0
t1,d/k1,1,assistant,done,2,"It is B,
I think.",0
t1,d/k1,2,participant,done,1,Sure?,0
t1,d/k1,2,assistant,capped,1,Quite su,0
t1,d/k1,3,participant,done,1,Again?,1
t1,d/k1,3,assistant,done,1,After the reset.,1
"""


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """A record made of an export, as the documentation says."""
    (tmp_path / "messages.csv").write_text(MESSAGES)
    command = [sys.executable, "-m", "studies.assistants.providers.replay", str(tmp_path / "messages.csv")]
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    (tmp_path / "replies.jsonl").write_text(made.stdout)
    return tmp_path / "replies.jsonl"


async def replay(record: Path, *said: str, item: str = "d/k1", turn: int = 1, attempt: int = 1) -> tuple[str, str]:
    """The words, and how they ended."""
    talk = tuple(Turn("participant", text) for text in said)
    asked = ModelRequest(
        system="", prompt_sha256="sha", turns=talk, seed=1, reply=turn, attempt=attempt, item=item,
        options={"file": str(record)},
    )  # fmt: skip
    text = ""
    try:
        async for part in registry.provider("replay").stream(asked):
            if isinstance(part, Delta):
                text += part.text
            elif isinstance(part, Finished):
                return text, part.stop_reason
    except ProviderFault as fault:
        return text, fault.code
    raise AssertionError("the stream had no end")


async def test_what_was_said_and_what_broke_comes_again(record: Path) -> None:
    assert await replay(record, "Which?") == ("It is", "stream_cut")
    assert await replay(record, "Which?", attempt=2) == ("It is B,\nI think.", "end")
    assert await replay(record, "Which?", "Sure?", turn=2) == ("Quite su", "max_tokens")
    assert await replay(record, "Again?", turn=3) == ("After the reset.", "end")


async def test_other_words_about_the_item_get_the_reply_of_that_turn(record: Path) -> None:
    assert await replay(record, "Hm", "So?", turn=2) == ("Quite su", "max_tokens")


async def test_where_nothing_was_recorded_it_says_so(record: Path) -> None:
    assert await replay(record, "New?", item="d/k2") == ("", "unavailable")


def test_a_record_that_cannot_be_read_is_refused_with_its_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text(json.dumps({"text": "a"}) + "\n" + json.dumps({"turn": 1}) + "\n")
    settings = registry.provider("replay").Settings
    with pytest.raises(ValueError, match="line 2: text"):
        settings.model_validate({"file": str(bad)})
    with pytest.raises(ValueError, match="No such file"):
        settings.model_validate({"file": str(tmp_path / "none.jsonl")})
