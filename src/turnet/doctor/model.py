"""What is looked at, and what is found."""

import asyncio
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from turnet.clock import Clock
from turnet.db.transactions import fetch, on_sqlite
from turnet.settings import Settings


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    where: str
    do: str
    wrong: bool = True
    """False: worth knowing, but nothing is broken."""


def _disk(settings: Settings) -> tuple[int, int]:
    disk = shutil.disk_usage(settings.data)
    return disk.free, disk.total


async def _database_now(clock: Clock) -> datetime:
    if on_sqlite():
        return clock.real()
    now: datetime = (await fetch("SELECT clock_timestamp()"))[0][0]
    return now


def _can_dump() -> bool:
    return shutil.which("pg_dump") is not None or any(Path("/usr/lib/postgresql").glob("*/bin/pg_dump"))


async def _time_is_kept() -> bool | None:
    tool = shutil.which("timedatectl")
    if tool is None:
        return None
    process = await asyncio.create_subprocess_exec(
        tool, "show", "--property=NTPSynchronized", "--value",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        said, _ = await asyncio.wait_for(process.communicate(), 5)
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    return {b"yes": True, b"no": False}.get(said.strip())


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at."""

    settings: Settings
    clock: Clock
    sqlite_version: tuple[int, ...] = sqlite3.sqlite_version_info
    disk: Callable[[Settings], tuple[int, int]] = _disk
    """Bytes: free, and in all."""
    database_now: Callable[[Clock], Awaitable[datetime]] = _database_now
    can_dump: Callable[[], bool] = _can_dump
    """Is PostgreSQL's pg_dump here?"""
    time_is_kept: Callable[[], Awaitable[bool | None]] = _time_is_kept
    """Does something set the machine's clock? None where the machine does not say."""

    @property
    def database(self) -> str:
        return str(self.settings.database_file) if self.settings.on_sqlite else "the Postgres database"


Check = Callable[[Patient], Awaitable[list[Finding]]]
