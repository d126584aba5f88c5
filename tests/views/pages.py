"""A person who reads pages and presses buttons, through Django's test client, and the clock of the server."""

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

from django.test import Client
from django.utils import timezone

DEVICE = '{"javascript": true, "width": 1280, "height": 800, "socket_ms": 12}'


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=timezone.get_default_timezone())

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **more: float) -> None:
        self.now += timedelta(**more)


class Visitor:
    """`page` is the text of the last page, `heading` what stands over it."""

    def __init__(self, slug: str = "s", query: str = "", client: Client | None = None) -> None:
        self.client = client or Client()
        self.address, self.page, self.status = "", "", 0
        self.join_address = f"/join/{slug}/{query}"

    def read(self, response: Any) -> "Visitor":
        self.status, self.page = response.status_code, response.content.decode()
        if response.redirect_chain:
            self.address = response.redirect_chain[-1][0]
        return self

    def open_invitation(self) -> "Visitor":
        return self.read(self.client.get(self.join_address, follow=True))

    def join(self) -> "Visitor":
        return self.read(self.client.post(self.join_address, follow=True))

    def get(self) -> "Visitor":
        return self.read(self.client.get(self.address, follow=True))

    def do(self, action: str, **fields: str) -> "Visitor":
        return self.read(self.client.post(self.address, {"action": action, **fields}, follow=True))

    @property
    def heading(self) -> str:
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.page, re.S)
        return unescape(re.sub(r"<[^>]+>", "", found.group(1))).strip() if found else ""

    @property
    def notice(self) -> str:
        found = re.search(r'id="notice">.*?<p>(.*?)</p>', self.page, re.S)
        return unescape(found.group(1)) if found else ""

    @property
    def trial(self) -> str:
        found = re.search(r'name="trial" value="(\w*)"', self.page)
        return found.group(1) if found else ""

    def to_consent(self) -> "Visitor":
        return self.join().do("welcome").do("device", device=DEVICE)

    def agree(self, **more: str) -> "Visitor":
        return self.do("consent", **{"age": "yes", "c-study": "yes", **more})

    def to_first_question(self, **consent: str) -> "Visitor":
        return self.to_consent().agree(**consent).do("instructions")

    def start(self) -> "Visitor":
        return self.do("start", trial=self.trial)

    def answer(self, answer: str = "A", confidence: str = "60") -> "Visitor":
        return self.do("submit", trial=self.trial, answer=answer, confidence=confidence)

    def leave_break(self) -> "Visitor":
        position = re.search(r'name="position" value="(\d+)"', self.page)
        return self.do("end_break", position=position.group(1)) if position else self

    def leave_block(self) -> "Visitor":
        """Answer the questions that stand after a block, where this is one."""
        block = re.search(r'name="block" value="(\d+)"', self.page)
        return self.do("answer_block", block=block.group(1), **{"q-outside_help": "No"}) if block else self
