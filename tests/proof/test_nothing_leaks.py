"""The key to the answers is on no page and in no frame before its reveal.

The same seeded sitting is played twice. Only the marking of the right answers differs: what the assistant argues for
is the same in both. If anything that a browser gets depended on the marking, the two records would differ.
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
from studies.domain import briefs as draws
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


def _document(task: str, strategy: str) -> dict[str, Any]:
    return {
        "tasks": [{"name": task, "dataset": task, "items_per_arm": 2, "questions_per_passage": 1}],
        "assistants": {"guide": {"strategy": strategy}},
        "texts": {"instructions": "do", "debrief": "it lied"},
        "after_block": [],
        "answer": {"reveal": "debrief"},
    }  # fmt: skip


def _study(task: str, strategy: str, gold: str) -> None:
    """A launched study over items that are all marked with the same `gold`; nothing else depends on it."""
    study = launched_study(**_document(task, strategy))
    StudyItem.objects.all().delete()
    dataset = Dataset.objects.create(name=task, family=task, loaded_at=START)
    for number in range(8):
        passage = None
        if task == "quality":
            passage = Passage.objects.create(dataset=dataset, key=f"p{number}", title=f"Part {number}", text=TEXT)
        item = Item.objects.create(
            dataset=dataset, key=f"i{number}", question=f"Why did the surveyor come back, part {number}?",
            options=OPTIONS, gold=gold, content_sha256=f"{number}", passage=passage,
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
    """Plays a sitting in which everything random or timed is the same each time."""

    async def play(task: str, strategy: str, gold: str) -> list[str]:
        await rows(call_command)("flush", interactive=False, reset_sequences=True, verbosity=0)
        source, time = Random(11), SimpleNamespace(now=datetime(2026, 3, 1, 12, tzinfo=timezone.get_default_timezone()))
        monkeypatch.setattr(public_ids, "secrets", _Seeded(source))
        monkeypatch.setattr(timezone, "now", lambda: time.now)
        held = _Held()
        monkeypatch.setattr(draws, "draw_target", held.target)
        monkeypatch.setattr(draws, "draw_belief", held.belief)
        await rows(_study)(task, strategy, gold)
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


class _Held:
    """The replies are held: the assistant argues for B in every question, whatever is marked as right."""

    def target(self, *, gold: str, **rules: Any) -> draws.BriefDraw:
        return draws.BriefDraw(target="B", correct=gold == "B", probability=0.5, seed="held")

    def belief(self, **rules: Any) -> str:
        return "B"


@pytest.mark.parametrize("task", ["mmlu", "quality"])
@pytest.mark.parametrize("strategy", ["assigned", "honest"])
async def test_another_right_answer_gives_the_same_pages_and_frames(played: Any, task: str, strategy: str) -> None:
    first = await played(task, strategy, "B")
    talked = await rows(Brief.objects.count)()
    second = await played(task, strategy, "D")
    assert talked == 2
    assert len(first) > 40
    assert sum('"type": "final"' in given for given in first) == 6, "the assistant was asked, and answered"
    for one, other in zip(first, second, strict=True):
        assert one == other


async def test_the_proof_would_notice_a_leak(played: Any) -> None:
    """After its reveal the right answer is shown: there the two records differ."""
    ends = []
    for gold in ("B", "D"):
        await played("mmlu", "assigned", gold)
        token = (await rows(Participant.objects.get)()).token
        client = AsyncClient()
        await client.post(f"/s/{token}/", {"action": "survey"})
        ends.append(CSRF.sub("", (await client.get(f"/s/{token}/")).content.decode()))
    assert "What this study was about" in ends[0]
    assert ends[0] != ends[1]
