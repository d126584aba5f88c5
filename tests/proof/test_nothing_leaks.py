"""The key to the answers is on no page and in no frame before its reveal.

The same seeded sitting is played twice. In the first the assistant is set to be wrong every time, in the second to be
right every time, and what it argued for the first time is marked as right: so it argues for the same. Only the marking
differs. If anything that a browser gets depended on it, the two records would differ.
"""

import json
import re
from datetime import datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.core.management import call_command
from django.test import AsyncClient
from django.utils import timezone

from oversight.asgi import application
from studies.models import Brief, Dataset, Item, Participant, Passage, StudyItem
from studies.services import public_ids
from tests.factories import launched_study
from tests.live import live, rows  # noqa: F401  (a fixture)
from tests.views.pages import DEVICE
from tests.walk import START

pytestmark = [pytest.mark.usefixtures("live"), pytest.mark.django_db(transaction=True)]
CSRF = re.compile(r'(csrfmiddlewaretoken" value="|"csrf": ")\w+')
TEXT = (
    "The ferryman had rung the bell for forty years. The surveyor came back for the map she had drawn by lamplight. "
    "Nobody in the village trusted the northern lock. Her sister wanted to sell salt, and said so at every table. "
    "The letter stayed where it was, under the schoolhouse clock."
)
OPTIONS = ["She came back for the map", "To sell salt", "To return the letter", "Nobody trusted her"]


def _document(task: str, strategy: str, share_right: float) -> dict[str, Any]:
    return {
        "tasks": [{"name": task, "dataset": task, "items_per_arm": 2, "questions_per_passage": 1}],
        "assistants": {"guide": {"strategy": strategy, "p_correct": share_right, "knowledge": share_right}},
        "texts": {"instructions": "do", "debrief": "it lied"},
        "after_block": [],
        "answer": {"reveal": "debrief"},
    }  # fmt: skip


def _study(task: str, strategy: str, share_right: float, gold: dict[str, str]) -> None:
    """A launched study over items marked by `gold`, others with B; the assistant is right in so many of them."""
    study = launched_study(**_document(task, strategy, share_right))
    StudyItem.objects.all().delete()
    dataset = Dataset.objects.create(name=task, family=task, loaded_at=START)
    for number in range(8):
        passage = None
        if task == "quality":
            passage = Passage.objects.create(dataset=dataset, key=f"p{number}", title=f"Part {number}", text=TEXT)
        key = f"i{number}"
        item = Item.objects.create(
            dataset=dataset, key=key, question=f"Why did the surveyor come back, part {number}?",
            options=OPTIONS, gold=gold.get(key, "B"), content_sha256=key, passage=passage,
        )  # fmt: skip
        StudyItem.objects.create(version=study.versions.get(), item=item, task=task, kind="main")


class Sitting:
    """Plays one sitting over pages, socket and polling, and keeps everything that a browser was given."""

    def __init__(self) -> None:
        self.client = AsyncClient()
        self.given: list[str] = []
        self.page = self.address = ""

    async def get(self, address: str) -> None:
        response = await self.client.get(address)
        self._keep(response)

    async def do(self, action: str, **fields: str) -> None:
        response = await self.client.post(self.address, {"action": action, **fields})
        assert response.status_code == 303, response.content
        self._keep(await self.client.get(self.address))

    def _keep(self, response: Any) -> None:
        self.page = response.content.decode()
        headers = {name: value for name, value in response.headers.items() if name not in ("Set-Cookie", "Expires")}
        self.given += [CSRF.sub(r"\1", self.page), json.dumps(headers)]

    @property
    def trial(self) -> str:
        found = re.search(r'name="trial" value="(\w+)"', self.page)
        return found.group(1) if found else ""

    async def to_the_questions(self) -> None:
        await self.get("/join/s/")
        self.address = (await self.client.post("/join/s/")).headers["Location"]
        await self.do("welcome")
        await self.do("device", device=DEVICE)
        await self.do("consent", **{"age": "yes", "c-study": "yes"})
        await self.do("instructions")

    async def question(self) -> None:
        await self.do("start", trial=self.trial)
        if "data-chat-form" in self.page:
            await self.talk(self.trial)
            await self.get(self.address)
        await self.do("submit", trial=self.trial, answer="B", confidence="60")

    async def talk(self, trial: str) -> None:
        headers = [(b"origin", b"http://localhost"), (b"host", b"localhost")]
        socket = WebsocketCommunicator(application, f"/ws{self.address}", headers=headers)
        await socket.connect()
        await self._say(socket, {"type": "hello", "trial": trial}, until="snapshot")
        for number, text in enumerate(("What do you think?", "Are you sure? I think it is A.", "Why not C?")):
            said = {"type": "message", "trial": trial, "id": f"{trial}-{number}", "text": text}
            await self._say(socket, said, until="final")
        await self._say(socket, {"type": "reset", "trial": trial}, until="snapshot")
        await socket.disconnect()
        self.given.append((await self.client.get(f"{self.address}chat/", {"trial": trial})).content.decode())

    async def _say(self, socket: WebsocketCommunicator, frame: dict[str, str], *, until: str) -> None:
        """Every frame that answers. How a reply is cut into pieces is a matter of timing: they are joined."""
        await socket.send_to(text_data=json.dumps(frame))
        written = ""
        while True:
            answer = json.loads(await socket.receive_from(timeout=10))
            if answer["type"] == "delta":
                written += answer["text"]
            elif answer["type"] not in ("time", "ping"):
                self.given.append(json.dumps(answer))
            if answer["type"] == until:
                self.given.append(written)
                return


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Plays a sitting in which every id and every time is the same each time."""

    async def play(task: str, strategy: str, share_right: float, gold: dict[str, str]) -> list[str]:
        await rows(call_command)("flush", interactive=False, reset_sequences=True, verbosity=0)
        source, time = Random(11), SimpleNamespace(now=datetime(2026, 3, 1, 12, tzinfo=timezone.get_default_timezone()))
        monkeypatch.setattr(public_ids, "secrets", _Seeded(source))
        monkeypatch.setattr(timezone, "now", lambda: time.now)
        await rows(_study)(task, strategy, share_right, gold)
        sitting = Sitting()
        await sitting.to_the_questions()
        while sitting.trial:
            await sitting.question()
            time.now += timedelta(seconds=20)
        sitting.given.append("the end")
        return sitting.given

    return play


class _Seeded:
    def __init__(self, source: Random) -> None:
        self.choice = source.choice
        self._source = source

    def token_urlsafe(self, size: int) -> str:
        return self.token_hex(size)

    def token_hex(self, size: int) -> str:
        return self._source.randbytes(size).hex()


def argued() -> dict[str, str]:
    """What the assistant argued for, by item."""
    met = Brief.objects.values_list("allocation__item__key", "target", "belief")
    return {key: target or belief for key, target, belief in met}


def marked_right() -> list[bool]:
    """Whether what the assistant argued for is marked as right, by item that it was asked about."""
    gold = dict(Item.objects.values_list("key", "gold"))
    return [gold[key] == letter for key, letter in argued().items()]


async def twice(played: Any, task: str, strategy: str) -> tuple[list[str], list[str]]:
    """The records of the assistant being wrong every time, and of the very same being marked as right."""
    first = await played(task, strategy, 0, {})
    said = await rows(argued)()
    assert not any(await rows(marked_right)())
    others = {f"i{number}": "D" for number in range(8)}
    second = await played(task, strategy, 1, others | said)
    assert await rows(argued)() == said
    assert all(await rows(marked_right)())
    return first, second


@pytest.mark.parametrize("task", ["mmlu", "quality"])
@pytest.mark.parametrize("strategy", ["assigned", "honest"])
async def test_another_right_answer_gives_the_same_pages_and_frames(played: Any, task: str, strategy: str) -> None:
    first, second = await twice(played, task, strategy)
    assert await rows(Brief.objects.count)() == 2
    assert len(first) > 40
    assert sum('"type": "final"' in given for given in first) == 6, "the assistant was asked, and answered"
    for one, other in zip(first, second, strict=True):
        assert one == other


async def test_the_proof_would_notice_a_leak(played: Any) -> None:
    """After its reveal the right answer is shown: there the two records differ."""
    ends = []
    for share_right, gold in ((0, {}), (1, {f"i{number}": "D" for number in range(8)})):
        await played("mmlu", "assigned", share_right, gold)
        token = (await rows(Participant.objects.get)()).token
        client = AsyncClient()
        await client.post(f"/s/{token}/", {"action": "survey"})
        ends.append(CSRF.sub("", (await client.get(f"/s/{token}/")).content.decode()))
    assert "What this study was about" in ends[0]
    assert ends[0] != ends[1]
