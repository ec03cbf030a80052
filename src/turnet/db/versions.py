"""The versions of the clinic's setup and of its diary, held in memory so that a warm page asks the database nothing.

They are one row, raised inside every act that changes what is offered. On SQLite this process is the only writer, so
they are read again after each write of its own. On Postgres a trigger on the row also tells every process that listens.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple

import asyncpg

from turnet.db.engine import AnyEngine, PgEngine, bound
from turnet.db.guards import VERSIONS_CHANNEL
from turnet.db.transactions import fetch

log = logging.getLogger("turnet.db")


class Versions(NamedTuple):
    setup: int
    diary: int

    @property
    def stamp(self) -> str:
        """What a page and its stream call this moment of the clinic: `3.1017`."""
        return f"{self.setup}.{self.diary}"


@dataclass(frozen=True, slots=True)
class _Held:
    engine: AnyEngine
    stamp: int
    versions: Versions


_held: _Held | None = None


def held() -> Versions | None:
    """The versions as of now if nobody wrote since they were read; None when they must be read."""
    engine = bound()
    if _held is None or _held.engine is not engine or _held.stamp != engine.stamp or not engine.hears_writes:
        return None
    return None if engine.transaction_exists() else _held.versions


async def current() -> Versions:
    """The versions as of now, or of this transaction's moment; (0, 0) before there is a clinic."""
    global _held  # noqa: PLW0603  (one database a process)
    known = held()
    if known is not None:
        return known
    engine = bound()
    stamp = engine.stamp  # before the read: a write in between makes the answer out of date, never too new
    rows = await fetch("SELECT setup_version, version FROM diary WHERE id = 1")
    versions = Versions(*rows[0]) if rows else Versions(0, 0)
    if not engine.transaction_exists():
        _held = _Held(engine, stamp, versions)
    return versions


async def raise_diary() -> None:
    """Something that the desk shows has changed, whether or not it changes what is on offer: open desks look again."""
    await fetch("UPDATE diary SET version = version + 1 WHERE id = 1")


@asynccontextmanager
async def listening(engine: AnyEngine, *, again_after: float = 1.0) -> AsyncIterator[None]:
    """While inside, other processes' writes are heard of; nothing to do on SQLite, where there are none.

    A lost connection is taken up again `again_after` seconds later.
    """
    if not isinstance(engine, PgEngine):
        yield
        return
    ears = asyncio.create_task(_listen(engine, again_after))
    try:
        yield
    finally:
        ears.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await ears


async def _listen(engine: PgEngine, again_after: float) -> None:
    """Listens for ever; while it cannot, nothing is held and every page asks the database."""
    while True:
        try:
            await _listen_once(engine)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("not hearing of other processes' writes", extra={"why": type(error).__name__})
        await asyncio.sleep(again_after)


async def _listen_once(engine: PgEngine) -> None:
    connection = await asyncpg.connect(**engine.config)
    lost = asyncio.Event()
    try:
        connection.add_termination_listener(lambda *_: lost.set())
        await connection.add_listener(VERSIONS_CHANNEL, lambda *_: engine.wrote())
        engine.wrote()  # whatever happened before is not held
        engine.hears_writes = True
        await lost.wait()
    finally:
        engine.hears_writes = False
        engine.wrote()  # whoever waits to hear of a write looks for themselves now
        await connection.close(timeout=1)
