"""Both engines under concurrency, cancellation and mistakes: the next user always finds a clean connection."""

import asyncio
import contextlib
import contextvars
import random
import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from turnet.clinic.tables import Diary, Resource
from turnet.db.engine import AnyEngine, LiteEngine, bind
from turnet.db.guards import unwritable
from turnet.db.hop import in_one_hop
from turnet.db.lite import _into_wal
from turnet.db.statements import only_reads
from turnet.db.transactions import fetch, on_sqlite, read_snapshot, tx
from turnet.settings import Settings


@pytest.fixture
def lite(sqlite_template: Path, tmp_path: Path) -> Settings:
    """Of a migrated SQLite database that no engine has open."""
    shutil.copy(sqlite_template, tmp_path / "turnet.db")
    return Settings(data=tmp_path)


async def _version() -> int:
    ((version,),) = await fetch("SELECT version FROM diary WHERE id = 1")
    return int(version)


async def _read_then_write() -> None:
    async with tx():
        lock = "" if on_sqlite() else "FOR UPDATE"
        ((version,),) = await fetch(f"SELECT version FROM diary WHERE id = 1 {lock}")
        await asyncio.sleep(0)
        await Diary.update({Diary.version: version + 1}).where(Diary.id == 1)


async def test_fifty_concurrent_reads_then_writes_count_to_fifty(engine: AnyEngine) -> None:
    await Diary.insert(Diary(id=1, version=0))

    await asyncio.gather(*(_read_then_write() for _ in range(50)))

    assert await _version() == 50


async def test_control_without_a_transaction_writes_are_lost(engine: AnyEngine) -> None:
    await Diary.insert(Diary(id=1, version=0))

    async def careless() -> None:
        version = await _version()
        await asyncio.sleep(0)
        await Diary.update({Diary.version: version + 1}).where(Diary.id == 1)

    await asyncio.gather(*(careless() for _ in range(50)))

    assert await _version() < 50


async def test_cancelled_anywhere_leaves_nothing_half_done(engine: AnyEngine) -> None:
    await Diary.insert(Diary(id=1, version=0))
    dice = random.Random(7)

    async def act() -> None:
        async with tx():
            await Resource.insert(Resource(kind="room"))
            await Diary.update({Diary.version: Diary.version + 1}).where(Diary.id == 1)
            await Resource.insert(Resource(kind="room"))

    for _ in range(100):
        task = asyncio.create_task(act())
        for _step in range(dice.randrange(12)):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})

    assert await Resource.count() == 2 * await _version()
    await _read_then_write()


async def test_act_cancelled_in_the_middle_of_its_hop_is_rolled_back(lite: Settings) -> None:
    engine = LiteEngine(lite.database_file)
    bind(engine)
    inside, go_on = threading.Event(), threading.Event()

    async def statements() -> None:
        await Resource.insert(Resource(kind="room"))
        inside.set()
        go_on.wait(5)
        await Resource.insert(Resource(kind="room"))

    async def act() -> None:
        async with tx():
            await in_one_hop(statements, commit=False)

    task = asyncio.create_task(act())
    await asyncio.to_thread(inside.wait, 5)
    task.cancel()
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.wait({task})

    assert (task.cancelled(), await Resource.count()) == (True, 0)
    async with tx():
        await Resource.insert(Resource(kind="room"))
    assert await Resource.count() == 1
    await engine.close_connection_pool()


async def test_transaction_without_a_statement_leaves_the_writer_free(engine: AnyEngine) -> None:
    async with tx():
        pass

    async with tx():
        await Resource.insert(Resource(kind="room"))

    assert await Resource.count() == 1


async def test_act_that_fails_in_its_hop_leaves_nothing(engine: AnyEngine) -> None:
    async def act() -> None:
        await Resource.insert(Resource(kind="room"))
        raise ValueError

    with pytest.raises(ValueError):
        async with tx() as outermost:
            await in_one_hop(act, commit=outermost)

    assert await Resource.count() == 0


async def test_act_inside_another_is_committed_with_it_and_not_before(engine: AnyEngine) -> None:
    async def act() -> None:
        await Resource.insert(Resource(kind="room"))

    with pytest.raises(ValueError):
        async with tx():
            async with tx() as outermost:
                await in_one_hop(act, commit=outermost)
            raise ValueError

    assert await Resource.count() == 0


async def test_cancelled_reads_leave_every_reader_free(engine: AnyEngine) -> None:
    for steps in range(40):
        task = asyncio.create_task(fetch("SELECT count(*) FROM resource"))
        for _step in range(steps % 8):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})

    async with asyncio.timeout(5):
        counts = await asyncio.gather(*(fetch("SELECT count(*) FROM resource") for _ in range(20)))
    assert counts == [[(0,)]] * 20


async def test_outside_reader_sees_nothing_uncommitted(engine: AnyEngine) -> None:
    written, look = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with tx():
            await Resource.insert(Resource(kind="room"))
            written.set()
            await look.wait()

    writer = asyncio.create_task(write())
    await written.wait()
    before = await Resource.count()
    look.set()
    await writer

    assert (before, await Resource.count()) == (0, 1)


async def test_rolled_back_after_an_error(engine: AnyEngine) -> None:
    with pytest.raises(LookupError):
        async with tx():
            await Resource.insert(Resource(kind="room"))
            raise LookupError

    assert await Resource.count() == 0


async def test_task_that_outlives_its_transaction_writes_on_its_own(engine: AnyEngine) -> None:
    over = asyncio.Event()

    async def late() -> None:
        await over.wait()
        async with tx():
            await Resource.insert(Resource(kind="late"))

    async with tx():
        task = asyncio.create_task(late())
        await Resource.insert(Resource(kind="room"))
    with pytest.raises(LookupError):
        async with tx():
            over.set()
            waiting = asyncio.create_task(asyncio.sleep(0))
            await waiting
            raise LookupError  # the late row must not go with this one
    await task

    assert await fetch("SELECT kind FROM resource ORDER BY id") == [("room",), ("late",)]


async def test_late_task_sees_a_connection_of_its_own(engine: AnyEngine) -> None:
    over = asyncio.Event()

    async def late() -> list[tuple[int]]:
        await over.wait()
        return await fetch("SELECT count(*) FROM resource")

    async with tx():
        task = asyncio.create_task(late())
    over.set()

    assert await task == [(0,)]


async def test_waiting_for_oneself_raises_soon(lite: Settings) -> None:
    engine = LiteEngine(lite.database_file, wait=0.05)
    bind(engine)
    await engine.start_connection_pool()
    try:
        async with engine.transaction():
            with pytest.raises(TimeoutError):
                await engine.take(reads_only=False)
        async with engine.transaction():
            await Resource.insert(Resource(kind="room"))
        assert await Resource.count() == 1
    finally:
        await engine.close_connection_pool()


async def test_snapshot_sees_one_moment(engine: AnyEngine) -> None:
    async def another() -> None:
        async with tx():
            await Resource.insert(Resource(kind="room"))

    async with read_snapshot():
        before = await Resource.count()
        await asyncio.create_task(another(), context=contextvars.Context())
        during = await Resource.count()

    assert (before, during, await Resource.count()) == (0, 0, 1)


async def test_snapshot_cannot_write(engine: AnyEngine) -> None:
    async with read_snapshot():
        with pytest.raises(RuntimeError, match="a snapshot cannot write"):
            async with tx():
                pass

    with pytest.raises(Exception, match=r"readonly|read-only"):
        async with read_snapshot():
            await Resource.insert(Resource(kind="room"))
    assert await Resource.count() == 0


async def test_closed_pool_leaves_no_log_behind(lite: Settings) -> None:
    engine = LiteEngine(lite.database_file)
    bind(engine)
    await Resource.insert(Resource(kind="room"))
    assert Path(f"{lite.database_file}-wal").exists()

    await engine.close_connection_pool()

    assert sorted(file.name for file in lite.data.iterdir()) == ["turnet.db"]


async def test_pool_opens_once_however_many_ask_first(lite: Settings) -> None:
    engine = LiteEngine(lite.database_file)
    bind(engine)
    try:
        await asyncio.gather(*(Resource.insert(Resource(kind="room")) for _ in range(10)))
        assert await Resource.count() == 10
    finally:
        await engine.close_connection_pool()


@pytest.mark.parametrize(
    ("sql", "reads"),
    [
        ("SELECT 1", True),
        ("  select 1", True),
        ("WITH a AS (SELECT 1) SELECT * FROM a", True),
        ("SELECT updated_at FROM booking", True),
        ("WITH a AS (SELECT 1) UPDATE diary SET version = 2", False),
        ("INSERT INTO resource (kind) VALUES ('room') RETURNING id", False),
        ("SELECT id FROM diary FOR UPDATE", False),
        ("PRAGMA optimize", False),
    ],
)
def test_statement_that_only_reads(sql: str, reads: bool) -> None:
    assert only_reads(sql) is reads


def test_full_disk_is_not_the_acts_fault() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE a (b)")
    ((pages,),) = connection.execute("PRAGMA page_count").fetchall()
    connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(sqlite3.OperationalError) as full:
        connection.execute("INSERT INTO a VALUES (randomblob(100000))")
    with pytest.raises(sqlite3.OperationalError) as typo:
        connection.execute("SELEC 1")

    assert (unwritable(full.value), unwritable(typo.value)) == (True, False)
    connection.close()


def _opened_at_once(file: Path, into_wal: Callable[[sqlite3.Connection], object]) -> int:
    """How many of eight connections fail that turn a plain database file into one with a log in the same instant."""
    with contextlib.closing(sqlite3.connect(file)) as plain:
        plain.execute("CREATE TABLE t (a)")
    together = threading.Barrier(8)
    failed: list[str] = []

    def open_one() -> None:
        with contextlib.closing(sqlite3.connect(file, timeout=5, isolation_level=None)) as raw:
            together.wait()
            try:
                into_wal(raw)
            except sqlite3.OperationalError as error:
                failed.append(str(error))

    threads = [threading.Thread(target=open_one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(failed)


def test_processes_that_open_a_plain_file_at_once_wait_for_each_other(tmp_path: Path) -> None:
    assert sum(_opened_at_once(tmp_path / f"{n}.db", _into_wal) for n in range(40)) == 0


def test_control_the_pragma_alone_does_not_wait(tmp_path: Path) -> None:
    def pragma(raw: sqlite3.Connection) -> object:
        return raw.execute("PRAGMA journal_mode=WAL").fetchall()

    assert any(_opened_at_once(tmp_path / f"{n}.db", pragma) for n in range(2000))
