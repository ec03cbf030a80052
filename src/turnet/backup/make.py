"""Makes backups: one by hand, one a day, one before each migration."""

import asyncio
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from turnet.backup import BackupError, Running, keep, lite, postgres, week
from turnet.backup.age import recipient_of
from turnet.backup.files import PART, belongs_to_owner_of, only_one
from turnet.backup.manifest import DATABASE, KEY, SETTINGS_FILE, Facts, Manifest, settings_text
from turnet.backup.pack import members_of, pack
from turnet.clock import SystemClock
from turnet.db.disk import RESERVED
from turnet.db.transactions import fetch
from turnet.ids import fingerprint
from turnet.settings import Settings

T = TypeVar("T")
Progress = Callable[[str], None]
STEPS = 3
"""How often `Progress` is told what comes next."""

_STAGE = ".making"


@dataclass(frozen=True, slots=True)
class Made:
    file: Path
    manifest: Manifest
    encrypted: bool


async def make(
    settings: Settings, file: Path, *, real: datetime, wait: bool = True, said: Progress = lambda _step: None
) -> Made:
    """Writes `file`, whole or not at all, beside a server that goes on working; the clinic's database is only read.

    Raises `BackupError`, OSError, or `Running` when another one is being made and this one is not to `wait`.
    """
    recipient, folder = recipient_of(settings.backup_key), keep.folder(settings)
    needed = 2 * await _size(settings)
    folder.mkdir(mode=0o700, exist_ok=True)
    belongs_to_owner_of(settings.data, folder)
    async with only_one(folder, wait=wait):
        _remove_leftovers(folder)
        _refuse_little_room(folder, needed)
        stage = folder / _STAGE
        stage.mkdir(mode=0o700)
        try:
            facts = await _copied(settings, stage, said)
            _add_key_and_settings(settings, stage, facts)
            said("packing")
            engine = _engine(settings)
            members = await in_thread(lambda _stop: members_of(stage, engine))
            manifest = Manifest(version("turnet"), engine, real, facts, members)
            await in_thread(lambda stop: pack(stage, manifest, file, recipient, stop))
        finally:
            shutil.rmtree(stage, ignore_errors=True)
        return Made(file, manifest, recipient is not None)


async def daily(settings: Settings, *, now: datetime, real: datetime) -> Path | None:
    """Once the last is a day old by the machine's time: a backup, and the printed week from business time `now`.

    The engine is bound. None: nothing was due, or somebody else is at it. Raises `BackupError` or OSError.
    """
    if settings.demo or not keep.is_due(keep.daily(settings), real):
        return None
    if not await fetch("SELECT id FROM clinic WHERE id = 1"):
        return None
    file = keep.folder(settings) / keep.name_at(real, encrypted=bool(settings.backup_key))
    try:
        await make(settings, file, real=real, wait=False)
    except Running:
        return None
    keep.tidy(settings, real)
    await week.write(keep.folder(settings) / week.NAME, now)
    return file


async def before_migration(settings: Settings, migration: str) -> None:
    """Raises `BackupError` or OSError: without a backup nothing is migrated."""
    real = SystemClock().real()
    name = keep.name_at(real, before=migration, encrypted=bool(settings.backup_key))
    await make(settings, keep.folder(settings) / name, real=real)
    keep.tidy(settings, real)


def _engine(settings: Settings) -> str:
    return "sqlite" if settings.on_sqlite else "postgres"


async def _size(settings: Settings) -> int:
    if settings.on_sqlite:
        return lite.size(settings)
    return await postgres.size(settings.database_url)


async def _copied(settings: Settings, stage: Path, said: Progress) -> Facts:
    target = stage / DATABASE[_engine(settings)]
    if settings.on_sqlite:
        return await in_thread(lambda stop: lite.copy(settings, target, said, stop))
    said("copying the database")
    return await postgres.dump(settings.database_url, target)


def _add_key_and_settings(settings: Settings, stage: Path, facts: Facts) -> None:
    if not settings.key_file.is_file():
        raise BackupError(f"{settings.key_file} is missing: a backup without it could not open patients' links")
    key = settings.key()
    if facts.key_fingerprint and fingerprint(key) != facts.key_fingerprint:
        raise BackupError(f"{settings.key_file} is not the key of this database: put the right one back first")
    (stage / KEY).write_bytes(key)
    (stage / SETTINGS_FILE).write_text(settings_text(settings))


def _remove_leftovers(folder: Path) -> None:
    """Of a process that died while making one."""
    shutil.rmtree(folder / _STAGE, ignore_errors=True)
    for part in folder.glob(f"*{PART}"):
        part.unlink()


def _refuse_little_room(folder: Path, needed: int) -> None:
    """Bookings need the disk more than a backup does: what they need is left."""
    free, needed = shutil.disk_usage(folder).free, needed + RESERVED
    if free < needed:
        raise BackupError(f"a backup needs {needed >> 20} MB in {folder}, {free >> 20} MB are free: make room")


async def in_thread(work: Callable[[threading.Event], T]) -> T:
    """Pages go on meanwhile. When cancelled, `work` is told to stop and waited for."""
    stop = threading.Event()
    running = asyncio.get_running_loop().run_in_executor(None, work, stop)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([running])
        raise
