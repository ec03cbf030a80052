"""Somebody who wants no reminders gets none, from the moment that they say so; everything else still reaches them."""

from dataclasses import replace

from tests.db.booking.acts import ANNA, staff
from tests.db.reminders.acts import EETU, INKA, SMS_DUE, at_time, booked, only_reminder, reminders, steps, tick
from turnet.booking.model import Visit
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.transactions import fetch
from turnet.patients.service import agree
from turnet.reminders.service import speech
from turnet.reminders.steps import REFUSED

PHONE_ONLY = replace(ANNA, email="")


async def says(clock: FrozenClock, visit: Visit, *, yes: bool) -> None:
    await agree(staff(clock), visit.patient, "reminders", given=yes)


async def fates(visit: Visit) -> list[tuple[str, str]]:
    return [tuple(row[4:]) for row in await steps(of=visit)]  # type: ignore[misc]


async def test_a_refusal_before_it_is_due_sends_nothing(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock, PHONE_ONLY)
    await tick(clock)
    await says(clock, visit, yes=False)
    assert await fates(visit) == [("waiting", "")]

    await tick(clock, SMS_DUE)

    assert await reminders() == []
    assert await fates(visit) == [("dropped", REFUSED)]
    assert await fetch("SELECT kind FROM message WHERE kind = 'booking_confirmed'") == [("booking_confirmed",)]


async def test_a_change_of_mind_before_it_is_due_sends_it(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock, PHONE_ONLY)
    await says(clock, visit, yes=False)
    await tick(clock)
    clock.advance(minutes=1)
    await says(clock, visit, yes=True)

    await tick(clock, SMS_DUE)

    assert len(await reminders()) == 1


async def test_a_refusal_after_it_was_put_into_the_outbox_stops_it(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock, PHONE_ONLY)
    await tick(clock, SMS_DUE)
    await says(clock, visit, yes=False)

    assert (await speech(await only_reminder(), now=clock.now())).visits == ()
    assert await fates(visit) == [("dropped", REFUSED)]


async def test_one_child_refused_leaves_the_other_in_the_familys_message(clinic: Clinic, clock: FrozenClock) -> None:
    eetu = await booked(clinic, clock, EETU)
    inka = await booked(clinic, clock, INKA, "2026-12-03T10:00+02:00")
    await says(clock, inka, yes=False)

    await tick(clock, SMS_DUE)
    named = (await speech(await only_reminder(), now=clock.now())).visits

    assert [visit.id for visit in named] == [eetu.id]
    await tick(at_time(clock, "2026-12-02 10:00"))
    assert await fates(inka) == [("dropped", REFUSED)]


async def test_control_without_a_refusal_it_goes(clinic: Clinic, clock: FrozenClock) -> None:
    await booked(clinic, clock, PHONE_ONLY)
    await tick(clock, SMS_DUE)

    assert len(await reminders()) == 1
