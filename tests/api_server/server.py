"""The service itself: who may ask, what is to go wrong, and a thread that serves it."""

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.api_server import completions, messages, talk
from tests.api_server.faults import FAULTS, ordered_in, plan
from tests.server import free_port

KEY = "loopback-key"


class ApiServer:
    """`with ApiServer() as server:` serves on `server.url`; `server.fail("429", "cut")` breaks the next requests.

    `server.say("B", "70%")` are the words of the next requests that get any; then the service has its own again.
    `requests` keeps the bodies as they came, failed ones included. `pace` is seconds between words. `on_request` is
    called before each one is answered.
    """

    def __init__(self, *, port: int = 0, key: str = KEY, pace: float = 0.0, retry_after: float = 0.01) -> None:
        self.port = port or free_port()
        self.key, self.pace, self.retry_after = key, pace, retry_after
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.ports: list[int] = []  # of the other end: the same for requests of one connection
        self.on_request: Callable[[], Any] = lambda: None
        self._faults: deque[str] = deque()
        self._texts: deque[str] = deque()
        self._cache = messages.Cache()
        self._numbers = itertools.count(1)
        self._server: uvicorn.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._server.server_state.connections) if self._server else 0

    def fail(self, *faults: str) -> None:
        """Each of the next requests meets one of these, in order; '' lets one through."""
        unknown = [fault for fault in faults if fault and fault not in FAULTS]
        if unknown:
            raise ValueError(f"there is no fault {unknown[0]!r}; there is {', '.join(FAULTS)}")
        self._faults.extend(faults)

    def say(self, *texts: str) -> None:
        """Each of the next requests that is answered is answered so, in order."""
        self._texts.extend(texts)

    def forgive(self) -> None:
        """Nothing more is to go wrong."""
        self._faults.clear()

    @property
    def app(self) -> Starlette:
        routes = [
            Route("/v1/messages", self._messages, methods=["POST"]),
            Route("/v1/messages/count_tokens", self._count, methods=["POST"]),
            Route("/v1/chat/completions", self._completions, methods=["POST"]),
            Route("/faults", self._order, methods=["POST"]),
        ]
        return Starlette(routes=routes)

    def __enter__(self) -> "ApiServer":
        config = uvicorn.Config(
            self.app, host="127.0.0.1", port=self.port, log_level="critical", lifespan="off", timeout_keep_alive=60
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        until = time.monotonic() + 10
        while not self._server.started:
            assert time.monotonic() < until, "the service did not start"
            time.sleep(0.01)
        return self

    def __exit__(self, *error: object) -> None:
        assert self._server is not None
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(timeout=5)

    async def _body(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = await request.json()
        self.requests.append(body)
        self.headers.append(dict(request.headers))
        self.ports.append(request.client.port if request.client else 0)
        self.on_request()
        return body

    def _may(self, request: Request) -> bool:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        return self.key in (bearer, request.headers.get("x-api-key"))

    def _plan(self, request: Request, body: dict[str, Any]) -> Any:
        if not self._may(request):
            return plan("wrong_key", retry_after=0)
        fault = self._faults.popleft() if self._faults else ordered_in(talk.text_of(body["messages"][-1]["content"]))
        made = plan(fault, retry_after=self.retry_after)
        whole = made.status == 200 and not made.breaks
        return replace(made, text=self._texts.popleft()) if whole and self._texts else made

    async def _messages(self, request: Request) -> Response:
        body, request_id = await self._body(request), f"req_{next(self._numbers)}"
        if request.headers.get("anthropic-version") not in messages.VERSIONS:
            return messages.error(400, "anthropic-version: unknown version")
        made = self._plan(request, body)
        if made.status != 200:
            return messages.refused(made, request_id)
        usage = self._cache.usage(body)
        if body.get("stream"):
            return messages.streamed(body, usage, made, self.pace, request_id)
        return messages.whole(body, usage, made, request_id)

    async def _count(self, request: Request) -> Response:
        return await messages.counted(request) if self._may(request) else messages.error(401, "invalid x-api-key")

    async def _completions(self, request: Request) -> Response:
        body, request_id = await self._body(request), f"req_{next(self._numbers)}"
        made = self._plan(request, body)
        if made.status != 200:
            return completions.refused(made, request_id)
        return completions.answered(body, made, self.pace, request_id)

    async def _order(self, request: Request) -> Response:
        """By hand: `curl -d '["cut"]' http://127.0.0.1:PORT/faults` breaks the next request."""
        self.fail(*await request.json())
        return JSONResponse({"ordered": list(self._faults)})
