"""Finds what is due in a long outbox without sorting all of it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from turnet.db.engine import bound

ID = "0003"
VERSION = "1.38.0"
DESCRIPTION = "outbox"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="turnet", description=DESCRIPTION)

    async def index() -> None:
        await bound().run_ddl('CREATE INDEX "message_due" ON "message" ("state", "due_at")')

    manager.add_raw(index)
    return manager
