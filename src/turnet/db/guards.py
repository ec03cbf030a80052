"""What the database itself refuses, under one name on both engines.

`occupancy_no_overlap`: no two rows of one resource and lane overlap. The guard never looks at time; acts delete expired
claims before they insert. On SQLite the trigger looks at one row only: rows of a lane cannot overlap, so the first one
that ends after the new start is also the first that starts.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from turnet.errors import TurnetError

NO_OVERLAP = "occupancy_no_overlap"
VERSIONS_CHANNEL = "turnet_versions"

SQLITE = [
    'CREATE INDEX "occupancy_by_end" ON "occupancy" ("resource", "lane", "ends_at")',
    *(
        f"""CREATE TRIGGER "{NO_OVERLAP}_{event}" BEFORE {event.upper()} ON "occupancy"
        WHEN NEW.ends_at <= NEW.starts_at OR (
            SELECT starts_at FROM occupancy
            WHERE resource = NEW.resource AND lane = NEW.lane AND ends_at > NEW.starts_at AND id <> {own}
            ORDER BY ends_at LIMIT 1) < NEW.ends_at
        BEGIN SELECT RAISE(ABORT, '{NO_OVERLAP}'); END"""
        for event, own in (("insert", "-1"), ("update", "NEW.id"))
    ),
]

POSTGRES = [
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    'CREATE INDEX "occupancy_by_end" ON "occupancy" ("resource", "lane", "ends_at")',
    f"""ALTER TABLE "occupancy" ADD CONSTRAINT "{NO_OVERLAP}"
        EXCLUDE USING gist (resource WITH =, lane WITH =, int8range(starts_at, ends_at) WITH &&)""",
    f'ALTER TABLE "occupancy" ADD CONSTRAINT "{NO_OVERLAP}_positive" CHECK (ends_at > starts_at)',
    f"""CREATE FUNCTION turnet_versions_moved() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_notify('{VERSIONS_CHANNEL}', ''); RETURN NULL; END $$""",
    """CREATE TRIGGER turnet_versions_moved AFTER INSERT OR UPDATE ON "diary"
        FOR EACH STATEMENT EXECUTE FUNCTION turnet_versions_moved()""",
]
"""The last two tell every process that listens (`turnet.db.versions`); on SQLite there is only one."""


def append_only(table: str, *, sqlite: bool) -> list[str]:
    """What makes the database refuse to change or delete the table's rows, as `<table>_append_only`.

    Also by the ways around: emptying the whole table, and on SQLite putting another row under a number that is taken.
    """
    name = f"{table}_append_only"
    if sqlite:
        raised = f"BEGIN SELECT RAISE(ABORT, '{name}'); END"
        return [
            *(
                f'CREATE TRIGGER "{name}_{event}" BEFORE {event.upper()} ON "{table}" {raised}'
                for event in ("update", "delete")
            ),
            f"""CREATE TRIGGER "{name}_insert" BEFORE INSERT ON "{table}"
            WHEN EXISTS (SELECT 1 FROM "{table}" WHERE id = NEW.id) {raised}""",
        ]
    return [
        f"""CREATE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE integrity_constraint_violation USING MESSAGE = '{name}', CONSTRAINT = '{name}'; END $$""",
        *(
            f'CREATE TRIGGER "{trigger}" BEFORE {event} ON "{table}" FOR EACH {each} EXECUTE FUNCTION "{name}"()'
            for trigger, event, each in (
                (name, "UPDATE OR DELETE", "ROW"),
                (f"{name}_truncate", "TRUNCATE", "STATEMENT"),
            )
        ),
    ]


def violated(error: BaseException) -> str | None:
    """The name of the constraint or unique index that refused, or None when it was something else."""
    if isinstance(error, sqlite3.IntegrityError):
        return str(error).removeprefix("UNIQUE constraint failed: ")
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return str(error.constraint_name)
    return None


def retryable(error: BaseException) -> bool:
    """Postgres asked for another try: deadlock (40P01) or serialisation failure (40001)."""
    return isinstance(error, asyncpg.DeadlockDetectedError | asyncpg.SerializationError)


def unspeakable(error: BaseException) -> bool:
    """Somebody sent a NUL, which Postgres neither keeps nor compares."""
    return isinstance(error, asyncpg.CharacterNotInRepertoireError)


def unwritable(error: BaseException) -> bool:
    """Nothing can be written just now, whatever the act was: a full disk, a lost server, a lock not to be had."""
    if isinstance(error, sqlite3.OperationalError):
        name = getattr(error, "sqlite_errorname", "")
        return name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_BUSY", "SQLITE_CANTOPEN"))
    return isinstance(error, _NO_SERVER)


_NO_SERVER = (
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    OSError,
)
"""`OSError`: a socket that is gone, a name that leads nowhere, or a turn that did not come in time."""


@contextmanager
def translated(name: str, into: TurnetError) -> Iterator[None]:
    """Outside the transaction: turns the guard's refusal into a domain error."""
    try:
        yield
    except (sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError) as error:
        if (violated(error) or "").startswith(name):
            raise into from error
        raise
