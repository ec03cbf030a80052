"""A Postgres database out and in by its own tools; passwords go through the environment, never the command line."""

import asyncio
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import asyncpg

from turnet.backup import BackupError
from turnet.backup.manifest import FACTS, Facts, facts_of

_LOCK_WAIT = "60s"
_CONNECT_SECONDS = "10"
_DEBIAN = Path("/usr/lib/postgresql")


async def size(url: str) -> int:
    """Bytes."""
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT pg_database_size(current_database())"))
    finally:
        await connection.close()


async def dump(url: str, target: Path) -> Facts:
    """Writes one moment of the database; what it says of it is read at the same moment. Raises `BackupError`."""
    connection = await asyncpg.connect(url)
    try:
        tool = await _tool("pg_dump", connection.get_server_version().major)
        await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")  # closing it is its end
        answers = [[tuple(row) for row in await connection.fetch(question)] for question in FACTS]
        if not answers[1]:
            raise BackupError("there is no clinic in the database; turnet init makes one")
        moment = await connection.fetchval("SELECT pg_export_snapshot()")
        await _run(
            tool, url, "--format=custom", "--compress=0", "--no-owner", "--no-privileges", "--no-comments",
            f"--lock-wait-timeout={_LOCK_WAIT}", f"--snapshot={moment}", f"--file={target}",
        )  # fmt: skip
    except asyncpg.UndefinedTableError as error:
        raise BackupError("there is no clinic in the database; turnet init makes one") from error
    finally:
        await connection.close()
    return facts_of(*answers)


async def load(url: str, source: Path) -> None:
    """All of a dump or nothing, into an empty database. Raises `BackupError`."""
    connection = await asyncpg.connect(url)
    try:
        tool = await _tool("pg_restore", connection.get_server_version().major)
    finally:
        await connection.close()
    await _run(
        tool, url, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-comments", str(source)
    )  # fmt: skip


async def refuse_filled(url: str) -> None:
    """Raises `BackupError` when the database holds a table, view or sequence."""
    connection = await asyncpg.connect(url)
    try:
        names = await connection.fetch(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND n.nspname <> 'information_schema' "
            "AND n.nspname NOT LIKE 'pg\\_%' LIMIT 1"
        )
    finally:
        await connection.close()
    if names:
        raise BackupError(
            "the database of TURNET_DATABASE_URL is not empty, and nothing was changed: name a new one (createdb)"
        )


async def _tool(name: str, server: int) -> str:
    """One that is not older than the server. Raises `BackupError`."""
    newest = 0
    for path in _places(name):
        version = await _version(path)
        if version >= server:
            return path
        newest = max(newest, version)
    found = f"the newest {name} here is of version {newest}" if newest else f"{name} is missing"
    raise BackupError(f"{found}, the server is PostgreSQL {server}: install postgresql-client-{server}")


def _places(name: str) -> Iterator[str]:
    if on_path := shutil.which(name):
        yield on_path
    yield from map(str, sorted(_DEBIAN.glob(f"*/bin/{name}"), reverse=True))


async def _version(tool: str) -> int:
    """Major; 0 when it does not say."""
    process = await asyncio.create_subprocess_exec(tool, "--version", stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    match = re.search(rb"\(PostgreSQL\) (\d+)", said)
    return int(match[1]) if match else 0


async def _run(tool: str, url: str, *arguments: str) -> None:
    address, password = _without_password(url)
    process = await asyncio.create_subprocess_exec(
        *(tool, "--no-password", f"--dbname={address}", *arguments),
        env={**os.environ, "PGCONNECT_TIMEOUT": _CONNECT_SECONDS, **({"PGPASSWORD": password} if password else {})},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _out, said = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        lines = said.decode(errors="replace").strip().splitlines() or [f"exit code {process.returncode}"]
        raise BackupError(f"{Path(tool).name} failed: {lines[0].partition('error: ')[2] or lines[0]}")


def _without_password(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    user, colon, password = parts.netloc.rpartition("@")[0].partition(":")
    host = parts.netloc.rpartition("@")[2]
    asked = parse_qsl(parts.query, keep_blank_values=True)
    more = [(name, value) for name, value in asked if name != "password"]
    inside = next((value for name, value in asked if name == "password"), "")
    place = f"{user}@{host}" if user else host
    address = urlunsplit((parts.scheme, place, parts.path, urlencode(more), ""))
    return address, unquote(password) if colon else inside
