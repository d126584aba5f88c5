"""A person at a browser without JavaScript's manners: real HTTP and a real socket, for tests of whole processes."""

import html
import json
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
RADIOS = re.compile(r'<input\s+type="radio"\s+name="([^"]+)"\s+value="([^"]*)"')
TICKS = re.compile(r'<input\s+type="checkbox"\s+name="([^"]+)"')
DEVICE = json.dumps({"javascript": True, "width": 1280, "height": 800, "socket_ms": 5})
FRAME_SECONDS = 60.0  # how long a loaded machine may take


class Person:
    """One sitting. `move` goes on at another server, as a proxy would send them after a server died."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=url, follow_redirects=True, timeout=30)
        self.path = ""
        self.page = ""

    def move(self, url: str) -> None:
        cookies = self.client.cookies
        self.client.close()
        self.client = httpx.Client(base_url=url, follow_redirects=True, timeout=30, cookies=cookies)

    @property
    def token(self) -> str:
        return self.path.strip("/").rpartition("/")[2]

    @property
    def hidden(self) -> dict[str, str]:
        """The hidden fields of the page's first form with an action."""
        form = next(part for part in self.page.split("<form")[1:] if 'name="action"' in part or "/join/" in self.path)
        return {name: html.unescape(value) for name, value in HIDDEN.findall(form.split("</form>")[0])}

    def read(self, path: str = "") -> str:
        answer = self.client.get(path or self.path)
        return self._at(answer)

    def press(self, **fields: str) -> str:
        """Send the page's form with what the person filled in."""
        return self._at(self.client.post(self.path, data={**self.hidden, **fields}))

    def _at(self, answer: httpx.Response) -> str:
        assert answer.status_code == 200, f"{answer.status_code} at {answer.url}: {answer.text[:500]}"
        self.path, self.page = answer.url.path, answer.text
        return self.page

    def arrive(self, slug: str, *, instructed: bool = True) -> None:
        """From the invitation to what follows the instructions, or only to these."""
        self.read(f"/join/{slug}/")
        self.press()
        self.press()  # welcome
        self.press(device=DEVICE)
        self.press(**dict.fromkeys(TICKS.findall(self.page), "yes"))
        if instructed:
            self.press()

    def start_question(self) -> str:
        """The trial's id."""
        self.press()
        return self.hidden["trial"]

    def finish(self) -> str:
        """From the last question to the last page: the first answer everywhere. The page's heading."""
        for _ in range(20):
            if 'name="action"' not in self.page or self.hidden["action"] == "stop":
                break
            first = dict(reversed(RADIOS.findall(self.page)))
            self.press(**first, **({"data_use": "yes"} if self.hidden["action"] == "debrief" else {}))
        return re.findall(r"<h1[^>]*>(.*?)</h1>", self.page, re.DOTALL)[0].strip()

    def socket(self, trial: str) -> "Socket":
        return Socket(str(self.client.base_url).rstrip("/"), self.token, trial)


class Socket:
    """A socket that says hello when it is entered."""

    def __init__(self, url: str, token: str, trial: str) -> None:
        self.trial = trial
        self._address = f"{url.replace('http', 'ws', 1)}/ws/s/{token}/"
        self._origin = url
        self._open = ExitStack()

    def __enter__(self) -> "Socket":
        opening = connect(self._address, origin=self._origin)  # type: ignore[arg-type]
        self.connection: ClientConnection = self._open.enter_context(opening)
        self.send(type="hello", trial=self.trial)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.close()

    def send(self, **frame: Any) -> None:
        self.connection.send(json.dumps(frame))

    def say(self, text: str, *, number: str) -> None:
        self.send(type="message", trial=self.trial, id=number, text=text)

    def until(self, wanted: Callable[[dict[str, Any]], Any], seconds: float = FRAME_SECONDS) -> dict[str, Any]:
        """The first frame that is wanted; says which came where none does."""
        end, seen = time.monotonic() + seconds, []
        while (left := end - time.monotonic()) > 0:
            try:
                frame = json.loads(self.connection.recv(timeout=left))
            except TimeoutError:
                break
            seen.append(frame)
            if wanted(frame):
                return dict(frame)
        raise AssertionError(f"no such frame within {seconds} s; there came {seen}")


def messages(frame: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages that a frame shows."""
    return [*(frame.get("chat") or {}).get("messages", []), *filter(None, [frame.get("message")])]
