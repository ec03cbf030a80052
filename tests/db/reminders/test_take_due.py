"""What goes into the outbox, when, and as how many messages."""

import logging
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from tests.db.booking.acts import ANNA, OMAR, a_wish, an_act, staff
from tests.db.reminders.acts import (
    EETU,
    INKA,
    LONG_BEFORE,
    MAIL_DUE,
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
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock, minute
from turnet.db.transactions import fetch
from turnet.messaging import outbox
from turnet.metrics import REMINDERS_MISSED
from turnet.reminders import service as reminding
from turnet.reminders.queries import missed_since, next_due
from turnet.reminders.rules import FOLLOWED
from turnet.reminders.steps import TOO_LATE

MAIL = ("email", "anna@mail.example", ["Anna"])
SMS = ("sms", "+358401234567", ["Anna"])


# --- one visit


async def test_nothing_leaves_before_it_is_due_and_then_one_message(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock)
    await tick(clock, "2026-12-01 09:19")
    early = await reminders()
    await tick(clock, MAIL_DUE)

    assert (early, await reminders()) == ([], [MAIL])
    [row] = await fetch(
        "SELECT state, language, booking, sequence, facts, dedupe, due_at, not_after FROM message "
        "WHERE kind = 'reminder'"
    )
    due, contact = the_time(MAIL_DUE), sha256(visit.email.encode()).hexdigest()[:12]
    dedupe = f"reminder:{visit.id}:1:two_days:email:{minute(due)}:{contact}"
    assert row == (
        "queued", "fi", visit.id, 0, '{"rule": "two_days"}', dedupe, due, visit.starts_at - timedelta(hours=1),
    )  # fmt: skip


async def test_a_visits_two_reminders(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock)
    for when in (MAIL_DUE, "2026-12-01 20:30", "2026-12-02 09:19", SMS_DUE, "2026-12-03 09:00"):
        await tick(clock, when)

    assert await reminders() == [MAIL, SMS]
    assert await states(visit) == [("two_days", "taken"), ("one_day", "taken")]


async def test_a_visit_that_was_cancelled_a_second_before_sends_nothing(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock)
    await tick(clock)
    at_time(clock, MAIL_DUE).advance(seconds=-1)
    await service.cancel(an_act(clock), clinic, visit.id)
    for when in (MAIL_DUE, "2026-12-01 09:30", SMS_DUE):
        await tick(clock, when)

    assert await reminders() == []


async def test_a_cancellation_undone_after_it_was_due_sends_it_then(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock)
    await tick(clock)
    await service.cancel(an_act(at_time(clock, "2026-12-01 09:15")), clinic, visit.id)
    await tick(clock, MAIL_DUE)
    meanwhile = await reminders()
    await service.undo_cancel(an_act(at_time(clock, "2026-12-01 09:24")), clinic, visit.id)
    await tick(clock)

    assert (meanwhile, await reminders()) == ([], [MAIL])


async def test_a_moved_visit_is_reminded_of_once_at_its_new_time(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock)
    await tick(clock)
    wish = a_wish(clinic, "2026-12-04T13:00+02:00", by="sanna")
    await service.move(staff(at_time(clock, "2026-11-30 12:00")), clinic, visit.id, wish)
    for when in (MAIL_DUE, "2026-12-02 12:59"):
        await tick(clock, when)
    before = await reminders()
    for when in ("2026-12-02 13:00", "2026-12-03 13:00"):
        await tick(clock, when)

    assert (before, await reminders()) == ([], [MAIL, SMS])


async def test_a_visit_moved_after_its_reminder_has_new_ones(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock)
    await tick(clock, MAIL_DUE)
    wish = a_wish(clinic, "2026-12-10T09:20+02:00", by="sanna")
    await service.move(staff(clock), clinic, visit.id, wish)
    for when in (SMS_DUE, "2026-12-08 09:20", "2026-12-09 09:20"):
        await tick(clock, when)

    assert await reminders() == [MAIL, MAIL, SMS]


async def test_a_clock_that_goes_back_and_forth_sends_nothing_twice(clinic: Clinic, clock: FrozenClock) -> None:
    await booked(clinic, clock)
    for when in (MAIL_DUE, "2026-11-30 09:00", MAIL_DUE, SMS_DUE, "2026-12-01 12:00", SMS_DUE, "2026-12-02 12:00"):
        await tick(clock, when)

    assert await reminders() == [MAIL, SMS]


# --- a family


async def family(clinic: Clinic, clock: FrozenClock, **eetu: str) -> None:
    await booked(clinic, clock, replace(ANNA, email=""), "2026-12-03T09:40+02:00")
    await booked(clinic, clock, replace(EETU, **eetu), "2026-12-03T09:20+02:00", by="pekka")
    await booked(clinic, clock, INKA, "2026-12-03T13:00+02:00")


async def test_three_visits_on_one_telephone_are_one_sms_when_the_first_is_due(
    clinic: Clinic, clock: FrozenClock
) -> None:
    await family(clinic, clock)
    for when in ("2026-12-02 09:20", "2026-12-02 09:40", "2026-12-02 13:00"):
        await tick(clock, when)

    assert await reminders() == [("sms", "+358401234567", ["Eetu", "Anna", "Inka"])]
    [(first, not_after)] = await fetch("SELECT booking, not_after FROM message WHERE kind = 'reminder'")
    assert [name for name, *_rest in await steps()][first - 1] == "Eetu", "the first visit of the day"
    assert not_after == the_time("2026-12-03 12:00"), "an hour before the last one: each is looked at when it leaves"


@pytest.mark.parametrize("other", [{"language": "en"}, {"phone": "+358407654321"}])
async def test_another_language_or_telephone_is_another_sms(
    clinic: Clinic, clock: FrozenClock, other: dict[str, str]
) -> None:
    await family(clinic, clock, **other)
    await tick(clock, SMS_DUE)
    await tick(clock, "2026-12-02 09:40")

    assert [people for *_to, people in await reminders()] == [["Eetu"], ["Anna", "Inka"]]


async def test_another_day_is_another_sms(clinic: Clinic, clock: FrozenClock) -> None:
    await booked(clinic, clock, EETU, "2026-12-03T15:20+02:00")
    await booked(clinic, clock, INKA, "2026-12-04T08:00+02:00")
    await tick(clock, "2026-12-02 15:20")
    await tick(clock, "2026-12-03 08:00")

    assert [people for *_to, people in await reminders()] == [["Eetu"], ["Inka"]]


async def test_mails_to_one_address_go_together_too_and_apart_from_the_sms(clinic: Clinic, clock: FrozenClock) -> None:
    await booked(clinic, clock, ANNA)
    await booked(clinic, clock, replace(EETU, email=ANNA.email), "2026-12-03T09:40+02:00", by="pekka")
    await tick(clock, MAIL_DUE)
    await tick(clock, SMS_DUE)

    assert await reminders() == [
        ("email", "anna@mail.example", ["Anna", "Eetu"]), ("sms", "+358401234567", ["Anna", "Eetu"]),
    ]  # fmt: skip


async def test_who_of_a_family_cancelled_is_left_out(clinic: Clinic, clock: FrozenClock) -> None:
    await family(clinic, clock)
    await tick(clock, "2026-12-01 12:00")
    await service.cancel(staff(clock), clinic, 3)
    await tick(clock, SMS_DUE)

    assert [people for *_to, people in await reminders()] == [["Eetu", "Anna"]]


async def test_strangers_are_told_apart(clinic: Clinic, clock: FrozenClock) -> None:
    await booked(clinic, clock, ANNA)
    await booked(clinic, clock, OMAR, by="pekka")
    await tick(clock, MAIL_DUE)

    assert [(to, people) for _channel, to, people in await reminders()] == [
        ("anna@mail.example", ["Anna"]), ("omar@mail.example", ["Omar"]),
    ]  # fmt: skip


# --- a server that was down


async def test_down_for_three_hours_it_goes_when_the_server_is_back(clinic: Clinic, clock: FrozenClock) -> None:
    await booked(clinic, clock)
    await tick(clock, "2026-12-01 09:00")
    await tick(clock, "2026-12-01 12:20")

    assert await reminders() == [MAIL]
    assert await missed_since(the_time(LONG_BEFORE)) == 0


async def test_down_for_three_days_what_is_of_no_use_is_missed_and_reported(
    clinic: Clinic, clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    visit = await booked(clinic, clock)
    await booked(clinic, clock, OMAR, "2026-12-04T09:20+02:00")
    await tick(clock, "2026-12-01 09:00")
    counted = REMINDERS_MISSED._value.get()
    with caplog.at_level(logging.WARNING, "turnet.reminders"):
        await tick(clock, "2026-12-03 07:50")
        await tick(clock, "2026-12-03 08:00")

    assert await states(visit) == [("two_days", "dropped"), ("one_day", "missed")]
    assert [row[5] for row in await steps(of=visit)] == [FOLLOWED, TOO_LATE]
    assert [people for *_to, people in await reminders()] == [["Omar"]], "whose visit is tomorrow"
    assert REMINDERS_MISSED._value.get() - counted == 1
    assert [(record.getMessage(), vars(record)["missed"]) for record in caplog.records] == [
        ("reminders would have come too late", 1)
    ]
    at = the_time("2026-12-03 07:50")
    assert (await missed_since(at), await missed_since(at + timedelta(seconds=1))) == (1, 0)


async def test_of_two_overdue_reminders_only_the_later_goes(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock)
    await tick(clock, "2026-12-01 09:00")
    await tick(clock, "2026-12-02 12:00")

    assert await reminders() == [SMS]
    assert (await steps(of=visit))[0][3:] == ("Tue 09:20", "dropped", FOLLOWED)


async def test_a_late_reminder_gives_way_to_one_that_is_due_within_the_hour(clinic: Clinic, clock: FrozenClock) -> None:
    await booked(clinic, clock)
    await tick(clock, "2026-12-01 09:00")
    await tick(clock, "2026-12-02 08:20")
    meanwhile = await reminders()
    await tick(clock, SMS_DUE)

    assert (meanwhile, await reminders()) == ([], [SMS])


async def test_a_late_reminder_that_is_not_followed_soon_goes(clinic: Clinic, clock: FrozenClock) -> None:
    await booked(clinic, clock)
    await tick(clock, "2026-12-01 09:00")
    await tick(clock, "2026-12-02 08:19")

    assert await reminders() == [MAIL]


async def test_a_late_reminder_waits_for_the_morning(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock)
    await tick(clock, "2026-12-01 09:00")
    await tick(clock, "2026-12-01 22:00")
    night = (await reminders(), (await steps(of=visit))[0][3:])
    due = await next_due(clock.now(), clock.now() + timedelta(days=1))
    await tick(clock, "2026-12-02 08:00")

    assert night == ([], ("Wed 08:00", "waiting", ""))
    assert due == the_time("2026-12-02 08:00")
    assert await reminders() == [MAIL]


@pytest.mark.parametrize(("start", "fate"), [("09:59", "missed"), ("10:00", "waiting")])
async def test_a_late_reminder_that_the_morning_makes_useless_is_missed(
    clinic: Clinic, clock: FrozenClock, start: str, fate: str
) -> None:
    """From 08:00 on there must be two hours to the visit."""
    visit = await booked(clinic, clock, EETU)
    starts_at = the_time(f"2026-12-03 {start}")
    await fetch("UPDATE booking SET starts_at = {} WHERE id = {} RETURNING id", starts_at, visit.id)
    await tick(clock, "2026-12-02 09:00")
    await tick(clock, "2026-12-02 21:00")

    assert await states(visit) == [("one_day", fate)]
    assert await reminders() == []


async def test_a_late_reminder_waits_until_the_day_of_rest_is_over(clinic: Clinic, clock: FrozenClock) -> None:
    await booked(clinic, clock, start="2026-12-08T09:20+02:00")
    await tick(clock, "2026-12-05 12:00")
    at_noon_on_sunday = await fetch("SELECT due_at FROM step WHERE rule = 'two_days'")
    await tick(clock, "2026-12-06 12:00")

    assert at_noon_on_sunday == [(the_time("2026-12-05 19:59"),)]
    assert await fetch("SELECT due_at, state FROM step WHERE rule = 'two_days'") == [
        (the_time("2026-12-07 08:00"), "waiting")
    ]


async def test_a_visit_that_began_while_the_server_was_down_was_missed(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock, EETU)
    await tick(clock, "2026-12-02 09:00")
    await tick(clock, "2026-12-05 09:00")

    assert await states(visit) == [("one_day", "missed")]


# --- bad moments


class Killed(BaseException):
    """Nothing catches it, as nothing catches a signal."""


@pytest.mark.parametrize("protected", [True, False], ids=["protected", "control"])
async def test_a_process_killed_before_the_commit_has_written_nothing_and_the_next_one_sends_it(
    clinic: Clinic, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, protected: bool
) -> None:
    """The control writes without a transaction: a message that names nobody is left behind."""
    await booked(clinic, clock)
    await tick(clock)
    at_time(clock, MAIL_DUE)

    async def killed(sql: str, *args: Any) -> list[tuple[Any, ...]]:
        if sql.startswith("UPDATE step SET state = 'taken'"):
            raise Killed
        return await fetch(sql, *args)

    with monkeypatch.context() as patched:
        patched.setattr(reminding, "fetch", killed)
        if not protected:
            patched.setattr(reminding, "attempt", lambda work: work())
        with pytest.raises(Killed):
            await reminding.take_due(clock.now())
    left = await reminders()
    await tick(clock)

    assert left == ([] if protected else [("email", "anna@mail.example", [])])
    assert await reminders() == [MAIL]


async def test_a_process_killed_after_the_commit_leaves_a_message_that_is_delivered(
    clinic: Clinic, clock: FrozenClock
) -> None:
    visit = await booked(clinic, clock)
    await tick(clock, MAIL_DUE)

    claimed = await outbox.claim(10, channel="email", now=clock.now(), real=clock.real())
    [row] = [row for row in claimed if row.kind == "reminder"]
    assert row.id == await only_reminder()
    assert [one.id for one in (await reminding.speech(row.id, now=clock.now())).visits] == [visit.id]


async def test_a_visit_that_has_begun_by_its_state_is_not_taken(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock)
    await tick(clock)
    await fetch("UPDATE booking SET state = {} WHERE id = {} RETURNING id", State.NO_SHOW.value, visit.id)

    await reminding.take_due(at_time(clock, MAIL_DUE).now())

    assert await reminders() == []
