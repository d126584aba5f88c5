"""Simulated people over real HTTP and websockets, against a server on this machine that uses the same database.

The server is driven by its pages alone. What a person happens to know, and which option a reply argues for, is looked
up in the database: a page tells neither.
"""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import httpx
from asgiref.sync import sync_to_async
from django.utils import timezone
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from studies.domain.errors import Refused
from studies.domain.protocol import Protocol
from studies.domain.transcript import shown_options
from studies.models import Message, Participant, Study, Trial
from studies.services import enrolment, simulated
from studies.simulation import forms, words
from studies.simulation.driver import Newcomer, newcomers
from studies.simulation.pages import Form, main_form
from studies.simulation.person import Approach, Person, Population, Scene, on_scale
from studies.simulation.walk import DEVICE, scene_of

LOOPBACK = ("127.0.0.1", "localhost", "::1")
HASTE = 12.0  # live people read and type this many times faster than others, unless told otherwise
MOST_PAGES = 500
REPLY_SECONDS = 90.0


def simulate(
    *,
    study: Study,
    participants: int,
    seed: int,
    url: str,
    concurrency: int,
    progress: Callable[[], object],
    population: Population | None = None,
    haste: float = HASTE,
    ask_services: bool = False,
) -> list[Participant]:
    """Let simulated people use the server at `url`, so many at once and `haste` times faster than real ones; who they
    are now.

    Raises Refused: not_loopback, server_unreachable, other_database, and all that the virtual driver raises.
    """
    _check_loopback(url)
    simulated.check_may_simulate(study, ask_services=ask_services)
    now = timezone.now()
    people = newcomers(
        study=study, participants=participants, seed=seed, start=now, population=population or Population()
    )
    codes = [one.code for one in people]
    simulated.check_codes_free(codes)
    protocol = enrolment.newest_version(study).protocol
    asyncio.run(_everybody(people, study, protocol, url.rstrip("/"), concurrency, haste, progress))
    return list(Participant.objects.filter(study=study, code__in=codes))


def _check_loopback(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or parts.hostname not in LOOPBACK:
        raise Refused("not_loopback", f"--live: {url!r} is no server on this machine, such as http://127.0.0.1:8000.")


async def _everybody(
    people: list[Newcomer],
    study: Study,
    protocol: Protocol,
    url: str,
    concurrency: int,
    haste: float,
    progress: Callable[[], object],
) -> None:
    places = asyncio.Semaphore(concurrency)

    async def one(newcomer: Newcomer) -> None:
        ticket = simulated.ticket(study=study, code=newcomer.code, truth=newcomer.truth)
        async with places:
            join = f"/join/{study.slug}/?simulated={ticket}"
            await Visitor(newcomer.person, protocol, url, join, haste).take_part()
        progress()

    try:
        async with asyncio.TaskGroup() as group:
            for newcomer in people:
                group.create_task(one(newcomer))
    except* httpx.TransportError as failed:
        raise Refused("server_unreachable", f"The server at {url} does not answer: {failed.exceptions[0]}") from None
    except* Refused as refused:
        raise refused.exceptions[0] from None


@dataclass(frozen=True)
class Seen:
    """What a person sees of an open trial, and what only the database knows of it."""

    trial: str
    scene: Scene
    approach: Approach
    question: str
    options: list[str]
    assistant: str
    left_seconds: float


class Visitor:
    """A simulated person with a browser: follows the pages until nothing is left to do, or until they leave."""

    def __init__(self, person: Person, protocol: Protocol, url: str, join: str, haste: float) -> None:
        self._person, self._protocol, self._url, self._join, self._haste = person, protocol, url, join, haste
        self._tries = count(1)
        self._ready = count(1)

    async def take_part(self) -> None:
        headers = {"Origin": self._url, "Referer": self._url + "/"}
        async with httpx.AsyncClient(base_url=self._url, follow_redirects=True, timeout=60, headers=headers) as http:
            self._http = http
            page = await http.get(self._join)
            joined = await self._send(page, _join_form(page), {})
            await self._go_on(joined)

    async def _go_on(self, page: httpx.Response) -> None:
        for _ in range(MOST_PAGES):
            form = main_form(page.text)
            if form is None or form.action not in PAGES:
                return
            if form.action == "start" and self._leaves():
                return
            page = await PAGES[form.action](self, page, form)
        raise Refused("lost", "A simulated person has seen hundreds of pages and comes to no end.")

    def _leaves(self) -> bool:
        return self._person.happens(self._person.traits.leaves, "leaves live", next(self._ready))

    async def _send(self, page: httpx.Response, form: Form, values: dict[str, str]) -> httpx.Response:
        target = httpx.URL(str(page.url)).join(form.target) if form.target else page.url
        return await self._http.post(target, data={**form.fields, **values})

    async def _pass(self, page: httpx.Response, form: Form) -> httpx.Response:
        await self._wait(self._person.seconds(3, "page", form.action))
        return await self._send(page, form, {})

    async def _wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._haste)

    # -- the pages ---------------------------------------------------------------------------------------------

    async def device(self, page: httpx.Response, form: Form) -> httpx.Response:
        return await self._send(page, form, {"device": json.dumps(DEVICE)})

    async def consent(self, page: httpx.Response, form: Form) -> httpx.Response:
        if self._person.happens(self._person.population.declines, "declines"):
            return await self._send(page, form, {"action": "decline"})
        ticked = forms.consent_answers(self._person, self._protocol.consent)
        screening = forms.answers(self._person, "screening", self._protocol.screening)
        values = {f"c-{key}": "yes" for key, agreed in ticked.items() if agreed}
        values |= {f"q-{key}": value for key, value in screening.items()}
        values["time_multiplier"] = f"{forms.multiplier(self._person, self._protocol):g}"
        return await self._send(page, form, {"age": "yes", **values})

    async def comprehension(self, page: httpx.Response, form: Form) -> httpx.Response:
        given = forms.comprehension(self._person, self._protocol.comprehension, next(self._tries))
        return await self._send(page, form, {f"q-{key}": value for key, value in given.items()})

    async def after_block(self, page: httpx.Response, form: Form) -> httpx.Response:
        name = f"after block {form.fields.get('block', '')}"
        given = forms.answers(self._person, name, self._protocol.after_block)
        return await self._send(page, form, {f"q-{key}": value for key, value in given.items()})

    async def survey(self, page: httpx.Response, form: Form) -> httpx.Response:
        given = forms.answers(self._person, "survey", self._protocol.survey)
        return await self._send(page, form, {f"q-{key}": value for key, value in given.items()})

    async def debrief(self, page: httpx.Response, form: Form) -> httpx.Response:
        refuses = self._person.happens(self._person.population.refuses_data_use, "data use")
        return await self._send(page, form, {"data_use": "refused" if refuses else "agreed"})

    # -- a trial -----------------------------------------------------------------------------------------------

    async def initial(self, page: httpx.Response, form: Form) -> httpx.Response:
        seen = await _seen(self._person, form.fields["trial"])
        return await self._answer(page, form, seen, seen.approach.belief, seen.approach.sure)

    async def trial(self, page: httpx.Response, form: Form) -> httpx.Response:
        seen = await _seen(self._person, form.fields["trial"])
        await self._wait(seen.approach.reading_seconds)
        recommended = ""
        if seen.approach.messages and seen.assistant:
            recommended = await self._talk(str(page.url), seen)
        await self._wait(seen.approach.thinking_seconds)
        answer, sure = self._person.conclude(seen.scene, seen.approach, recommended)
        if self._dawdles(seen):
            return await self._let_the_time_pass(page, seen)
        return await self._answer(page, form, seen, answer, sure)

    def _dawdles(self, seen: Seen) -> bool:
        """Few wait for the end: it takes the real time."""
        limit = seen.scene.limit_seconds
        return limit is not None and limit <= 20 and self._person.happens(0.1, "dawdles", seen.scene.key)

    async def _let_the_time_pass(self, page: httpx.Response, seen: Seen) -> httpx.Response:
        await asyncio.sleep(max(0.0, seen.left_seconds) + self._protocol.clock.grace_seconds + 0.5)
        return await self._http.get(page.url)

    async def _answer(self, page: httpx.Response, form: Form, seen: Seen, answer: str, sure: float) -> httpx.Response:
        raw = on_scale(sure, self._protocol.confidence, seen.scene.options)
        return await self._send(page, form, {"answer": answer, "confidence": raw})

    async def _talk(self, page_url: str, seen: Seen) -> str:
        """The talk over a socket; what the assistant recommended last."""
        parts = urlsplit(page_url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        address = f"{scheme}://{parts.netloc}/ws{parts.path}"
        secure = ssl.create_default_context() if scheme == "wss" else None
        recommended = ""
        async with connect(address, origin=self._url, ssl=secure, proxy=None) as socket:  # type: ignore[arg-type]
            await socket.send(json.dumps({"type": "hello", "trial": seen.trial}))
            for number in range(1, seen.approach.messages + 1):
                try:
                    reply = await self._say(socket, seen, number, recommended)
                except (ConnectionClosed, TimeoutError):
                    break
                if reply is None:
                    break
                recommended = await _recommended(reply) or recommended
        return recommended

    async def _say(self, socket: ClientConnection, seen: Seen, number: int, recommended: str) -> str | None:
        """Send a message; the id of its reply once that is final, None where it was refused or time is up."""
        text = words.message(self._person, seen.scene, seen.approach, number, recommended)
        if number == 1 and "question" not in self._protocol.assistants[seen.assistant].sees:
            text = words.with_question(text, seen.question, seen.options)[: self._protocol.chat.max_message_chars]
        draft = {"type": "draft", "trial": seen.trial, "answer": seen.approach.belief, "chat_text": text}
        await socket.send(json.dumps(draft))
        await self._wait(self._person.seconds(2 + len(text) / 12, "types", seen.scene.key, number))
        said = {"type": "message", "trial": seen.trial, "id": f"live-{seen.trial}-{number}", "text": text}
        await socket.send(json.dumps(said))
        async with asyncio.timeout(REPLY_SECONDS):
            return await _final(socket)


async def _final(socket: ClientConnection) -> str | None:
    async for raw in socket:
        frame: dict[str, Any] = json.loads(raw)
        if frame["type"] in ("refused", "closed"):
            return None
        if frame["type"] == "final":
            return str(frame["message"]["id"])
    return None


def _join_form(page: httpx.Response) -> Form:
    """The invitation's form. Raises Refused with what the page says instead."""
    from studies.simulation.pages import forms as forms_of

    found = next(iter(forms_of(page.text)), None)
    if found is None or page.status_code != 200:
        raise Refused("not_invited", f"The server lets nobody in ({page.status_code}); does it use this database?")
    return found


@sync_to_async
def _seen(person: Person, public_id: str) -> Seen:
    related = ("allocation__item__passage", "allocation__brief", "session__participant__version")
    trial = Trial.objects.select_related(*related).filter(public_id=public_id).first()
    if trial is None or trial.session is None:
        raise Refused("other_database", "The server uses another database than this command.")
    planned, scene = trial.allocation, scene_of(trial, trial.session)
    left = (trial.deadline_at - timezone.now()) if trial.deadline_at else timedelta()
    return Seen(
        trial=public_id,
        scene=scene,
        approach=person.approach(scene),
        question=planned.item.question,
        options=shown_options(planned.item.options, planned.choice_order),
        assistant=planned.brief.assistant if scene.assisted else "",
        left_seconds=left.total_seconds(),
    )


@sync_to_async
def _recommended(message: str) -> str:
    return Message.objects.values_list("recommended_shown", flat=True).get(public_id=message)


PAGES: dict[str, Callable[[Visitor, httpx.Response, Form], Awaitable[httpx.Response]]] = {
    "welcome": Visitor._pass,
    "device": Visitor.device,
    "consent": Visitor.consent,
    "instructions": Visitor._pass,
    "comprehension": Visitor.comprehension,
    "start": Visitor._pass,
    "initial": Visitor.initial,
    "submit": Visitor.trial,
    "leave_feedback": Visitor._pass,
    "answer_block": Visitor.after_block,
    "end_break": Visitor._pass,
    "survey": Visitor.survey,
    "debrief": Visitor.debrief,
}
