"""Open desks, and how they hear that somebody changed the diary: the one place in a process that watches the versions.

A desk waits for versions other than those that it has seen, so nothing is queued for anybody and a slow one misses
nothing. The database is asked once for a burst of writes, and not at all while no desk is open.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from turnet.db.engine import AnyEngine
from turnet.db.versions import Versions, current

log = logging.getLogger("turnet.live")

MOST = 12
"""Streams of one session; one more ends the oldest, which is likely a line that broke without a word."""
BURST_SECONDS = 0.05
"""Writes that follow each other this closely are told as one."""
DEAF_SECONDS = 1.0
"""How often the versions are read while other processes' writes are not heard of."""


@dataclass(eq=False, slots=True)
class Desk:
    """One open stream."""

    session: str
    over: str = ""
    """Why it has to end, once it has: `signed-out` or `crowded`."""


class Hub:
    """The open desks of this process. `closing` ends them all."""

    def __init__(self, closing: asyncio.Event) -> None:
        self.closing = closing
        self._versions = Versions(0, 0)
        self._desks: defaultdict[str, list[Desk]] = defaultdict(list)
        self._wrote, self._bell = asyncio.Event(), asyncio.Event()

    @property
    def open(self) -> int:
        return sum(len(desks) for desks in self._desks.values())

    @contextmanager
    def seated(self, session: str) -> Iterator[Desk]:
        """`session` is its public id."""
        desk, same = Desk(session), self._desks[session]
        same.append(desk)
        if len(same) > MOST:
            same.pop(0).over = "crowded"
            self._ring()
        try:
            yield desk
        finally:
            if desk in same:
                same.remove(desk)
            if not self._desks[session]:
                del self._desks[session]

    def end(self, session: str) -> None:
        """The session is over: whoever still looks on hears so at once. In other processes, at the next beat."""
        for desk in self._desks.get(session, ()):
            desk.over = "signed-out"
        self._ring()

    async def now(self) -> Versions:
        """As of now, and everybody else hears of it too."""
        versions = await current()
        if versions != self._versions:
            self._versions = versions
            self._ring()
        return versions

    async def after(self, seen: Versions, desk: Desk, *, at_most: float) -> Versions | None:
        """The versions once they are others than `seen`; None after `at_most` seconds, at the end, or when closing."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most):
                while self._versions == seen and not desk.over and not self.closing.is_set():
                    await self._bell.wait()
        return None if self._versions == seen else self._versions

    def _ring(self) -> None:
        self._bell.set()
        self._bell = asyncio.Event()

    async def watch(self, engine: AnyEngine) -> None:
        """For ever: reads the versions after each write, or every second where writes are not heard of."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if engine.hears_writes else DEAF_SECONDS):
                    await self._wrote.wait()
            self._wrote.clear()
            if self._desks:
                try:
                    await self.now()
                except Exception as error:  # noqa: BLE001  (whatever it was: look again)
                    log.warning("cannot read what changed", extra={"why": type(error).__name__})
                    await asyncio.sleep(DEAF_SECONDS)
            await asyncio.sleep(BURST_SECONDS)

    async def close(self) -> None:
        await self.closing.wait()
        self._ring()

    def wrote(self) -> None:
        self._wrote.set()


@asynccontextmanager
async def watching(hub: Hub, engine: AnyEngine) -> AsyncIterator[None]:
    """While inside, the hub hears of every write to the database."""
    engine.on_write.append(hub.wrote)
    tasks = [asyncio.create_task(hub.watch(engine)), asyncio.create_task(hub.close())]
    try:
        yield
    finally:
        engine.on_write.remove(hub.wrote)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
