"""An act's statements in one hop to SQLite's writing thread, instead of one hop each: most of what an act costs.

An act awaits nothing but its statements. On that thread a statement runs at once, so the whole act runs in
a single step.
"""

import contextvars
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar, cast

from turnet.db.engine import bound
from turnet.db.lite import Connection, LiteEngine, LiteTransaction, Row

T = TypeVar("T")


class Inline:
    """The connection of a transaction as its own thread sees it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def run(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        return self._connection._rows(sql, args)  # noqa: SLF001  (on the thread it belongs to)

    async def tuples(self, sql: str, args: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection._tuples(sql, args)  # noqa: SLF001


async def in_one_hop(work: Callable[[], Awaitable[T]], *, commit: bool) -> T:
    """Runs `work`, inside `tx()`, on the writing thread; on Postgres where it is.

    `commit` says that the transaction ends with it, so that the commit is part of the hop.
    `work` may await statements and what is made of them. Raises RuntimeError when it awaits anything else.
    """
    engine = bound()
    if not isinstance(engine, LiteEngine):
        return await work()
    transaction = engine.current_transaction.get()
    assert isinstance(transaction, LiteTransaction)
    connection = cast(Connection, transaction.connection)
    if isinstance(connection, Inline):
        return await work()

    def step() -> T:
        transaction.connection = Inline(connection)
        try:
            answer = _in_a_single_step(cast(Coroutine[Any, Any, T], work()))
            if commit:
                connection.commit()
            return answer
        finally:
            transaction.connection = connection

    return await connection.call(contextvars.copy_context().run, step)


def _in_a_single_step(act: Coroutine[Any, Any, T]) -> T:
    try:
        act.send(None)
    except StopIteration as done:
        return cast(T, done.value)
    act.close()
    raise RuntimeError("an act awaited something besides its statements")
