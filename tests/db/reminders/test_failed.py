"""A reminder that failed goes again once the visit is reached another way."""

from dataclasses import replace

import pytest

from tests.db.booking.acts import ANNA, staff
from tests.db.reminders.acts import EETU, MAIL_DUE, SMS_DUE, at_time, booked, reminders, states, tick
from turnet.booking import service
from turnet.booking.model import Visit
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.transactions import fetch

RIGHT = "+358401111111"
BY_SMS = ("sms", EETU.phone, ["Eetu"])


async def failed(clock: FrozenClock) -> None:
    """What the gateway said of every reminder so far."""
    await fetch("UPDATE message SET state = 'failed', finished_at = {} WHERE kind = 'reminder'", clock.now())


async def corrected(clinic: Clinic, clock: FrozenClock, visit: Visit, phone: str = RIGHT, email: str = "") -> None:
    await service.recontact(staff(clock), clinic, visit.id, phone=phone, email=email)


async def wrong_number(clinic: Clinic, clock: FrozenClock, start: str = "2026-12-03T09:20+02:00") -> Visit:
    """Of a visit at 09:20 on Thursday; its SMS failed a day before."""
    visit = await booked(clinic, clock, EETU, start)
    await tick(clock, SMS_DUE)
    await failed(clock)
    return visit


async def test_it_goes_to_the_number_that_was_put_right(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await wrong_number(clinic, clock)
    await tick(clock)
    assert await states(visit) == [("one_day", "taken")]
    clock.advance(minutes=30)
    await corrected(clinic, clock, visit)
    await tick(clock)
    await tick(clock)

    assert await states(visit) == [("one_day", "taken")]
    [first, again] = await reminders()
    assert (first[1], again) == (EETU.phone, ("sms", RIGHT, ["Eetu"]))


async def test_to_the_same_number_it_does_not_go_twice(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await wrong_number(clinic, clock)
    await service.recontact(staff(clock), clinic, visit.id, phone=EETU.phone, email="anna@mail.example")
    await tick(clock)

    assert len([one for one in await reminders() if one[0] == "sms"]) == 1


async def test_one_that_did_not_fail_does_not_go_twice(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock, EETU)
    await tick(clock, SMS_DUE)
    await fetch("UPDATE message SET state = 'delivered' WHERE kind = 'reminder'")
    await corrected(clinic, clock, visit)
    await tick(clock)

    assert await reminders() == [BY_SMS]


async def test_it_waits_until_quiet_hours_are_over(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock, EETU, "2026-12-03T13:00+02:00")
    await tick(clock, "2026-12-02 13:00")
    await failed(clock)
    at_time(clock, "2026-12-02 21:00")
    await corrected(clinic, clock, visit)
    await tick(clock)
    assert (await states(visit), len(await reminders())) == ([("one_day", "waiting")], 1)
    await tick(clock, "2026-12-03 08:00")

    assert [to for _channel, to, _people in await reminders()] == [EETU.phone, RIGHT]


@pytest.mark.parametrize("when", ["2026-12-02 21:00", "2026-12-03 08:00"])
async def test_in_the_last_two_hours_it_stays_failed(clinic: Clinic, clock: FrozenClock, when: str) -> None:
    """At night the first calm minute would be too late for a visit at 09:20, too."""
    visit = await wrong_number(clinic, clock)
    at_time(clock, when)
    await corrected(clinic, clock, visit)
    await tick(clock)
    await tick(clock, "2026-12-03 08:01")

    assert await states(visit) == [("one_day", "taken")]
    assert await reminders() == [BY_SMS]


async def test_mail_is_not_sent_after_the_text_message_that_followed_it(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock, replace(ANNA, email="wrong@mail.example"))
    await tick(clock, MAIL_DUE)
    await failed(clock)
    await tick(clock, SMS_DUE)
    await corrected(clinic, clock, visit, ANNA.phone, "anna@mail.example")
    await tick(clock)

    assert [to for _channel, to, _people in await reminders()] == ["wrong@mail.example", ANNA.phone]


async def test_of_two_that_failed_the_later_one_goes(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock, replace(ANNA, email="wrong@mail.example"))
    await tick(clock, MAIL_DUE)
    await tick(clock, SMS_DUE)
    await failed(clock)
    clock.advance(minutes=1)
    await corrected(clinic, clock, visit, RIGHT, "anna@mail.example")
    await tick(clock)

    assert [to for _channel, to, _people in await reminders()] == ["wrong@mail.example", ANNA.phone, RIGHT]
    assert await states(visit) == [("two_days", "dropped"), ("one_day", "taken")]
