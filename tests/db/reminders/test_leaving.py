"""What of a reminder is still true when it leaves."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.db.booking.acts import a_wish, an_act, staff
from tests.db.reminders.acts import (
    EETU,
    INKA,
    SMS_DUE,
    at_time,
    booked,
    only_reminder,
    reminders,
    states,
    steps,
    the_time,
    tick,
)
from turnet.booking import service
from turnet.booking.model import Visit
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.transactions import fetch
from turnet.messaging import outbox
from turnet.messaging.matter import Matter, matter_of
from turnet.reminders.queries import missed_since
from turnet.reminders.service import plan, speech
from turnet.settings import Settings


async def children(clinic: Clinic, clock: FrozenClock) -> tuple[Visit, Visit]:
    """Eetu at 09:20 and Inka at 10:00, in one SMS that is in the outbox."""
    eetu = await booked(clinic, clock, EETU)
    inka = await booked(clinic, clock, INKA, "2026-12-03T10:00+02:00")
    await tick(clock, SMS_DUE)
    return eetu, inka


async def named(clock: FrozenClock) -> list[str]:
    return [visit.first_name for visit in (await speech(await only_reminder(), now=clock.now())).visits]


async def matter(clock: FrozenClock) -> Matter:
    """What the deliverer is told when the row is its turn."""
    settings = Settings(data=Path("/nowhere"), demo=True)
    [row] = [
        row
        for row in await outbox.claim(10, channel="sms", now=clock.now(), real=clock.real())
        if row.kind == "reminder"
    ]
    return await matter_of(row, settings, now=clock.now())


async def test_visits_of_the_day_by_their_start(clinic: Clinic, clock: FrozenClock) -> None:
    await children(clinic, clock)

    assert await named(clock) == ["Eetu", "Inka"]
    assert [visit.first_name for visit in (await matter(clock)).visits] == ["Eetu", "Inka"]


async def test_naming_them_again_says_the_same(clinic: Clinic, clock: FrozenClock) -> None:
    """Mail that was cut off while sending is sent again."""
    await children(clinic, clock)

    assert await named(clock) == await named(clock) == ["Eetu", "Inka"]


async def test_a_visit_that_was_moved_meanwhile_is_left_out(clinic: Clinic, clock: FrozenClock) -> None:
    eetu, _inka = await children(clinic, clock)
    await service.move(staff(clock), clinic, eetu.id, a_wish(clinic, "2026-12-10T09:20+02:00", by="sanna"))

    assert await named(clock) == ["Inka"]
    assert [row[4:] for row in await steps(of=eetu)] == [("dropped", "the visit was moved")]


async def test_a_visit_that_was_cancelled_for_good_is_left_out(clinic: Clinic, clock: FrozenClock) -> None:
    eetu, _inka = await children(clinic, clock)
    await service.cancel(staff(clock), clinic, eetu.id)
    clock.advance(minutes=10)

    assert await named(clock) == ["Inka"]
    assert [row[4:] for row in await steps(of=eetu)] == [("dropped", "the visit was cancelled")]


async def test_while_a_cancellation_may_be_undone_the_step_waits_and_then_goes_alone(
    clinic: Clinic, clock: FrozenClock
) -> None:
    eetu, _inka = await children(clinic, clock)
    await service.cancel(staff(clock), clinic, eetu.id)
    first = await named(clock)
    await service.undo_cancel(an_act(clock), clinic, eetu.id)
    clock.advance(minutes=9)
    await tick(clock)
    meanwhile = await states(eetu)
    clock.advance(minutes=1)
    await tick(clock)

    assert (first, meanwhile) == (["Inka"], [("one_day", "waiting")])
    assert [people for *_to, people in await reminders()] == [["Inka"], ["Eetu"]]


async def test_when_nobody_undoes_it_the_step_is_dropped(clinic: Clinic, clock: FrozenClock) -> None:
    eetu, _inka = await children(clinic, clock)
    await service.cancel(staff(clock), clinic, eetu.id)
    await named(clock)
    clock.advance(minutes=10)
    await tick(clock)

    assert await states(eetu) == [("one_day", "dropped")]
    assert len(await reminders()) == 1


async def test_a_message_without_visits_is_skipped(clinic: Clinic, clock: FrozenClock) -> None:
    for visit in await children(clinic, clock):
        await service.cancel(staff(clock), clinic, visit.id)

    assert await matter(clock) == Matter(skip="no visit is left to remind of now")


async def test_a_contact_that_was_changed_is_not_told_through_the_old_one(clinic: Clinic, clock: FrozenClock) -> None:
    eetu, _inka = await children(clinic, clock)
    await fetch("UPDATE booking SET phone = '+358407654321' WHERE id = {} RETURNING id", eetu.id)

    assert await named(clock) == ["Inka"]
    assert [row[4:] for row in await steps(of=eetu)] == [("waiting", "")]

    await tick(clock, SMS_DUE)
    assert sorted((to, who) for _, to, who in await reminders()) == [
        ("+358401234567", ["Inka"]),
        ("+358407654321", ["Eetu"]),
    ]


async def test_a_visit_without_a_contact_waits_for_one_until_it_begins(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock, EETU)
    await plan(clock.now())
    await fetch("UPDATE booking SET phone = '' WHERE id = {} RETURNING id", visit.id)
    await tick(clock, SMS_DUE)
    assert ([row[4:] for row in await steps(of=visit)], await reminders()) == ([("waiting", "")], [])

    await fetch("UPDATE booking SET phone = '+358407654321' WHERE id = {} RETURNING id", visit.id)
    await tick(clock, SMS_DUE)
    assert [to for _, to, _ in await reminders()] == ["+358407654321"]


async def test_a_visit_that_nobody_was_reached_about_is_done_with_when_it_begins(
    clinic: Clinic, clock: FrozenClock
) -> None:
    visit = await booked(clinic, clock, EETU)
    await plan(clock.now())
    await fetch("UPDATE booking SET phone = '' WHERE id = {} RETURNING id", visit.id)

    await tick(clock, "2026-12-03 09:20")

    assert [row[4:] for row in await steps(of=visit)] == [("dropped", "the visit was not reached this way")]


async def test_a_visit_that_has_begun_is_left_out(clinic: Clinic, clock: FrozenClock) -> None:
    await booked(clinic, clock, EETU)
    await booked(clinic, clock, INKA, "2026-12-03T13:00+02:00")
    await tick(clock, SMS_DUE)

    at_time(clock, "2026-12-03 09:20")

    assert await named(clock) == ["Inka"]


@pytest.mark.parametrize(
    ("late", "said", "state"),
    [
        ("2026-12-02 19:59", ["Eetu"], "taken"),
        ("2026-12-02 20:00", [], "waiting"),
        ("2026-12-03 07:59", [], "missed"),
        ("2026-12-03 08:05", ["Eetu"], "taken"),
    ],
)
async def test_a_gateway_that_was_down_all_evening_wakes_nobody(
    clinic: Clinic, clock: FrozenClock, late: str, said: list[str], state: str
) -> None:
    """At eight in the morning there are two hours to the visit at ten, and an hour later it would be too late."""
    eetu = await booked(clinic, clock, EETU, "2026-12-03T10:00+02:00")
    await tick(clock, "2026-12-02 10:00")
    if state == "missed":
        await fetch(
            "UPDATE booking SET starts_at = {} WHERE id = {} RETURNING id", the_time("2026-12-03 09:40"), eetu.id
        )

    at_time(clock, late)

    assert await named(clock) == said
    assert await states(eetu) == [("one_day", state)]


async def test_a_reminder_that_the_gateway_never_took_is_reported_as_missed(clinic: Clinic, clock: FrozenClock) -> None:
    await booked(clinic, clock, EETU, "2026-12-03T10:00+02:00")
    await tick(clock, "2026-12-02 10:00")
    since = clock.now()
    at_time(clock, "2026-12-03 08:59")
    before = (await outbox.expire(repeatable=(), now=clock.now(), real=clock.real()), await missed_since(since))
    at_time(clock, "2026-12-03 09:00")
    after = (await outbox.expire(repeatable=(), now=clock.now(), real=clock.real()), await missed_since(since))

    assert (before, after) == ((0, 0), (1, 1))
    assert await missed_since(clock.now() + timedelta(seconds=1)) == 0


async def test_what_the_night_held_up_leaves_in_the_morning_as_another_message(
    clinic: Clinic, clock: FrozenClock
) -> None:
    await booked(clinic, clock, EETU, "2026-12-03T15:20+02:00")
    await tick(clock, "2026-12-02 15:20")
    await named(at_time(clock, "2026-12-02 22:00"))
    await tick(clock, "2026-12-03 07:59")
    night = len(await reminders())
    await tick(clock, "2026-12-03 08:00")

    assert (night, [people for *_to, people in await reminders()]) == (1, [[], ["Eetu"]])


async def test_delivery_may_reach_a_few_minutes_into_quiet_hours(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock, EETU, "2026-12-03T08:00+02:00")
    await fetch("UPDATE booking SET starts_at = {} WHERE id = {} RETURNING id", the_time("2026-12-04 07:30"), visit.id)
    await tick(clock, "2026-12-02 19:59")
    clock.advance(minutes=15)
    in_time = await named(clock)
    clock.advance(minutes=1)

    assert (in_time, await named(clock)) == (["Eetu"], [])
    assert clock.now() == the_time("2026-12-02 19:59") + timedelta(minutes=16)


async def test_a_visit_of_the_next_hour_is_missed_and_the_later_one_of_the_day_is_still_told(
    clinic: Clinic, clock: FrozenClock
) -> None:
    await children(clinic, clock)
    at_time(clock, "2026-12-03 08:50")

    assert await named(clock) == ["Inka"]
    assert [(name, state) for name, *_rest, state, _reason in await steps()] == [("Eetu", "missed"), ("Inka", "taken")]
