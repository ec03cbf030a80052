"""Which steps there are, and which of them end before they are due."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.db.booking.acts import ANNA, a_wish, an_act, staff
from tests.db.reminders.acts import EETU, LONG_BEFORE, at_time, booked, states, steps, the_time, tick
from turnet.booking import service
from turnet.booking.model import Visit
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine, LiteEngine
from turnet.db.transactions import fetch
from turnet.reminders.planning import Plan, make_missing
from turnet.reminders.queries import active_rounds
from turnet.reminders.rules import ALL_REST, FOLLOWED, TOLD_JUST_NOW, Rest
from turnet.reminders.service import plan

WAITING = [("two_days", "waiting"), ("one_day", "waiting")]
DROPPED = [("two_days", "dropped"), ("one_day", "dropped")]


async def moved(visit: Visit, clinic: Clinic, clock: FrozenClock, start: str) -> Visit:
    return await service.move(staff(clock), clinic, visit.id, a_wish(clinic, start))


async def test_mail_two_days_before_and_sms_one_day_before(clinic: Clinic, clock: FrozenClock) -> None:
    await booked(clinic, clock)
    await tick(clock)

    assert await steps() == [
        ("Anna", 1, "two_days", "Tue 09:20", "waiting", ""),
        ("Anna", 1, "one_day", "Wed 09:20", "waiting", ""),
    ]


async def test_each_reminder_needs_its_contact(clinic: Clinic, clock: FrozenClock) -> None:
    phone = await booked(clinic, clock, EETU)
    mail = await booked(clinic, clock, replace(ANNA, phone=""), by="pekka")
    await tick(clock)

    assert (await states(phone), await states(mail)) == ([("one_day", "waiting")], [("two_days", "waiting")])


async def test_who_booked_just_before_it_would_go_has_been_told(clinic: Clinic, clock: FrozenClock) -> None:
    one = await booked(clinic, clock, made="2026-12-01 08:00")
    both = await booked(clinic, clock, EETU, by="pekka", made="2026-12-02 08:00")
    await tick(clock)

    assert (await steps(of=one))[0] == ("Anna", 1, "two_days", "Tue 09:20", "dropped", TOLD_JUST_NOW)
    assert await states(one) == [("two_days", "dropped"), ("one_day", "waiting")]
    assert await states(both) == [("one_day", "dropped")]


async def test_a_visit_farther_away_gets_its_steps_when_it_is_near(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock, made="2026-11-20 12:00")
    await tick(clock, "2026-11-23 09:19")
    far = await states(visit)
    await tick(clock, "2026-11-23 09:20")

    assert (far, await states(visit)) == ([], WAITING)


async def test_planning_farther_ahead_finds_it_earlier(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock, made="2026-11-05 12:00")

    await plan(clock.now(), further=timedelta(days=20))

    assert await states(visit) == WAITING


@pytest.mark.parametrize("on", ["active", "true"], ids=["two", "all"])
async def test_a_second_look_asks_three_times_and_writes_nothing_however_many_rounds_there_are(
    clinic: Clinic, clock: FrozenClock, statements: list[str], on: str
) -> None:
    """A visit without a reminder is not looked at again either."""
    await fetch(f"UPDATE message_round SET active = {on}")
    await booked(clinic, clock)
    await booked(clinic, clock, EETU, by="pekka", made="2026-12-02 08:00")
    await tick(clock)
    before = await steps()
    statements.clear()

    await plan(clock.now())

    assert [statement.split()[0] for statement in statements if "booking" in statement] == ["SELECT"] * 3
    assert len(statements) <= 5, "and the rounds, and on Postgres the clinic's version"
    assert await steps() == before


async def test_moved_visit_has_new_steps_once_and_its_old_ones_are_dropped(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock)
    await tick(clock)
    await moved(visit, clinic, clock, "2026-12-04T13:00+02:00")
    await tick(clock)
    await tick(clock)

    assert await steps() == [
        ("Anna", 1, "two_days", "Tue 09:20", "dropped", "the visit was moved"),
        ("Anna", 1, "one_day", "Wed 09:20", "dropped", "the visit was moved"),
        ("Anna", 2, "two_days", "Wed 13:00", "waiting", ""),
        ("Anna", 2, "one_day", "Thu 13:00", "waiting", ""),
    ]


async def test_who_moved_just_before_it_would_go_has_been_told(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock)
    await moved(visit, clinic, at_time(clock, "2026-12-02 12:00"), "2026-12-03T13:00+02:00")
    await tick(clock)

    assert await steps() == [
        ("Anna", 2, "two_days", "Tue 13:00", "dropped", TOLD_JUST_NOW),
        ("Anna", 2, "one_day", "Wed 13:00", "dropped", TOLD_JUST_NOW),
    ]


async def test_steps_of_a_cancelled_visit_wait_until_nobody_can_undo_it(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock)
    await tick(clock)
    await service.cancel(an_act(clock), clinic, visit.id)
    clock.advance(minutes=9)
    await tick(clock)
    undo_open = await states(visit)
    clock.advance(minutes=1)
    await tick(clock)

    assert (undo_open, await states(visit)) == (WAITING, DROPPED)
    assert {reason for *_rest, reason in await steps()} == {"the visit was cancelled"}


async def test_a_cancellation_that_is_undone_leaves_the_steps_as_they_were(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock)
    await tick(clock)
    before = await steps()
    await service.cancel(an_act(clock), clinic, visit.id)
    await tick(clock)
    await service.undo_cancel(an_act(clock), clinic, visit.id)
    clock.advance(hours=1)
    await tick(clock)

    assert await steps() == before


async def test_who_is_there_already_is_not_reminded(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock)
    await tick(clock)
    await fetch("UPDATE booking SET state = {} WHERE id = {} RETURNING id", State.ARRIVED.value, visit.id)
    await tick(clock)

    assert {(state, reason) for *_rest, state, reason in await steps()} == {("dropped", "the visit has begun")}


async def test_a_telephone_number_that_is_added_later_gets_its_step(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock, replace(ANNA, phone=""))
    await tick(clock)
    await fetch("UPDATE booking SET phone = {} WHERE id = {} RETURNING id", ANNA.phone, visit.id)
    await tick(clock)

    assert await states(visit) == WAITING


async def test_rest_days_are_the_regions(clinic: Clinic, clock: FrozenClock) -> None:
    """Monday: in Finland the mail of Saturday stays, and the SMS of Sunday moves onto Saturday's evening."""
    visit = await booked(clinic, clock, start="2026-11-30T09:20+02:00")
    await tick(clock)

    assert [due for _name, _no, _rule, due, *_rest in await steps(of=visit)] == ["Sat 09:20", "Sat 19:59"]


@pytest.mark.parametrize("region", ["", "XX"])
async def test_where_the_region_is_not_known_sunday_is_the_day_of_rest(
    clinic: Clinic, clock: FrozenClock, region: str
) -> None:
    await fetch("UPDATE clinic SET region = {} WHERE id = 1 RETURNING id", region)
    await fetch("UPDATE diary SET setup_version = setup_version + 1 WHERE id = 1 RETURNING id")
    visit = await booked(clinic, clock, start="2026-11-30T09:20+02:00")
    await tick(clock)

    assert [due for _name, _no, _rule, due, *_rest in await steps(of=visit)] == ["Sat 09:20", "Sat 19:59"]


async def test_in_israel_nothing_is_due_from_friday_afternoon_to_sunday(clinic: Clinic, clock: FrozenClock) -> None:
    await fetch("UPDATE clinic SET region = 'IL' WHERE id = 1 RETURNING id")
    await fetch("UPDATE diary SET setup_version = setup_version + 1 WHERE id = 1 RETURNING id")
    visit = await booked(clinic, clock, start="2026-11-30T09:20+02:00")
    sunday = (await service.book(
        staff(clock), clinic, a_wish(clinic, "2026-12-07T09:20+02:00", by="sanna"), ANNA, once=""
    )).visit  # fmt: skip
    await fetch("UPDATE booking SET starts_at = {} WHERE id = {} RETURNING id", the_time("2026-11-29 16:00"), sunday.id)
    await tick(clock)

    assert [row[3:] for row in await steps(of=visit)] == [
        ("Fri 14:59", "waiting", ""),  # from Saturday
        ("Sun 09:20", "waiting", ""),
    ]
    assert [row[3:] for row in await steps(of=sunday)] == [
        ("Fri 14:59", "dropped", FOLLOWED),
        ("Fri 14:59", "waiting", ""),
    ]


async def test_holidays_count_only_where_the_clinic_heeds_them(clinic: Clinic, clock: FrozenClock) -> None:
    """The day after Boxing Day 2027, which is a Monday: three days of rest, or one."""
    start = "2027-12-28T09:20+02:00"
    await fetch("UPDATE clinic SET holidays = {} WHERE id = 1 RETURNING id", False)
    await fetch("UPDATE diary SET setup_version = setup_version + 1 WHERE id = 1 RETURNING id")
    heedless = await booked(clinic, clock, start=start, made="2027-12-20 12:00")
    await tick(clock)
    assert [row[3] for row in await steps(of=heedless)] == ["Sat 19:59", "Mon 09:20"]

    await fetch("UPDATE clinic SET holidays = {} WHERE id = 1 RETURNING id", True)
    await fetch("UPDATE diary SET setup_version = setup_version + 1 WHERE id = 1 RETURNING id")
    heedful = await booked(clinic, clock, start=start, by="pekka", made="2027-12-20 12:00")
    await tick(clock)
    assert [row[3] for row in await steps(of=heedful)] == ["Thu 19:59", "Mon 09:20"]


async def test_when_every_day_before_it_rests_a_visit_has_no_reminder(clinic: Clinic, clock: FrozenClock) -> None:

    visit = await booked(clinic, clock, made=LONG_BEFORE)
    every = Rest("Europe/Helsinki", 6, frozenset(the_time("2026-11-01").date() + timedelta(days) for days in range(60)))
    await make_missing(Plan(await active_rounds(), every, clock.now()))

    assert {reason for *_rest, reason in await steps(of=visit)} == {ALL_REST}


async def test_years_of_visits_that_are_over_are_not_read(
    clinic: Clinic, clock: FrozenClock, statements: list[str], engine: AnyEngine
) -> None:
    """Every table but the few rounds is entered by an index."""
    if not isinstance(engine, LiteEngine):
        return
    await booked(clinic, clock)
    await fetch("UPDATE message_round SET active = true")
    statements.clear()
    await tick(clock)
    asked = [one for one in statements if one.lstrip().startswith("SELECT") and "step" in one]

    async def scanned(sql: str) -> list[str]:
        plan = [row[3] for row in await fetch(f"EXPLAIN QUERY PLAN {sql.replace('?', 'NULL')}")]
        return [line for line in plan if line.startswith("SCAN") and line.split()[1] not in {"r", "CONSTANT"}]

    assert len(asked) >= 4
    assert [line for one in asked for line in await scanned(one)] == []
    assert await scanned("SELECT s.id FROM step s WHERE s.reason = ?") == ["SCAN s"], "the control"
