"""Indexes of the desk, and histories that nobody can rewrite: the database refuses to change or delete their rows."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from turnet.db.engine import bound
from turnet.db.guards import append_only
from turnet.db.transactions import on_sqlite

ID = "0007"
VERSION = "1.38.0"
DESCRIPTION = "kept"

INDEXES = (
    'CREATE UNIQUE INDEX "lateness_once" ON "lateness" ("resource", "day")',
    'CREATE UNIQUE INDEX "booking_extra_once" ON "booking_extra" ("booking", "position")',
    'CREATE INDEX "booking_by_patient" ON "booking" ("patient", "starts_at")',
    'CREATE INDEX "patient_by_name" ON "patient" ("name")',
    'CREATE INDEX "booking_event_by_time" ON "booking_event" ("at")',
)
KEPT = ("booking_event", "audit_entry")


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="turnet", description=DESCRIPTION)

    async def statements() -> None:
        for statement in (*INDEXES, *(s for table in KEPT for s in append_only(table, sqlite=on_sqlite()))):
            await bound().run_ddl(statement)

    manager.add_raw(statements)
    return manager
