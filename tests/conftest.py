"""Both database engines for every test that wants one, a clock that stands still, and a clinic to book at."""

import asyncio
import gc
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine, bind, engine_for
from turnet.db.start import migrate
from turnet.db.transactions import effects_done
from turnet.settings import Settings

POSTGRES_HOME = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
MEMORY = Path("/dev/shm")
ROOM_FOR_POSTGRES = 2 << 30
"""Bytes that must be free in memory for its folder to lie there: making a database for each test is writing files."""


# --- asynchronous tests, without a plugin: each test function gets a loop of its own


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not asyncio.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    runner: asyncio.Runner = pyfuncitem.funcargs["loop"]
    runner.run(pyfuncitem.obj(**arguments))
    return True


@pytest.fixture
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if (
            isinstance(item, pytest.Function)
            and asyncio.iscoroutinefunction(item.obj)
            and "loop" not in item.fixturenames
        ):
            item.fixturenames.insert(0, "loop")


def pytest_collection_finish() -> None:
    """What was imported and collected stays until the end: no garbage collection need look at it again."""
    gc.collect()
    gc.freeze()


# --- databases


def missing(what: str) -> None:
    """A visible skip on a machine that lacks a part; a failure where everything must be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and CI must have it")
    pytest.skip(f"{what} is missing on this machine")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a PostgreSQL server of our own on loopback, without durability, thrown away afterwards."""
    if url := os.environ.get("TURNET_TEST_POSTGRES"):
        yield url
        return
    if not POSTGRES_HOME:
        missing("PostgreSQL")
    home = POSTGRES_HOME[-1]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_FOR_POSTGRES
    folder = Path(tempfile.mkdtemp(prefix="turnet-pg-", dir=MEMORY if roomy else None))
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    run: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/"}
    subprocess.run([*as_user, home / "initdb", "-D", folder / "db", "-U", "turnet", "-A", "trust", "-E", "UTF8"], **run)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off -c max_connections=200"
    subprocess.run(
        [*as_user, home / "pg_ctl", "-D", folder / "db", "-w", "-o", options, "-l", folder / "log", "start"], **run
    )
    try:
        yield f"postgresql://turnet@127.0.0.1:{port}"
    finally:
        subprocess.run([*as_user, home / "pg_ctl", "-D", folder / "db", "-m", "immediate", "stop"], **run)
        shutil.rmtree(folder, ignore_errors=True)


async def _command(url: str, *commands: str) -> None:
    connection = await asyncpg.connect(f"{url}/postgres")
    try:
        for command in commands:
            await connection.execute(command)
    finally:
        await connection.close()


async def _migrated(settings: Settings) -> None:
    engine = engine_for(settings)
    bind(engine)
    try:
        await migrate(engine, settings)
    finally:
        await engine.close_connection_pool()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = Settings(data=tmp_path_factory.mktemp("sqlite"))
    asyncio.run(_migrated(settings))
    return settings.database_file


@pytest.fixture(scope="session")
def postgres_template(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    asyncio.run(_command(postgres, "CREATE DATABASE turnet_template"))
    asyncio.run(_migrated(Settings(data=tmp_path_factory.mktemp("pg"), database_url=f"{postgres}/turnet_template")))
    return postgres


_databases = iter(range(1_000_000))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a fresh, migrated, empty database: every test that asks runs on both engines."""
    (tmp_path / "secret.key").write_bytes(b"k" * 32)
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "turnet.db")
        yield Settings(data=tmp_path)
    else:
        url: str = request.getfixturevalue("postgres_template")
        name = f"turnet_{os.getpid()}_{next(_databases)}"
        asyncio.run(_command(url, f"CREATE DATABASE {name} TEMPLATE turnet_template"))
        yield Settings(data=tmp_path, database_url=f"{url}/{name}")
        asyncio.run(_command(url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def engine(settings: Settings, loop: asyncio.Runner) -> Iterator[AnyEngine]:
    """The engine of `settings`, bound to every table and open on the test's own loop."""
    engine = engine_for(settings)
    bind(engine)
    loop.run(engine.start_connection_pool())
    yield engine
    loop.run(_closed(engine))


async def _closed(engine: AnyEngine) -> None:
    await effects_done()
    await engine.close_connection_pool()


@pytest.fixture
def clock() -> FrozenClock:
    """Tuesday 1 December 2026, 10:42 in Helsinki."""
    return FrozenClock(datetime(2026, 12, 1, 8, 42, tzinfo=UTC))
