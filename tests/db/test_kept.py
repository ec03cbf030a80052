"""What happened stays written: the database refuses to change or delete a history, whoever asks."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.db.booking.acts import ANNA, a_wish, an_act
from tests.factories import a_clinic
from turnet.audit.service import note
from turnet.booking.service import book
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine, bound
from turnet.db.guards import translated
from turnet.db.transactions import fetch, on_sqlite, tx
from turnet.errors import NotAllowed

AT = datetime(2026, 12, 1, 8, 42, tzinfo=UTC)
KEPT = ("audit_entry", "booking_event")
WAYS = {
    "changing who it was": "UPDATE {table} SET actor = 'system'",
    "changing what it was": "UPDATE {table} SET act = 'noted' WHERE id > 0",
    "deleting it": "DELETE FROM {table}",
    "a way round": "",
}
AROUND = {
    True: "REPLACE INTO {table} (id, at, actor, act, booking) SELECT id, at, 'system', act, booking FROM {table}",
    False: "TRUNCATE {table}",
}
"""True: SQLite. What triggers on changed and deleted rows do not hear of."""


async def something_happened() -> None:
    """One row in each history."""
    act = an_act(FrozenClock(AT))
    clinic = await a_clinic()
    made = await book(act, clinic, a_wish(clinic), ANNA, once="one")
    async with tx():
        await note("staff:1", "patient_seen", real=AT, booking=made.visit.id)


async def rows(table: str) -> list[tuple[Any, ...]]:
    return await fetch(f"SELECT id, at, actor, act FROM {table} ORDER BY id")


def in_sql(way: str, table: str) -> str:
    return (WAYS[way] or AROUND[on_sqlite()]).format(table=table)


async def without_its_guard(table: str) -> None:
    """As somebody leaves it who owns the database."""
    kinds = ("_update", "_delete", "_insert") if on_sqlite() else ("", "_truncate")
    for kind in kinds:
        await bound().run_ddl(f'DROP TRIGGER "{table}_append_only{kind}"' + ("" if on_sqlite() else f' ON "{table}"'))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("table", KEPT)
async def test_a_history_is_neither_changed_nor_shortened(engine: AnyEngine, table: str, way: str) -> None:
    await something_happened()
    before = await rows(table)

    with pytest.raises(NotAllowed), translated(f"{table}_append_only", NotAllowed()):
        async with tx():
            await fetch(in_sql(way, table))

    assert (len(before), await rows(table)) == (1, before)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("table", KEPT)
async def test_control_without_the_guard_it_is(engine: AnyEngine, table: str, way: str) -> None:
    await something_happened()
    await without_its_guard(table)
    before = await rows(table)

    async with tx():
        await fetch(in_sql(way, table))

    assert await rows(table) != before


async def test_a_visit_with_a_history_cannot_vanish(engine: AnyEngine) -> None:
    await something_happened()
    await without_its_guard("audit_entry")
    await fetch("DELETE FROM audit_entry")

    with pytest.raises(NotAllowed), translated("booking_event_append_only", NotAllowed()):
        async with tx():
            await fetch("DELETE FROM booking")

    assert await fetch("SELECT count(*) FROM booking") == [(1,)]


async def test_more_can_be_written_at_any_time(engine: AnyEngine) -> None:
    await something_happened()
    await note("system", "and_another", real=AT)

    assert [act for _, _, _, act in await rows("audit_entry")] == ["patient_seen", "and_another"]
