"""What makes patients quick to find: keys compared byte by byte, and those that have none yet."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from turnet.db.engine import bound
from turnet.db.transactions import on_sqlite

ID = "0009"
VERSION = "1.38.0"
DESCRIPTION = "found"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="turnet", description=DESCRIPTION)

    async def statements() -> None:
        # In the order of a language, `v` may be `w` and a prefix is no range.
        key = '"key"' if on_sqlite() else '"key" COLLATE "C"'
        for statement in (
            f'CREATE INDEX "patient_key_by_key" ON "patient_key" ({key}, "patient")',
            f'CREATE INDEX "patient_key_of_patient" ON "patient_key" ("patient", {key})',
            'CREATE INDEX "patient_without_keys" ON "patient" ("id") WHERE "indexed_at" IS NULL',
            'CREATE INDEX "patient_to_match" ON "patient" ("id") WHERE "provisional" AND "merged_into" IS NULL',
            'CREATE INDEX "patient_by_guardian" ON "patient" ("guardian")',
        ):
            await bound().run_ddl(statement)

    manager.add_raw(statements)
    return manager
