"""The whole app over HTTP without a socket, on both engines, with the clock standing still and no worker."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

import httpx
import pytest
from litestar import Litestar

from turnet.app import equipped, routed
from turnet.clock import Clock, FrozenClock
from turnet.settings import Settings

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
"""What htmx sends when it asks for a piece of a page."""


class Running:
    """An app between start and stop; its lifespan lives in one task, as it does under a server."""

    def __init__(self, app: Litestar) -> None:
        self.app = app
        self._started, self._stop = asyncio.Event(), asyncio.Event()

    async def start(self) -> None:
        self._life = asyncio.create_task(self._live())
        started = asyncio.create_task(self._started.wait())
        await asyncio.wait({self._life, started}, return_when=asyncio.FIRST_COMPLETED)
        started.cancel()
        if self._life.done():
            self._life.result()

    async def _live(self) -> None:
        async with self.app.lifespan():
            self._started.set()
            await self._stop.wait()

    async def stop(self) -> None:
        self._stop.set()
        await self._life


class Client(httpx.AsyncClient):
    """Asks as a browser on the clinic's own address does; redirects are not followed.

    `client.get(url, partial=True)` and `client.post(url, data=…, partial=True)` ask as htmx does.
    """

    def __init__(self, app: Litestar, *, address: str = "203.0.113.9") -> None:
        settings: Settings = app.state.settings
        self.app = app
        self.clock: Any = app.state.clock
        super().__init__(
            transport=httpx.ASGITransport(app=app, client=(address, 50000)),  # type: ignore[arg-type]
            base_url=settings.origin,
            headers={"Accept-Language": "en", "Accept-Encoding": "identity"},
        )

    async def request(self, method: str, url: Any, *, partial: bool = False, **more: Any) -> httpx.Response:
        headers = httpx.Headers(more.pop("headers", None) or {})
        if partial:
            headers.update(PARTIAL)
        if method not in {"GET", "HEAD"}:
            headers.setdefault("Sec-Fetch-Site", "same-origin")
        return await super().request(method, url, headers=headers, **more)

    async def get(self, url: Any, **more: Any) -> httpx.Response:
        return await self.request("GET", url, **more)

    async def post(self, url: Any, **more: Any) -> httpx.Response:
        return await self.request("POST", url, **more)


@pytest.fixture(params=[False, True], ids=["plain", "partial"])
def partial(request: pytest.FixtureRequest) -> bool:
    """Asks for every act twice: as a browser without JavaScript does, and as htmx does."""
    return bool(request.param)


_shared: dict[tuple[str, bool], Litestar] = {}
"""(origin, demo) → routes that the tests of this process share, as they take far longer to make than all the rest."""


@contextmanager
def an_app(settings: Settings, clock: Clock) -> Iterator[Litestar]:
    """As `create_app` makes it without a worker. Routes that a test adds are no other test's."""
    kind = settings.origin, settings.demo
    if kind not in _shared:
        _shared[kind] = routed(settings, worker=False, control=False)
    shared = _shared[kind]
    routes = list(shared.routes)
    try:
        yield equipped(copy(shared), settings, clock)
    finally:
        if shared.routes != routes:
            del _shared[kind]


@pytest.fixture
def app(settings: Settings, clock: FrozenClock, loop: asyncio.Runner) -> Iterator[Litestar]:
    """Started, on an empty database that is bound to every table: `await a_clinic()` first."""
    with an_app(settings, clock) as made:
        running = Running(made)
        loop.run(running.start())
        yield made
        loop.run(running.stop())


@pytest.fixture
def client(app: Litestar, loop: asyncio.Runner) -> Iterator[Client]:
    client = Client(app)
    yield client
    loop.run(client.aclose())
