"""A reminder step exists once, and reports of delivery find their message without reading all of them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from turnet.db.engine import bound

ID = "0005"
VERSION = "1.38.0"
DESCRIPTION = "once"

INDEXES = (
    'CREATE UNIQUE INDEX "step_once" ON "step" ("booking", "visit_no", "rule", "channel")',
    'CREATE INDEX "step_due" ON "step" ("state", "due_at")',
    'CREATE INDEX "step_of_message" ON "step" ("message")',
    'CREATE INDEX "message_of_provider" ON "message" ("provider_id")',
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="turnet", description=DESCRIPTION)

    async def indexes() -> None:
        for statement in INDEXES:
            await bound().run_ddl(statement)

    manager.add_raw(indexes)
    return manager
