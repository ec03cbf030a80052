"""What did not reach a patient: of a family as long as one of them still comes, and found without reading every message."""

from datetime import timedelta

import pytest

from tests.db.booking.acts import staff
from tests.db.booking.conftest import statements  # noqa: F401  (a fixture)
from tests.db.reminders.acts import EETU, INKA, SMS_DUE, booked, tick
from tests.factories import a_clinic
from turnet.booking import service
from turnet.booking.model import Visit
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.lite import LiteEngine
from turnet.db.transactions import fetch
from turnet.messaging.failures import count_failures, failures, lost_with


async def a_family(clinic: Clinic, clock: FrozenClock) -> list[Visit]:
    """Eetu's visit and Inka's with another practitioner; the one reminder of both has failed."""
    visits = [
        await booked(clinic, clock, EETU),
        await booked(clinic, clock, INKA, "2026-12-03T10:20+02:00", by="pekka"),
    ]
    await tick(clock, SMS_DUE)
    await fetch("UPDATE message SET state = 'sent', finished_at = {} WHERE kind <> 'reminder'", clock.now())
    await fetch("UPDATE message SET state = 'failed', finished_at = {} WHERE kind = 'reminder'", clock.now())
    return visits


async def missed(clock: FrozenClock, practitioner: int | None = None) -> tuple[list[str], int]:
    """Who was not told, and how many lines that makes."""
    lines = await failures(now=clock.now(), practitioner=practitioner)
    count = await count_failures(now=clock.now(), practitioner=practitioner)
    return [name.split()[0] for line in lines for name in line.names], count


async def test_a_familys_reminder_stays_until_none_of_them_comes(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    eetu, inka = await a_family(clinic, clock)
    both = await missed(clock)
    [line] = await failures(now=clock.now())
    together = await lost_with(line.last.id, now=clock.now())

    await service.cancel(staff(clock), clinic, eetu.id, by="patient", tell=False)
    one = await missed(clock)
    await service.cancel(staff(clock), clinic, inka.id, by="patient", tell=False)

    assert (both, one, await missed(clock)) == ((["Eetu", "Inka"], 1), (["Inka"], 1), ([], 0))
    assert together == [line.last.id]


@pytest.mark.parametrize("state", ["done", "no_show"])
async def test_who_was_here_is_off_the_list_and_the_others_are_not(
    engine: AnyEngine, clock: FrozenClock, state: str
) -> None:
    eetu, _inka = await a_family(await a_clinic(), clock)

    await fetch("UPDATE booking SET state = {} WHERE id = {}", state, eetu.id)

    assert await missed(clock) == (["Inka"], 1)


async def test_each_diary_has_its_own_of_a_family(engine: AnyEngine, clock: FrozenClock) -> None:
    eetu, inka = await a_family(await a_clinic(), clock)

    assert [await missed(clock, visit.practitioner) for visit in (eetu, inka)] == [(["Eetu"], 1), (["Inka"], 1)]


@pytest.mark.parametrize("by_its_step", [False, True])
async def test_something_newer_ends_it_for_whom_it_is_about(
    engine: AnyEngine, clock: FrozenClock, by_its_step: bool
) -> None:
    _eetu, inka = await a_family(await a_clinic(), clock)
    [(newer,)] = await fetch("SELECT id FROM message WHERE kind = 'booking_confirmed' AND booking = {}", inka.id)

    await fetch("UPDATE message SET created_at = {} WHERE id = {}", clock.now() + timedelta(minutes=1), newer)
    if by_its_step:
        await fetch("UPDATE message SET booking = NULL WHERE id = {}", newer)
        await fetch(
            "INSERT INTO step (booking, visit_no, rule, channel, due_at, state, reason, message, created_at) "
            "VALUES ({}, 1, 'instructions', 'sms', {}, 'taken', '', {}, {})",
            *(inka.id, clock.now(), newer, clock.now()),
        )

    assert await missed(clock) == (["Eetu"], 1)


async def test_no_message_is_looked_for_among_all(
    engine: AnyEngine,
    clock: FrozenClock,
    statements: list[str],  # noqa: F811
) -> None:
    """The number on the bar asks it with every change."""
    if not isinstance(engine, LiteEngine):
        return
    await a_family(await a_clinic(), clock)
    statements.clear()
    await missed(clock)
    await missed(clock, 1)
    asked = list(statements)

    async def scanned(sql: str) -> list[str]:
        plan = [row[3] for row in await fetch(f"EXPLAIN QUERY PLAN {sql.replace('?', 'NULL')}")]
        return [line for line in plan if line.startswith("SCAN")]

    assert (len(asked), [line for one in asked for line in await scanned(one)]) == (4, [])
    control = (
        "SELECT 1 FROM message m WHERE m.state = ? AND NOT EXISTS (SELECT 1 FROM message n WHERE n.created_at > m.created_at "
        "AND ((m.booking IS NULL AND n.recipient = m.recipient) OR (m.booking > 0 AND (n.booking = m.booking "
        "OR n.id IN (SELECT s.message FROM step s WHERE s.booking = m.booking)))))"
    )
    assert await scanned(control) == ["SCAN n"]
