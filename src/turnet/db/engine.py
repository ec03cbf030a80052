"""Which engine: SQLite in the data directory or Postgres, and how every table comes to use it."""

import os

from piccolo.apps.migrations.tables import Migration
from piccolo.table import Table

from turnet.db.every_table import every_table
from turnet.db.lite import LiteEngine
from turnet.db.postgres import PgEngine
from turnet.settings import Settings

__all__ = ["AnyEngine", "LiteEngine", "PgEngine", "bind", "bound", "engine_for"]

AnyEngine = LiteEngine | PgEngine

os.environ.setdefault("PICCOLO_CONF", "turnet.db.conf")  # where migrations look for it; loading it here is slow


def engine_for(settings: Settings) -> AnyEngine:
    return LiteEngine(settings.database_file) if settings.on_sqlite else PgEngine(settings.database_url)


def bind(engine: AnyEngine) -> None:
    """Makes every table and Piccolo's migrations use this engine: once a process, or once a test."""
    tables: list[type[Table]] = [*every_table(), Migration]
    for table in tables:
        table._meta.db = engine  # noqa: SLF001  (Piccolo's documented way to choose a database)


def bound() -> AnyEngine:
    engine = Migration._meta.db  # noqa: SLF001
    assert isinstance(engine, LiteEngine | PgEngine)
    return engine
