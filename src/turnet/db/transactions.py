"""`tx()`: the only way to write. `after_commit()`: effects that wait for it. `read_snapshot()`: many reads, one moment.

An act is `async with tx():` inside one service function. No tasks are started and nothing is gathered inside; a
constraint error is translated outside (`guards.translated`), because Postgres refuses all that follows one.
"""

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from turnet.db import guards
from turnet.db.engine import LiteEngine, bound
from turnet.errors import Unavailable

log = logging.getLogger("turnet.db")

Effect = Callable[[], Awaitable[None]]


@dataclass
class _Act:
    effects: list[Effect] = field(default_factory=list)
    over: bool = False


_act: contextvars.ContextVar[_Act | None] = contextvars.ContextVar("act", default=None)
_running: set[asyncio.Task[None]] = set()


def _current() -> _Act | None:
    act = _act.get()
    return None if act is None or act.over else act


@asynccontextmanager
async def tx() -> AsyncIterator[bool]:
    """One write transaction; inside another one it joins that. Yields whether the transaction ends here.

    Raises `Unavailable` when the database cannot be written: a full disk, a lost server, a lock not to be had.
    """
    if _current() is not None:
        yield False
        return
    if bound().transaction_exists():
        raise RuntimeError("tx() inside read_snapshot(): a snapshot cannot write")
    act = _Act()
    token = _act.set(act)
    try:
        async with bound().transaction():
            yield True
    except Exception as error:
        if guards.unwritable(error):
            raise Unavailable(why=type(error).__name__) from error
        raise
    finally:
        act.over = True
        _act.reset(token)
    for effect in act.effects:
        _start(effect)


def after_commit(effect: Effect) -> None:
    """Runs `effect` in a task of its own once the transaction is durable; never if it is not."""
    act = _current()
    if act is None:
        _start(effect)
    else:
        act.effects.append(effect)


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
        await asyncio.wait(_running)


@asynccontextmanager
async def read_snapshot() -> AsyncIterator[None]:
    """All reads inside see one moment of the database."""
    engine = bound()
    if engine.transaction_exists():
        yield
    else:
        async with engine.snapshot():
            yield


async def fetch(sql: str, *args: Any) -> list[tuple[Any, ...]]:
    """Rows as plain tuples, for hot paths; `{}` stands for an argument, on both engines."""
    return await bound().fetch(sql, args)


def marks(values: Collection[object]) -> str:
    """`{}, {}, {}`: a place in a statement for each of them, for `IN (…)`."""
    return ", ".join(["{}"] * len(values))


def on_sqlite() -> bool:
    return isinstance(bound(), LiteEngine)
