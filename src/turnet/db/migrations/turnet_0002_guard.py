"""The guard against double booking, in each engine's own words."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from turnet.db import guards
from turnet.db.engine import bound
from turnet.db.transactions import on_sqlite

ID = "0002"
VERSION = "1.38.0"
DESCRIPTION = "guard"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="turnet", description=DESCRIPTION)

    async def protect() -> None:
        for statement in guards.SQLITE if on_sqlite() else guards.POSTGRES:
            await bound().run_ddl(statement)

    manager.add_raw(protect)
    return manager
