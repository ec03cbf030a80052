"""Migrations only add: what an older turnet wrote stays where it was and readable, and nothing waits for a table's rewrite.

Every migration is run against engines that write statements down instead of executing them, and each statement must be
one of the few that add (docs/decisions/007). A table may be shaped freely until a filled database with it is kept as a
fixture: until then nobody has rows in it.
"""

import importlib
import io
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4

from tests.data.upgrades.steps import STEPS
from turnet.booking.tables import Booking
from turnet.db import migrations
from turnet.db.engine import LiteEngine, PgEngine, bind, bound
from turnet.db.start import known
from turnet.db.transactions import fetch

FIRST = STEPS[0]
"""Whatever came before had no users."""


class OnPaper:
    """Writes statements down; mixed into an engine of ours, so that migrations see the engine they ask for."""

    said: list[str]

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> list[Any]:
        self.said.append(" ".join(ddl.split()))
        return []

    async def run_querystring(self, querystring: Any, in_pool: bool = True) -> list[Any]:
        return await self.run_ddl(str(querystring))

    async def fetch(self, sql: str, args: Any) -> list[Any]:
        return await self.run_ddl(sql)

    async def check_version(self) -> None:
        """There is no server to ask."""

    def transaction(self, *_: Any, **__: Any) -> Any:
        return nullcontext()


class LiteOnPaper(OnPaper, LiteEngine):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__(Path("nowhere.db"))
        self.said = []


class PgOnPaper(OnPaper, PgEngine):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__("postgresql://turnet@127.0.0.1:1/nowhere")
        self.said = []


@pytest.fixture(params=[LiteOnPaper, PgOnPaper], ids=["sqlite", "postgres"])
def paper(request: pytest.FixtureRequest) -> Iterator[Any]:
    engine = request.param()
    before = Booking._meta._db
    bind(engine)
    yield engine
    if before is not None:
        bind(before)


# --- the rule

_TABLE = re.compile(r'CREATE TABLE (?:IF NOT EXISTS )?"?(\w+)"? \(')
_INDEX = re.compile(r'CREATE (UNIQUE )?INDEX (?:IF NOT EXISTS )?"?\w+"? ON "?(\w+)"? ')
_ALTER = re.compile(r'ALTER TABLE "?(\w+)"? ADD (COLUMN )?(.*)')
_FIRST_ROWS = re.compile(r'INSERT INTO "(\w+)" \([^)]*\) VALUES \([^()]*\)')
_DEFAULT = re.compile(r"DEFAULT ('[^']*'|\S+)")
_CONSTANT = re.compile(r"null|true|false|-?\d+(\.\d+)?|'[^']*'", re.IGNORECASE)

_KEEPS = re.compile(
    r'CREATE TRIGGER "(?P<table>\w+)_append_only(?:_update|_delete|_insert|_truncate)?" '
    r'BEFORE (?:UPDATE|DELETE|INSERT|UPDATE OR DELETE|TRUNCATE) ON "(?P=table)" '
    r'(?:WHEN EXISTS \(SELECT 1 FROM "(?P=table)" WHERE id = NEW\.id\) )?'
    r"(?:BEGIN SELECT RAISE\(ABORT, '(?P=table)_append_only'\); END"
    r'|FOR EACH (?:ROW|STATEMENT) EXECUTE FUNCTION "(?P=table)_append_only"\(\))'
    r'|CREATE FUNCTION "\w+_append_only"\(\) RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN RAISE [^;]*; END \$\$'
)
"""Histories that no turnet ever changed or deleted a row of: an older one goes on writing there as before."""

NOT_ADDED = "adds nothing"
NOT_UNIQUE = "rows that are there may not be unique"
TIGHTER = "an older turnet's rows may not satisfy it"
NO_VALUE = "rows that are there have no value for it"
NOT_CONSTANT = "its default is not a constant"


def broken(statements: list[str], new: set[str]) -> list[tuple[str, str]]:
    """(why, statement) for each one that does more than add; `new` grows by the tables they make."""
    more = [statement for statement in statements if not (_KEEPS.fullmatch(statement) or _first_rows(statement, new))]
    return [(why, statement) for statement in more if (why := _why(statement, new))]


def _first_rows(statement: str, new: set[str]) -> bool:
    """What a table begins with that nobody can have written into yet."""
    rows = _FIRST_ROWS.fullmatch(statement)
    return rows is not None and rows.group(1) in new


def _why(statement: str, new: set[str]) -> str:
    if ";" in statement.rstrip("; "):
        return NOT_ADDED  # several at once: who knows what the others do
    if made := _TABLE.match(statement):
        new.add(made.group(1))
        return ""
    if index := _INDEX.match(statement):
        return NOT_UNIQUE if index.group(1) and index.group(2) not in new else ""
    if altered := _ALTER.match(statement):
        table, column, rest = altered.groups()
        if table in new:
            return ""
        return _why_not_column(rest) if column else TIGHTER
    return NOT_ADDED


def _why_not_column(definition: str) -> str:
    if re.search(r"\b(PRIMARY KEY|UNIQUE|CHECK|GENERATED|EXCLUDE)\b", definition):
        return TIGHTER
    default = _DEFAULT.search(definition)
    if default and not _CONSTANT.fullmatch(default.group(1)):
        return NOT_CONSTANT
    if "NOT NULL" in definition and (default is None or default.group(1).lower() == "null"):
        return NO_VALUE
    return ""


async def written(paper: Any, manager: MigrationManager) -> list[str]:
    """The statements of one migration, and what Piccolo says it leaves out because the engine cannot do it."""
    paper.said.clear()
    with redirect_stdout(io.StringIO()), warnings.catch_warnings(record=True) as left_out:
        warnings.simplefilter("always")
        await manager.run()
    return [*paper.said, *(str(one.message) for one in left_out)]


# --- the migrations


def _modules() -> dict[str, Any]:
    folder = Path(migrations.__file__).parent
    names = sorted(file.stem for file in folder.glob("turnet_*.py"))
    return {name.split("_")[1]: importlib.import_module(f"turnet.db.migrations.{name}") for name in names}


async def test_every_migration_since_the_first_fixture_only_adds(paper: Any) -> None:
    found: dict[str, list[tuple[str, str]]] = {}
    new: set[str] = set()
    for name, module in _modules().items():
        if name > FIRST:
            statements = await written(paper, await module.forwards())
            assert statements != [], f"{name} says nothing"
            found[name] = broken(statements, new)
        if name in STEPS:
            new.clear()

    assert found == {name: [] for name in known() if name > FIRST}


async def test_control_the_guard_would_not_pass_today(paper: Any) -> None:
    """A migration from before the rule: it lays a constraint on a table that was there."""
    statements = await written(paper, await _modules()["0002"].forwards())

    assert {why for why, _statement in broken(statements, set())} >= {NOT_ADDED}


# --- control: each forbidden thing, as a migration would say it

Change = Callable[[MigrationManager], object]


def _column(table: str, kind: Any, **params: Any) -> Change:
    return lambda manager: manager.add_column(
        table_class_name=table.title(), tablename=table, column_name="new", column_class=kind,
        column_class_name=kind.__name__, params={"null": False, "default": None} | params,
    )  # fmt: skip


def _altered(**params: Any) -> Change:
    return lambda manager: manager.alter_column(
        table_class_name="Message", tablename="message", column_name="kind", params=params,
        old_params={"length": 40, "null": False, "unique": False}, column_class=Varchar, old_column_class=Varchar,
    )  # fmt: skip


def _raw(*statements: str) -> Change:
    async def run() -> None:
        for statement in statements:
            await bound().run_ddl(statement)

    return lambda manager: manager.add_raw(run)


def _data(sql: str) -> Change:
    async def run() -> None:
        await fetch(sql)

    return lambda manager: manager.add_raw(run)


ALLOWED: dict[str, Change] = {
    "nullable column": _column("message", Timestamptz, null=True),
    "column with a constant": _column("message", Integer, default=7),
    "column with a text": _column("message", Varchar, default="en route"),
    "nullable reference": _column("message", ForeignKey, references=Booking, on_delete=OnDelete.set_null, null=True),
    "index": _raw('CREATE INDEX "message_of_kind" ON "message" ("kind")'),
    "history that cannot be rewritten": _raw(
        """CREATE TRIGGER "booking_event_append_only_delete" BEFORE DELETE ON "booking_event"
        BEGIN SELECT RAISE(ABORT, 'booking_event_append_only'); END"""
    ),
    "table with all that it needs": _raw(
        'CREATE TABLE "made" ("at" TIMESTAMPTZ NOT NULL)',
        'CREATE UNIQUE INDEX "made_at" ON "made" ("at")',
        'ALTER TABLE "made" ADD CONSTRAINT "made_late" CHECK (at > 0)',
    ),
}

FORBIDDEN: dict[str, tuple[str, Change]] = {
    "drop table": (NOT_ADDED, lambda m: m.drop_table("Message", "message")),
    "drop column": (NOT_ADDED, lambda m: m.drop_column("Message", "message", "facts")),
    "rename table": (NOT_ADDED, lambda m: m.rename_table("Message", "message", "Letter", "letter")),
    "rename column": (NOT_ADDED, lambda m: m.rename_column("Message", "message", "facts", "matter")),
    "change a length": (NOT_ADDED, _altered(length=20)),
    "change whether null": (NOT_ADDED, _altered(null=True)),
    "change whether unique": (TIGHTER, _altered(unique=True)),
    "column without a value": (NO_VALUE, _column("message", Timestamptz)),
    "reference without a value": (NO_VALUE, _column("message", ForeignKey, references=Booking)),
    "column whose default is the time": (NOT_CONSTANT, _column("message", Timestamptz, default=TimestamptzNow())),
    "column whose default is random": (NOT_CONSTANT, _column("message", UUID, default=UUID4())),
    "unique column": (TIGHTER, _column("message", Varchar, null=True, unique=True)),
    "unique index": (NOT_UNIQUE, _raw('CREATE UNIQUE INDEX "one" ON "message" ("kind")')),
    "constraint": (TIGHTER, _raw('ALTER TABLE "message" ADD CONSTRAINT "late" CHECK (due_at > created_at)')),
    "raw drop": (NOT_ADDED, _raw('DROP INDEX "message_due"')),
    "raw rename": (NOT_ADDED, _raw('ALTER TABLE "message" RENAME COLUMN "kind" TO "sort"')),
    "raw type": (NOT_ADDED, _raw('ALTER TABLE "message" ALTER COLUMN "kind" TYPE text')),
    "second statement": (NOT_ADDED, _raw('CREATE INDEX "a" ON "message" ("kind"); DROP TABLE "message"')),
    "trigger": (NOT_ADDED, _raw('CREATE TRIGGER t BEFORE INSERT ON "message" BEGIN SELECT 1; END')),
    "trigger that does more than keep": (
        NOT_ADDED,
        _raw(
            'CREATE TRIGGER "message_append_only_update" BEFORE UPDATE ON "message" '
            "BEGIN DELETE FROM message; SELECT RAISE(ABORT, 'message_append_only'); END"
        ),
    ),
    "rows in a table that is there": (NOT_ADDED, _data('INSERT INTO "diary" ("version") VALUES (1)')),
    "rows from another table": (NOT_ADDED, _data('INSERT INTO "diary" ("version") SELECT id FROM message')),
    "rows rewritten": (NOT_ADDED, _data("UPDATE message SET kind = 'other'")),
    "rows deleted": (NOT_ADDED, _data("DELETE FROM message")),
}


@pytest.mark.parametrize("change", ALLOWED.values(), ids=ALLOWED)
async def test_what_only_adds_is_allowed(paper: Any, change: Change) -> None:
    manager = MigrationManager(migration_id="9999", app_name="turnet")
    change(manager)

    statements = await written(paper, manager)

    assert (statements != [], broken(statements, set())) == (True, [])


@pytest.mark.parametrize(("why", "change"), FORBIDDEN.values(), ids=FORBIDDEN)
async def test_control_what_does_more_is_refused(paper: Any, why: str, change: Change) -> None:
    manager = MigrationManager(migration_id="9999", app_name="turnet")
    change(manager)

    statements = await written(paper, manager)

    assert {found for found, _statement in broken(statements, set())} == {why}


async def test_a_table_may_come_with_rows() -> None:
    rows = """INSERT INTO "message_round" ("name", "days") VALUES ('one_day', -1)"""

    assert (broken([rows], {"message_round"}), broken([rows], set())) == ([], [(NOT_ADDED, rows)])


async def test_a_table_is_new_only_until_a_fixture_holds_it(paper: Any) -> None:
    unique = 'CREATE UNIQUE INDEX "step_once" ON "step" ("booking")'

    assert (broken([unique], {"step"}), broken([unique], set())) == ([], [(NOT_UNIQUE, unique)])
