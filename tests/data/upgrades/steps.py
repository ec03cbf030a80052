"""The databases that earlier steps left, put back as they were."""

import gzip
import sqlite3
from pathlib import Path

import asyncpg

from turnet.settings import Settings

HERE = Path(__file__).parent
STEPS = sorted({file.name.split(".")[0] for file in HERE.glob("*.sql.gz")})
"""Ids of each one's last migration, oldest first."""


async def put_back(settings: Settings, step: str) -> None:
    """Replaces whatever the database holds."""
    if settings.on_sqlite:
        for file in settings.data.glob("turnet.db*"):
            file.unlink()
        raw = sqlite3.connect(settings.database_file)
        raw.executescript(_sql(step, "sqlite"))
        raw.close()
        return
    connection = await asyncpg.connect(settings.database_url)
    try:
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        await connection.execute(_sql(step, "postgres"))
    finally:
        await connection.close()


def _sql(step: str, engine: str) -> str:
    return gzip.decompress((HERE / f"{step}.{engine}.sql.gz").read_bytes()).decode()
