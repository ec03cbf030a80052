"""kill -9 in the middle of an upgrade: what is left is the old schema, whole, and the next start upgrades it."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.data.upgrades.steps import STEPS, put_back
from turnet.db.start import known
from turnet.settings import Settings

pytestmark = pytest.mark.slow

OLDEST = STEPS[0]
HITS, TRIES = 6, 30
"""So many kills must hit the open transaction, of at most so many."""

CARELESS = """
from contextlib import nullcontext
from turnet.db.engine import LiteEngine, PgEngine
LiteEngine.transaction = PgEngine.transaction = lambda self, *_, **__: nullcontext()
from turnet.cli import main
main(["migrate"])
"""
"""`turnet migrate` as it would be if every statement were committed by itself."""

Rows = list[tuple[Any, ...]]


class Onlooker:
    """Looks at the database from outside while `turnet migrate` works on it."""

    def __init__(self, settings: Settings, loop: asyncio.Runner) -> None:
        self.settings, self.lite, self._loop = settings, settings.on_sqlite, loop
        loop.run(put_back(settings, OLDEST))
        if not self.lite:
            dsn, name = settings.database_url, {"application_name": "onlooker"}
            self._connection = loop.run(asyncpg.connect(dsn, server_settings=name, statement_cache_size=0))
        self._columns = {table: self._columns_of(table) for table in self._tables() if table != "migration"}

    def close(self) -> None:
        if not self.lite:
            self._loop.run(self._connection.close())

    def put_back(self) -> None:
        self._loop.run(put_back(self.settings, OLDEST))
        if self.lite:
            self.ask("PRAGMA journal_mode=WAL")  # or opening the file would look like a change of it

    def ask(self, sql: str) -> Rows:
        if self.lite:
            raw = sqlite3.connect(self.settings.database_file, timeout=0, isolation_level=None)
            try:
                return raw.execute(sql).fetchall()
            finally:
                raw.close()
        return [tuple(row) for row in self._loop.run(self._connection.fetch(sql))]

    def changing(self) -> bool:
        """Somebody has begun to write and has not committed."""
        if self.lite:
            try:
                self.ask("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
            return False
        return bool(self.ask(f"{_CLIENTS} AND EXISTS (SELECT 1 FROM pg_locks l WHERE l.pid = a.pid AND {_CHANGES})"))

    def wait_for_the_dead(self) -> None:
        """Postgres needs a moment to notice that its client is gone."""
        while not self.lite and self.ask(_CLIENTS):
            time.sleep(0.01)

    def schema(self) -> Rows:
        return self.ask(_SCHEMA[self.lite])

    def _tables(self) -> list[str]:
        return [name for (name,) in self.ask(_TABLES[self.lite])]

    def _columns_of(self, table: str) -> str:
        return ", ".join(f'"{name}"' for (name,) in self.ask(_COLUMNS[self.lite].format(table=table)))

    def canaries(self) -> dict[str, Rows]:
        """Every row of every table, in the columns that the oldest step knew."""
        return {
            table: self.ask(f'SELECT {names} FROM "{table}" ORDER BY "id"') for table, names in self._columns.items()
        }

    def applied(self) -> list[str]:
        return [name for (name,) in self.ask("SELECT name FROM migration WHERE app_name = 'turnet' ORDER BY name")]


_CLIENTS = "SELECT pid FROM pg_stat_activity a WHERE application_name = 'turnet' AND datname = current_database()"
_CHANGES = "l.mode = 'AccessExclusiveLock' AND l.granted"
_SCHEMA = {
    True: "SELECT type, name, sql FROM sqlite_master ORDER BY name",
    False: "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns "
    "WHERE table_schema = 'public' UNION ALL SELECT tablename::text, indexname::text, indexdef FROM pg_indexes "
    "WHERE schemaname = 'public' ORDER BY 1, 2",
}
_TABLES = {
    True: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    False: "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
}
_COLUMNS = {
    True: "SELECT name FROM pragma_table_info('{table}')",
    False: "SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'public' "
    "AND table_name = '{table}' ORDER BY ordinal_position",
}


@pytest.fixture
def old(settings: Settings, loop: asyncio.Runner) -> Iterator[Onlooker]:
    onlooker = Onlooker(settings, loop)
    onlooker.put_back()
    yield onlooker
    onlooker.close()


def _migrating(settings: Settings, *command: str) -> subprocess.Popen[bytes]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("TURNET_")}
    env |= {"TURNET_DATA": str(settings.data), "TURNET_DATABASE_URL": settings.database_url}
    chosen = command or (str(Path(sys.executable).parent / "turnet"), "migrate")
    return subprocess.Popen(chosen, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _seen(true: Callable[[], bool], process: subprocess.Popen[bytes]) -> bool:
    """Waits until it is true, or the process has ended."""
    while not (found := true()) and process.poll() is None:
        time.sleep(0.0005)
    return found


def _killed(process: subprocess.Popen[bytes], still: Callable[[], bool]) -> bool:
    """Stops the process, looks whether it is still true, and kills it without letting it go on."""
    if process.poll() is not None:
        return False
    os.kill(
        process.pid, signal.SIGSTOP
    )  # `send_signal` would first reap one that has just ended, and leave none to wait for
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    hit = process.poll() is None and still()
    process.kill()
    process.wait()
    return hit


def _seconds_of_a_whole_run(old: Onlooker) -> float:
    """From the first change to the commit when nobody disturbs it."""
    before, process = old.applied(), _migrating(old.settings)
    assert _seen(old.changing, process)
    began = time.monotonic()
    _seen(lambda: old.applied() != before, process)
    seconds = time.monotonic() - began
    assert process.wait(timeout=60) == 0
    return seconds


def test_upgrade_killed_anywhere_leaves_the_old_schema_and_the_next_one_succeeds(old: Onlooker) -> None:
    before, rows = old.schema(), old.canaries()
    seconds, after = _seconds_of_a_whole_run(old), old.schema()
    old.put_back()
    hits = 0
    for _try in range(TRIES):
        process = _migrating(old.settings)
        _seen(old.changing, process)
        time.sleep(seconds * hits / HITS)  # each later than the one before
        open_then = _killed(process, old.changing)
        old.wait_for_the_dead()
        left = old.schema()
        assert left in (before, after)
        hits += open_then and left == before
        if hits == HITS:
            break
        if left == after:  # too late
            old.put_back()
            seconds *= 0.8

    assert (hits, old.applied()) == (HITS, known()[: known().index(OLDEST) + 1])
    assert _migrating(old.settings).wait(timeout=60) == 0
    assert (old.schema(), old.applied(), old.canaries()) == (after, known(), rows)


def test_control_without_the_transaction_a_kill_leaves_half_a_schema(old: Onlooker) -> None:
    before = old.schema()

    def half() -> bool:
        return old.schema() != before and old.applied()[-1] != known()[-1]

    for _try in range(TRIES):
        process = _migrating(old.settings, sys.executable, "-c", CARELESS)
        _seen(half, process)
        hit = _killed(process, half)
        old.wait_for_the_dead()
        torn = hit and (_migrating(old.settings).wait(timeout=60), half()) == (1, True)
        if torn:
            break
        old.put_back()  # too late, or between two migrations, where nothing is half

    assert torn
