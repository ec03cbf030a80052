"""Which engine: SQLite in the data directory or Postgres, and how every table comes to use it."""

from typing import Any

from piccolo.engine.base import Engine
from piccolo.table import Table

from turnet.db.lite import LiteEngine
from turnet.db.postgres import PgEngine
from turnet.settings import Settings

__all__ = ["AnyEngine", "LiteEngine", "PgEngine", "bind", "bound", "engine_for"]

AnyEngine = LiteEngine | PgEngine


def engine_for(settings: Settings) -> AnyEngine:
    return LiteEngine(settings.database_file) if settings.on_sqlite else PgEngine(settings.database_url)


def bind(engine: AnyEngine) -> None:
    """Makes every table and Piccolo's migrations use this engine: once a process, or once a test."""
    from piccolo.apps.migrations.tables import Migration  # noqa: PLC0415  (conf imports this module)

    from turnet.db import conf  # noqa: PLC0415
    from turnet.db.piccolo_app import APP_CONFIG  # noqa: PLC0415

    conf.DB = engine
    tables: list[type[Table]] = [*APP_CONFIG.table_classes, Migration]
    for table in tables:
        table._meta.db = engine  # noqa: SLF001  (Piccolo's documented way to choose a database)


def bound() -> AnyEngine:
    from turnet.db import conf  # noqa: PLC0415

    engine: Engine[Any] = conf.DB
    assert isinstance(engine, LiteEngine | PgEngine)
    return engine
