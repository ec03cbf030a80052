"""`tx()`: the only way to write. `after_commit()`: effects that wait for it. `read_snapshot()`: many reads, one moment.

An act is `async with tx():` inside one service function. No tasks are started and nothing is gathered inside; a
constraint error is translated outside (`guards.translated`), because Postgres refuses all that follows one.
"""

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from piccolo.querystring import QueryString

from turnet.db.engine import LiteEngine, bound

log = logging.getLogger("turnet.db")

Effect = Callable[[], Awaitable[None]]
_effects: contextvars.ContextVar[list[Effect] | None] = contextvars.ContextVar("effects", default=None)
_running: set[asyncio.Task[None]] = set()


@asynccontextmanager
async def tx() -> AsyncIterator[None]:
    """One write transaction; inside another one it joins that."""
    if _effects.get() is not None:
        yield
        return
    effects: list[Effect] = []
    token = _effects.set(effects)
    try:
        async with bound().transaction():
            yield
    finally:
        _effects.reset(token)
    for effect in effects:
        _start(effect)


def after_commit(effect: Effect) -> None:
    """Runs `effect` in a task of its own once the transaction is durable; never if it is not."""
    waiting = _effects.get()
    if waiting is None:
        _start(effect)
    else:
        waiting.append(effect)


def _start(effect: Effect) -> None:
    async def run() -> None:
        try:
            await effect()
        except Exception:
            log.exception("effect after commit failed")

    # An empty context: the task must never believe that it is still inside the transaction.
    task = asyncio.get_running_loop().create_task(run(), context=contextvars.Context())
    _running.add(task)
    task.add_done_callback(_running.discard)


async def effects_done() -> None:
    """Waits for every effect that was started: at shutdown and in tests."""
    while _running:
        await asyncio.gather(*_running)


@asynccontextmanager
async def read_snapshot() -> AsyncIterator[None]:
    """All reads inside see one moment of the database."""
    engine = bound()
    if engine.transaction_exists():
        yield
    elif isinstance(engine, LiteEngine):
        async with engine.snapshot():
            yield
    else:
        async with engine.transaction():
            await engine.run_ddl("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield


async def fetch(sql: str, *args: Any) -> list[tuple[Any, ...]]:
    """Rows as plain tuples, for hot paths; `{}` stands for an argument, on both engines."""
    return await bound().tuples(QueryString(sql, *args))


def on_sqlite() -> bool:
    return isinstance(bound(), LiteEngine)
