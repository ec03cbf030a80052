"""Piccolo writes DDL for Postgres only; this says the same to SQLite."""

import re

_ADD = re.compile(r'ALTER TABLE (\S+)\s+ADD CONSTRAINT "?(\w+)"? UNIQUE\s*\((.*)\)\s*$', re.DOTALL | re.IGNORECASE)
_DROP = re.compile(r'ALTER TABLE \S+\s+DROP CONSTRAINT (?:IF EXISTS )?"?(\w+)"?', re.IGNORECASE)
_ADD_UNIQUE_COLUMN = re.compile(
    r'(ALTER TABLE (\S+)\s+ADD COLUMN (?:IF NOT EXISTS )?"(\w+)" .*?) UNIQUE\b(.*)$', re.DOTALL | re.IGNORECASE
)


def for_sqlite(ddl: str) -> list[str]:
    """The same change as one or two statements that SQLite knows."""
    if match := _ADD.match(ddl):
        table, name, columns = match.groups()
        return [f'CREATE UNIQUE INDEX IF NOT EXISTS "{name}" ON {table} ({columns})']
    if match := _DROP.match(ddl):
        return [f'DROP INDEX IF EXISTS "{match.group(1)}"']
    if match := _ADD_UNIQUE_COLUMN.match(ddl):
        head, table, column, tail = match.groups()
        bare = table.strip('"')
        return [head + tail, f'CREATE UNIQUE INDEX IF NOT EXISTS "{bare}_{column}_key" ON {table} ("{column}")']
    return [ddl]
