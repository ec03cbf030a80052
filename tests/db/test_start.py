"""A database is brought up to date once, however many processes start at once and wherever one of them dies."""

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from tests.data.upgrades.steps import STEPS, put_back
from tests.factories import a_clinic
from turnet.db.engine import AnyEngine, bind, engine_for
from turnet.db.start import NewerSchema, WrongKey, applied, known, migrate, pending, settled_key
from turnet.db.transactions import fetch
from turnet.settings import Settings

MIGRATE = """
import asyncio, contextlib, os, sys
from pathlib import Path
from turnet.db import guards, start
from turnet.db.engine import bind, engine_for
from turnet.settings import Settings

async def main(settings, how):
    engine = engine_for(settings)
    bind(engine)
    if how == "unlocked":
        start.locked = lambda *_: contextlib.nullcontext()
    if how == "dies":
        from turnet.db import transactions
        transactions.on_sqlite = lambda: os._exit(9)  # inside the second migration, after the first one's tables
    await engine.start_connection_pool()
    sys.stdin.readline()
    try:
        await start.migrate(engine, settings)
    finally:
        await engine.close_connection_pool()

asyncio.run(main(Settings(data=Path(sys.argv[1]), database_url=sys.argv[2]), sys.argv[3]))
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a database without a single table."""
    if request.param == "sqlite":
        yield Settings(data=tmp_path)
        return
    url: str = request.getfixturevalue("postgres")
    name = f"turnet_empty_{os.getpid()}_{abs(hash(request.node.name))}"
    asyncio.run(_command(url, f"CREATE DATABASE {name}"))
    yield Settings(data=tmp_path, database_url=f"{url}/{name}")
    asyncio.run(_command(url, f"DROP DATABASE {name} WITH (FORCE)"))


async def _command(url: str, command: str) -> None:
    connection = await asyncpg.connect(f"{url}/postgres")
    try:
        await connection.execute(command)
    finally:
        await connection.close()


def _started(settings: Settings, how: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", MIGRATE, str(settings.data), settings.database_url, how]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _four_at_once(settings: Settings, how: str) -> list[int]:
    """Exit codes of four processes that were all ready before the first was let go."""
    processes = [_started(settings, how) for _ in range(4)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.close()
    return [process.wait(timeout=60) for process in processes]


async def _applied(settings: Settings) -> list[str]:
    engine = engine_for(settings)
    bind(engine)
    try:
        return await applied(engine)
    finally:
        await engine.close_connection_pool()


def test_four_processes_migrate_one_database_at_once(empty: Settings) -> None:
    assert _four_at_once(empty, "locked") == [0, 0, 0, 0]
    assert asyncio.run(_applied(empty)) == known()


@pytest.mark.postgres
@pytest.mark.parametrize("empty", ["postgres"], indirect=True)
def test_control_without_the_lock_some_of_the_four_fail(empty: Settings) -> None:
    """On SQLite the one transaction is a lock by itself; Postgres lets all four begin."""
    assert any(_four_at_once(empty, "unlocked"))


@pytest.mark.slow
def test_four_processes_upgrade_a_filled_database_at_once(settings: Settings) -> None:
    asyncio.run(put_back(settings, STEPS[0]))

    assert _four_at_once(settings, "locked") == [0, 0, 0, 0]
    assert asyncio.run(_applied(settings)) == known()


def test_process_that_dies_half_way_leaves_nothing_behind(empty: Settings) -> None:
    dying = _started(empty, "dies")
    dying.communicate(b"go\n", timeout=60)

    assert dying.returncode == 9
    assert asyncio.run(_applied(empty)) == []
    assert _four_at_once(empty, "locked") == [0, 0, 0, 0]


async def test_nothing_is_pending_after_a_migration(engine: AnyEngine, settings: Settings) -> None:
    assert (await pending(engine), await migrate(engine, settings)) == ([], [])


async def test_newer_schema_is_refused(engine: AnyEngine, settings: Settings) -> None:
    await fetch("INSERT INTO migration (name, app_name, ran_on) VALUES ('9999', 'turnet', CURRENT_TIMESTAMP)")

    with pytest.raises(NewerSchema, match=f"the database has schema 9999, this turnet knows {known()[-1]}"):
        await migrate(engine, settings)


async def test_first_start_makes_a_key_that_only_the_owner_reads(engine: AnyEngine, settings: Settings) -> None:
    settings.key_file.unlink()

    key = await settled_key(settings)

    assert (len(key), key, await settled_key(settings)) == (32, settings.key_file.read_bytes(), key)
    assert stat.S_IMODE(settings.key_file.stat().st_mode) == 0o600


async def test_clinic_remembers_its_key(engine: AnyEngine, settings: Settings) -> None:
    await a_clinic()
    await settled_key(settings)

    settings.key_file.write_bytes(b"x" * 32)
    with pytest.raises(WrongKey, match="is not the key of this database"):
        await settled_key(settings)

    settings.key_file.unlink()
    with pytest.raises(WrongKey, match="is missing"):
        await settled_key(settings)
    assert not settings.key_file.exists()


async def test_empty_key_file_is_refused(engine: AnyEngine, settings: Settings) -> None:
    settings.key_file.write_bytes(b"")

    with pytest.raises(WrongKey, match="too short"):
        await settled_key(settings)


async def test_key_may_lie_elsewhere(engine: AnyEngine, settings: Settings) -> None:
    elsewhere = replace(settings, secret_file=str(settings.data / "keys" / "links.key"))

    assert await settled_key(elsewhere) == (settings.data / "keys" / "links.key").read_bytes()
