"""Brings the database to this version's schema, under a lock, however many processes start at once.

Schema changes are additive only: a new column is nullable or has a constant default. All that is pending is one
transaction, the record of it included: a process that dies half-way leaves nothing behind.
"""

import asyncio
import contextlib
import io
import os
import secrets
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from turnet.db.engine import AnyEngine, LiteEngine, PgEngine
from turnet.db.transactions import fetch
from turnet.ids import fingerprint
from turnet.settings import Settings

KEY_BYTES = 32
_ADVISORY_LOCK = 0x7475726E  # "turn"


class NewerSchema(RuntimeError):
    """The database was made by a newer turnet; running this one could lose what that one stored."""


def known() -> list[str]:
    """Ids of the migrations this version carries, oldest first."""
    folder = Path(__file__).parent / "migrations"
    return sorted(file.stem.split("_")[1] for file in folder.glob("turnet_*.py"))


async def applied(engine: AnyEngine) -> list[str]:
    catalogue = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'migration'"
        if isinstance(engine, LiteEngine)
        else "SELECT tablename FROM pg_tables WHERE tablename = 'migration' AND schemaname = current_schema()"
    )
    if not await fetch(catalogue):
        return []
    return sorted(name for (name,) in await fetch("SELECT name FROM migration WHERE app_name = {}", "turnet"))


async def pending(engine: AnyEngine) -> list[str]:
    """Ids still to be run. Raises `NewerSchema` when the database knows one that we do not."""
    done = await applied(engine)
    if unknown := sorted(set(done) - set(known())):
        raise NewerSchema(
            f"the database has schema {unknown[-1]}, this turnet knows {known()[-1]}: install the newer turnet again, "
            "or restore the backup made before its upgrade"
        )
    return [name for name in known() if name not in done]


async def migrate(engine: AnyEngine, settings: Settings) -> list[str]:
    """Runs what is pending and returns the ids; safe when several processes start at once.

    A clinic is backed up first. Raises `turnet.backup.BackupError` or OSError when that fails, and has changed nothing.
    """
    if not await pending(engine):
        return []
    async with locked(engine, settings):
        names = await pending(engine)
        if names:
            if not settings.demo and await _holds_clinic(engine):
                from turnet.backup.make import before_migration  # noqa: PLC0415  (slow, rarely needed)

                await before_migration(settings, names[0])
            await run_pending(engine)
        return names


async def _holds_clinic(engine: AnyEngine) -> bool:
    return bool(await applied(engine) and await fetch("SELECT id FROM clinic WHERE id = 1"))


async def run_pending(engine: AnyEngine) -> None:
    """The caller sees to it that nobody else does so at once."""
    from piccolo.apps.migrations.commands.forwards import run_forwards  # noqa: PLC0415  (slow, rarely needed)

    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        async with engine.transaction():
            result = await run_forwards("turnet")
    if not result.success:
        raise RuntimeError(f"migration failed: {said.getvalue()}")


@asynccontextmanager
async def locked(engine: AnyEngine, settings: Settings) -> AsyncIterator[None]:
    """Whoever prepares this database waits here for whoever is already doing so."""
    if isinstance(engine, PgEngine):
        connection = await asyncpg.connect(settings.database_url)
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", _ADVISORY_LOCK)
            yield
        finally:
            await connection.close()
    else:
        side = await asyncio.to_thread(_exclusive, settings.data / "migrate.lock")
        try:
            yield
        finally:
            side.close()


def _exclusive(file: Path) -> sqlite3.Connection:
    """A lock that the system frees when its holder dies: an exclusive transaction on a side file."""
    connection = sqlite3.connect(file, timeout=120, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN EXCLUSIVE")
    return connection


class WrongKey(RuntimeError):
    """The key file is not the one that this database's patient links were made with."""


async def settled_key(settings: Settings) -> bytes:
    """The key behind patients' links; made at the first start, remembered by its fingerprint from then on.

    Raises `WrongKey` with one line that says what to do.
    """
    rows = await fetch("SELECT key_fingerprint FROM clinic WHERE id = 1")
    known_print = rows[0][0] if rows else ""
    file = settings.key_file
    if not file.exists():
        if known_print:
            raise WrongKey(
                f"{file} is missing: put the key file of this database back from a backup, links depend on it"
            )
        _make_key(file)
    key = file.read_bytes()
    if len(key) < KEY_BYTES // 2:
        raise WrongKey(f"{file} is too short for a key: put it back from a backup, or delete it before the first start")
    if known_print and fingerprint(key) != known_print:
        raise WrongKey(
            f"{file} is not the key of this database: put the right one back from a backup, links depend on it"
        )
    if rows and not known_print:
        await fetch("UPDATE clinic SET key_fingerprint = {} WHERE id = 1 RETURNING id", fingerprint(key))
    return key


def _make_key(file: Path) -> None:
    """Random bytes that only the owner may read; whoever starts first wins."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(secrets.token_bytes(KEY_BYTES))
