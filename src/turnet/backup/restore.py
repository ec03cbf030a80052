"""Puts a backup back on a machine that has nothing yet: the same clinic, links and settings, and nothing is sent.

Everything is unpacked, checked and prepared in a folder inside the data directory. What makes the clinic usable is put
in place last: on SQLite the database, on Postgres the key, without which no server starts. So a restore that was cut off
at any point can send nothing.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from turnet.backup import BackupError, lite, postgres
from turnet.backup.age import Identity
from turnet.backup.files import belongs_to_owner_of, sync
from turnet.backup.make import in_thread
from turnet.backup.manifest import DATABASE, KEY, SETTINGS_FILE, Manifest
from turnet.backup.pack import unpack
from turnet.db.engine import bind, engine_for
from turnet.db.start import applied, known, run_pending
from turnet.db.transactions import effects_done, fetch, tx
from turnet.ids import fingerprint
from turnet.messaging import outbox
from turnet.reminders.service import make
from turnet.settings import Settings

_STAGE = ".restoring"
_HOLDS_SENDING = "0004"
"""The migration since which a database can hold all sending."""

Progress = Callable[[str], None]
STEPS = 3
"""How often `Progress` is told what comes next."""


async def put_back(
    file: Path,
    settings: Settings,
    identities: list[Identity],
    *,
    real: datetime,
    said: Progress = lambda _step: None,
) -> Manifest:
    """Into the empty data directory, and the empty database if that is Postgres. Binds the engine.

    Raises `BackupError` or OSError, and then nothing has changed.
    """
    made = _refuse_filled(settings)
    stage = settings.data / _STAGE
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    stage.mkdir(mode=0o700)
    placed = False
    try:
        said("unpacking and checking")
        manifest = await in_thread(lambda stop: unpack(file, stage, identities, stop))
        await _check(manifest, stage, settings)
        said("putting the database back")
        database = await _database(manifest, stage, settings)
        said("holding all messages")
        await _held(database, real)
        placed = True
        _place(stage, settings)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        if made and not placed:
            settings.data.rmdir()
    return manifest


def _refuse_filled(settings: Settings) -> bool:
    """Whether the directory is still to be made. Raises `BackupError` when it holds anything."""
    if not settings.data.is_dir():
        return True
    shutil.rmtree(settings.data / _STAGE, ignore_errors=True)  # of a restore that was cut off
    names = sorted(each.name for each in settings.data.iterdir())
    if names:
        raise BackupError(
            f"{settings.data} is not empty ({', '.join(names[:3])}{', …' if len(names) > 3 else ''}), and nothing was "
            "changed: name a new directory with --data"
        )
    return False


async def _check(manifest: Manifest, stage: Path, settings: Settings) -> None:
    if manifest.engine == "postgres" and settings.on_sqlite:
        raise BackupError("the backup is of a Postgres database: name an empty one in TURNET_DATABASE_URL")
    if manifest.engine == "sqlite" and not settings.on_sqlite:
        raise BackupError("the backup is of a SQLite database: leave TURNET_DATABASE_URL empty")
    facts = manifest.facts
    if settings.on_sqlite:
        facts = await in_thread(lambda stop: lite.sound(stage / DATABASE["sqlite"], stop))
    if newer := sorted(set(facts.schema) - set(known())):
        raise BackupError(
            f"the backup has schema {newer[-1]}, this turnet knows {known()[-1]}: install turnet {manifest.turnet} first"
        )
    key = (stage / KEY).read_bytes()
    if facts.key_fingerprint and fingerprint(key) != facts.key_fingerprint:
        raise BackupError("the key in the backup is not the one of its database: take another backup")
    if settings.key_file.exists() and settings.key_file.read_bytes() != key:
        raise BackupError(f"{settings.key_file} is another clinic's key: name another file in TURNET_SECRET_FILE")


async def _database(manifest: Manifest, stage: Path, settings: Settings) -> Settings:
    """Settings of the database that was put back: on SQLite not in its place yet."""
    dumped = stage / DATABASE[manifest.engine]
    if settings.on_sqlite:
        staged = replace(settings, data=stage)
        dumped.rename(staged.database_file)
        return staged
    await postgres.refuse_filled(settings.database_url)
    await postgres.load(settings.database_url, dumped)
    return settings


async def _held(settings: Settings, real: datetime) -> None:
    """Nothing leaves this database until a person releases it; an older one is migrated first, to be able to."""
    engine = engine_for(settings)
    bind(engine)
    await engine.start_connection_pool()
    try:
        if _HOLDS_SENDING not in await applied(engine):
            await run_pending(engine)
        async with tx():
            await fetch("UPDATE clinic SET sending_held_at = {} WHERE id = 1", real)
            await outbox.requeue_interrupted(real)
        await make(real)
    finally:
        await effects_done()
        await engine.close_connection_pool()


def _place(stage: Path, settings: Settings) -> None:
    """The order matters: see the top."""
    moves = [(stage / SETTINGS_FILE, settings.data / "turnet.toml"), (stage / KEY, settings.key_file)]
    if settings.on_sqlite:
        staged = replace(settings, data=stage)
        moves.append((staged.database_file, settings.database_file))
    for source, target in moves:
        target.parent.mkdir(parents=True, exist_ok=True)
        source.chmod(0o600)
        belongs_to_owner_of(settings.data, source)
        _durable(source)
        shutil.move(source, target)  # the key may lie on another disk
        sync(target.parent)


def _durable(file: Path) -> None:
    with file.open("rb") as data:
        os.fsync(data.fileno())
