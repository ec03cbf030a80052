"""SQLite as turnet uses it: one serialised writer and a few readers.

One writing connection behind a lock and a few reading ones, each on a thread of its own, so a statement is one hop. WAL
with `synchronous=FULL`: a visit that was answered survives a power cut. Every transaction is `BEGIN IMMEDIATE`, because
a read that turns into a write cannot wait for its turn.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Self, TypeVar

from piccolo.engine.sqlite import SQLiteEngine, SQLiteTransaction
from piccolo.querystring import QueryString

from turnet.db.ddl import for_sqlite
from turnet.db.statements import next_stamp, only_reads, placed

T = TypeVar("T")
Row = dict[str, Any]

READERS = 3
BUSY_SECONDS = 5.0
WRITES_KEEP, READS_KEEP = 16_000, 4_000
"""KiB of the database that each connection remembers; the system remembers it for all of them."""


def _into_wal(raw: sqlite3.Connection) -> None:
    """SQLite does not wait, as it does elsewhere, for another connection that is just doing the same."""
    until = monotonic() + BUSY_SECONDS
    while True:
        try:
            raw.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY" or monotonic() > until:
                raise
            sleep(0.02)


class Connection:
    """One sqlite3 connection that is only ever touched by its own thread."""

    def __init__(self, path: str, *, reads_only: bool) -> None:
        self._path, self._reads_only = path, reads_only
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader" if reads_only else "writer")
        self._raw: sqlite3.Connection
        self.opening = ""
        """The `BEGIN` that the next statement starts with, in the same hop."""
        self.stamp = next_stamp()
        """Another number whenever something written here became visible to the readers."""

    async def open(self) -> Self:
        try:
            await self.call(self._open)
        except BaseException:
            self._thread.shutdown(wait=False)
            raise
        return self

    def _open(self) -> None:
        self._raw = sqlite3.connect(
            self._path,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            detect_types=sqlite3.PARSE_DECLTYPES,
            cached_statements=512,
        )
        pragmas = [
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            f"cache_size={-READS_KEEP if self._reads_only else -WRITES_KEEP}",
            *(["query_only=ON"] if self._reads_only else []),
        ]
        try:
            _into_wal(self._raw)
            for pragma in pragmas:
                self._raw.execute(f"PRAGMA {pragma}")
        except BaseException:  # not a database, or one that cannot be read
            self._raw.close()
            raise

    async def call(self, work: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)

    async def run(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        return await self.call(self._rows, sql, args)

    async def tuples(self, sql: str, args: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return await self.call(self._tuples, sql, args)

    def _rows(self, sql: str, args: Sequence[Any]) -> list[Row]:
        cursor = self._begun().execute(sql, args)
        rows = cursor.fetchall()
        self._ran()
        if cursor.description is None:
            return []
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _tuples(self, sql: str, args: Sequence[Any]) -> list[tuple[Any, ...]]:
        rows = self._begun().execute(sql, args).fetchall()
        self._ran()
        return rows

    def _begun(self) -> sqlite3.Connection:
        if self.opening:
            self._raw.execute(self.opening)
            self.opening = ""
        return self._raw

    def commit(self) -> None:
        """On its own thread; does nothing when no statement ran since `opening` was set, or all is committed."""
        self.opening = ""
        if self._raw.in_transaction:
            self._raw.execute("COMMIT")
            self._ran()

    def _ran(self) -> None:
        if not self._reads_only and not self._raw.in_transaction:
            self.stamp = next_stamp()

    async def heal(self) -> None:
        """Ends whatever a failed or cancelled statement left open, before anybody else gets the connection."""
        await asyncio.shield(self.call(self._roll_back))

    def _roll_back(self) -> None:
        self.opening = ""
        if self._raw.in_transaction:
            self._raw.rollback()

    async def close(self, *, last: bool = False) -> None:
        if last:
            with contextlib.suppress(sqlite3.OperationalError):  # a full disk must not keep anybody from stopping
                await self.call(lambda: self._raw.execute("PRAGMA optimize"))
        await self.call(self._raw.close)
        self._thread.shutdown(wait=True)


class LiteTransaction(SQLiteTransaction):
    """`BEGIN IMMEDIATE` on the writer; a snapshot (`reads_only`) is a deferred one on a reader."""

    __slots__ = ("_lite", "_taken", "done", "reads_only")

    def __init__(self, engine: "LiteEngine", *, reads_only: bool = False) -> None:
        super().__init__(engine)
        self._parent: Any
        if self._parent is not None and self._parent.done:
            self._parent = None  # a task that outlived the transaction it was started in
        self._lite = engine
        self.reads_only = reads_only
        self.done = False

    async def __aenter__(self) -> Self:
        if self._parent is not None:
            return self._parent  # type: ignore[no-any-return]
        # `connection` may be another view of it while statements run (`turnet.db.hop`); this one is given back.
        self.connection = self._taken = await self._lite.take(reads_only=self.reads_only)
        self._taken.opening = "BEGIN" if self.reads_only else "BEGIN IMMEDIATE"
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> bool:
        if self._parent is not None:
            return error is None
        committed = False
        try:
            if error is None:
                await asyncio.shield(self._taken.call(self._taken.commit))
                committed = True
        finally:
            self.done = True
            with contextlib.suppress(ValueError):  # left in another context than it was entered in
                self.engine.current_transaction.reset(self.context)
            await self._lite.give_back(self._taken, reads_only=self.reads_only, clean=committed)
        return error is None


class LiteEngine(SQLiteEngine):
    __slots__ = ("_opening", "_readers", "_taken_at", "_wait", "_writer", "_writing", "busy_seconds", "on_write")

    def __init__(self, path: Path, *, wait: float = BUSY_SECONDS * 4) -> None:
        """`wait`: seconds for the writer to become free, or a reader, before it counts as waiting for oneself."""
        super().__init__(path=str(path))
        self._wait = wait
        self._writer: Connection | None = None
        self._readers: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
        self._writing = asyncio.Lock()
        self._opening = asyncio.Lock()
        self._taken_at = 0.0
        self.busy_seconds = 0.0
        """For how long somebody had the writer, since the process began."""
        self.on_write: list[Callable[[], None]] = []
        """Called on the loop after somebody had the writer, whether they wrote or not."""

    def wal_bytes(self) -> int:
        log = Path(f"{self.path}-wal")
        return log.stat().st_size if log.exists() else 0

    @property
    def stamp(self) -> int:
        """Another number whenever something was written; nobody else writes to this database while it is open."""
        return self._writer.stamp if self._writer is not None else 0

    @property
    def hears_writes(self) -> bool:
        return True

    async def start_connection_pool(self, **_: Any) -> None:
        async with self._opening:
            if self._writer is not None:
                return
            self._readers, self._writing = asyncio.LifoQueue(), asyncio.Lock()
            writer = await Connection(self.path, reads_only=False).open()
            for _n in range(READERS):
                self._readers.put_nowait(await Connection(self.path, reads_only=True).open())
            self._writer = writer

    async def close_connection_pool(self) -> None:
        """Waits for whoever still reads or writes; the last one out folds the log into the database file."""
        if self._writer is None:
            return
        async with self._writing:
            for _n in range(READERS):
                await (await self._readers.get()).close()
            writer, self._writer = self._writer, None
            await writer.close(last=True)

    async def take(self, *, reads_only: bool) -> Connection:
        """The writer when it is free, or a reader. Raises TimeoutError rather than waiting for oneself for ever."""
        if self._writer is None:
            await self.start_connection_pool()
        async with asyncio.timeout(self._wait):
            if reads_only:
                return await self._readers.get()
            await self._writing.acquire()
        self._taken_at = monotonic()
        assert self._writer is not None
        return self._writer

    async def give_back(self, connection: Connection, *, reads_only: bool, clean: bool) -> None:
        """`clean` says that no statement failed or was cancelled since the connection was taken."""
        try:
            if not clean:
                await connection.heal()
        finally:
            if reads_only:
                self._readers.put_nowait(connection)
            else:
                self.busy_seconds += monotonic() - self._taken_at
                self._writing.release()
                for told in self.on_write:
                    told()

    def _transaction_in_use(self) -> LiteTransaction | None:
        current: Any = self.current_transaction.get()
        return None if current is None or current.done else current

    def transaction_exists(self) -> bool:
        return self._transaction_in_use() is not None

    def transaction(self, *_: Any, **__: Any) -> LiteTransaction:
        return LiteTransaction(self)

    def snapshot(self) -> LiteTransaction:
        return LiteTransaction(self, reads_only=True)

    async def _on_connection(self, sql: str, work: Callable[[Connection], Any]) -> Any:
        if (current := self._transaction_in_use()) is not None:
            return await work(current.connection)
        reads_only = only_reads(sql)
        connection = await self.take(reads_only=reads_only)
        clean = False
        try:
            answer = await work(connection)
            clean = True
            return answer
        finally:
            await self.give_back(connection, reads_only=reads_only, clean=clean)

    async def run_querystring(self, querystring: QueryString, in_pool: bool = False) -> list[Row]:
        sql, args = querystring.compile_string(engine_type="sqlite")
        rows: list[Row] = await self._on_connection(sql, lambda connection: connection.run(sql, args))
        return rows

    async def run_ddl(self, ddl: str, in_pool: bool = False) -> list[Row]:
        rows: list[Row] = []
        for statement in for_sqlite(ddl):
            rows = await self._on_connection("ddl", lambda connection, s=statement: connection.run(s))  # type: ignore[misc]
        return rows

    async def fetch(self, sql: str, args: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Rows as tuples; `{}` in `sql` stands for an argument."""
        sql = placed(sql, numbered=False)
        rows: list[tuple[Any, ...]] = await self._on_connection(sql, lambda connection: connection.tuples(sql, args))
        return rows
