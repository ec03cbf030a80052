"""Where a backup is put back: a directory that is not there yet and, on Postgres, a database without a table."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.conftest import _command, _databases
from turnet.settings import Settings


@contextmanager
def another(settings: Settings, folder: Path) -> Iterator[Settings]:
    """Another machine, with the same kind of database."""
    data = folder / "elsewhere"
    if settings.on_sqlite:
        yield replace(settings, data=data)
        return
    server, name = settings.database_url.rpartition("/")[0], f"turnet_restored_{os.getpid()}_{next(_databases)}"
    asyncio.run(_command(server, f"CREATE DATABASE {name}"))
    try:
        yield replace(settings, data=data, database_url=f"{server}/{name}")
    finally:
        asyncio.run(_command(server, f"DROP DATABASE {name} WITH (FORCE)"))
