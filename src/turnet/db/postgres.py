"""Postgres as turnet uses it: a pool from the start, never a connection per query."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Self

from piccolo.engine.postgres import PostgresEngine, PostgresTransaction
from piccolo.querystring import QueryString

from turnet.db.statements import next_stamp, only_reads, placed

CONNECTIONS = 10
SESSION = {
    "application_name": "turnet",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
}
"""Nobody waits for a lock for ever, and a transaction whose process hangs ends without it."""


class PgTransaction(PostgresTransaction):
    """Gives its connection back whatever happens; a snapshot (`reads_only`) sees one moment and cannot write."""

    __slots__ = ("_pg", "done", "reads_only")

    def __init__(self, engine: "PgEngine", *, reads_only: bool = False) -> None:
        super().__init__(engine)
        self._parent: Any
        if self._parent is not None and self._parent.done:
            self._parent = None  # a task that outlived the transaction it was started in
        self._pg = engine
        self.reads_only = reads_only
        self.done = False

    async def __aenter__(self) -> Self:
        if self._parent is not None:
            return self._parent  # type: ignore[no-any-return]
        pool = await self._pg.opened()
        self.connection = await pool.acquire()
        try:
            kind = {"isolation": "repeatable_read", "readonly": True} if self.reads_only else {}
            self.transaction = self.connection.transaction(**kind)
            await self.transaction.start()
        except BaseException:
            await pool.release(self.connection)
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> bool:
        if self._parent is not None:
            return error is None
        try:
            if error is None:
                await self.transaction.commit()
            else:
                await self.transaction.rollback()
        finally:
            self.done = True
            with contextlib.suppress(ValueError):  # left in another context than it was entered in
                self.engine.current_transaction.reset(self.context)
            if not self.reads_only:
                self._pg.wrote()
            pool = await self._pg.opened()
            await pool.release(self.connection)
        return error is None


class PgEngine(PostgresEngine):
    __slots__ = ("hears_writes", "on_write", "stamp")

    def __init__(self, url: str) -> None:
        super().__init__(config={"dsn": url, "server_settings": SESSION})
        self.stamp = next_stamp()
        """Another number whenever this process wrote something, or heard that another one did."""
        self.hears_writes = False
        """True while other processes' writes are heard of (`turnet.db.versions.listening`)."""
        self.on_write: list[Callable[[], None]] = []
        """Called on the loop whenever `stamp` became another one."""

    def wrote(self) -> None:
        self.stamp = next_stamp()
        for told in self.on_write:
            told()

    async def start_connection_pool(self, **_: Any) -> None:
        if self.pool is None:
            await super().start_connection_pool(min_size=2, max_size=CONNECTIONS)

    async def close_connection_pool(self) -> None:
        if self.pool is not None:
            await super().close_connection_pool()

    async def opened(self) -> Any:
        await self.start_connection_pool()
        return self.pool

    def _transaction_in_use(self) -> PgTransaction | None:
        current: Any = self.current_transaction.get()
        return None if current is None or current.done else current

    def transaction_exists(self) -> bool:
        return self._transaction_in_use() is not None

    def transaction(self, *_: Any, **__: Any) -> PgTransaction:
        return PgTransaction(self)

    def snapshot(self) -> PgTransaction:
        return PgTransaction(self, reads_only=True)

    async def _records(self, sql: str, *args: Any) -> list[Any]:
        if (current := self._transaction_in_use()) is not None:
            return list(await current.connection.fetch(sql, *args))
        pool = await self.opened()
        try:
            return list(await pool.fetch(sql, *args))
        finally:
            if not only_reads(sql):
                self.wrote()

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> list[Any]:
        sql, args = querystring.compile_string(engine_type="postgres")
        return await self._records(sql, *args)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> list[Any]:
        return await self._records(ddl)

    async def fetch(self, sql: str, args: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Rows as tuples; `{}` in `sql` stands for an argument."""
        return [tuple(record) for record in await self._records(placed(sql, numbered=True), *args)]
