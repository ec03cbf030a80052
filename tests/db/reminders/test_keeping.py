"""Rounds are added, changed, switched and removed; what waits of them follows, and nobody is flooded."""

from dataclasses import replace

import pytest

from tests.db.booking.acts import an_act, staff
from tests.db.reminders.acts import (
    EETU,
    LONG_BEFORE,
    MAIL_DUE,
    SMS_DUE,
    at_time,
    booked,
    reminders,
    states,
    steps,
    tick,
)
from tests.db.reminders.test_rounds import fate, sent
from turnet.booking.model import Act
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.transactions import fetch
from turnet.errors import Invalid, NotAllowed, NotFound, NotYours, Stale
from turnet.reminders import keeping
from turnet.reminders.model import Round, RoundKind
from turnet.reminders.queries import round_named, rounds
from turnet.reminders.rules import STARTED_LATER
from turnet.reminders.steps import OFF
from turnet.staff.model import Role

SAME_MORNING = Round("", RoundKind.REMINDER, ("sms",), days=-1, at_minute=8 * 60 + 30)


def owner(clock: FrozenClock) -> Act:
    act = staff(clock)
    assert act.staff is not None
    return replace(act, staff=replace(act.staff, role=Role.OWNER))


async def switched(clinic: Clinic, clock: FrozenClock, name: str, *, on: bool) -> None:
    version = (await round_named(name)).version
    await keeping.switch(owner(clock), clinic, name, on=on, version=version, hears=True)


async def test_what_was_always_sent_is_there_and_the_rest_is_off(clinic: Clinic) -> None:
    assert [(one.name, one.kind.value, one.active) for one in await rounds()] == [
        ("two_days", "reminder", True), ("one_day", "reminder", True), ("instructions", "instructions", False),
        ("checkin", "checkin", False), ("aftercare", "aftercare", False), ("feedback", "feedback", False),
    ]  # fmt: skip


async def test_a_round_of_ones_own_is_sent_as_it_says_beside_the_others(clinic: Clinic, clock: FrozenClock) -> None:
    service = clinic.services["check-up"].id
    made = await keeping.add(owner(clock), clinic, replace(SAME_MORNING, days=-3, service=service), hears=False)
    visit = await booked(clinic, clock, EETU)
    await tick(clock, "2026-11-30 08:30")

    assert (made.position, made.version, made.built_in) == (7, 1, False)
    assert await states(visit) == [(made.name, "taken"), ("one_day", "waiting")]


@pytest.mark.parametrize(
    ("now", "goes"), [("2026-12-02 12:00", "dropped"), ("2026-12-02 07:00", "waiting")], ids=["past", "to come"]
)
async def test_switching_on_writes_only_to_visits_whose_time_is_still_to_come(
    clinic: Clinic, clock: FrozenClock, now: str, goes: str
) -> None:
    visit = await booked(clinic, clock, EETU)
    await switched(clinic, clock, "one_day", on=False)
    await tick(clock)
    await switched(clinic, at_time(clock, now), "one_day", on=True)
    await tick(clock)
    await tick(clock)

    assert await fate(visit, "one_day") == (goes, STARTED_LATER if goes == "dropped" else "")
    assert await reminders() == []


async def test_switching_off_lets_go_what_waits_and_on_again_brings_it_back(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock, EETU)
    await tick(clock)
    await switched(clinic, clock, "one_day", on=False)
    off = await fate(visit, "one_day")
    await tick(clock, "2026-12-01 12:00")
    await switched(clinic, clock, "one_day", on=True)
    await tick(clock)

    assert (off, await fate(visit, "one_day")) == (("dropped", OFF), ("waiting", ""))


async def test_a_step_made_by_somebody_who_had_not_heard_is_let_go_too(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock, EETU)
    await tick(clock)
    await fetch("UPDATE message_round SET active = {} WHERE name = 'one_day'", False)
    await tick(clock)

    assert await fate(visit, "one_day") == ("dropped", OFF)


async def test_another_time_is_the_time_of_what_waits(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock, EETU)
    await tick(clock)
    await keeping.change(owner(clock), clinic, replace(await round_named("one_day"), at_minute=1020), hears=False)
    changed = await steps(of=visit)
    await tick(at_time(clock, LONG_BEFORE))

    assert [row[2:5] for row in changed] == [("one_day", "Wed 17:00", "waiting")]
    assert await steps(of=visit) == changed


async def test_what_was_sent_by_one_channel_is_not_sent_by_another_because_it_was_changed(
    clinic: Clinic, clock: FrozenClock
) -> None:
    await booked(clinic, clock)
    await tick(clock, MAIL_DUE)
    await keeping.change(owner(clock), clinic, replace(await round_named("two_days"), channels=("sms",)), hears=False)
    await tick(clock)

    assert [channel for channel, *_rest in await reminders()] == ["email"]


async def test_a_reminder_made_earlier_by_a_change_goes_now_if_it_had_waited(
    clinic: Clinic, clock: FrozenClock
) -> None:
    await booked(clinic, clock, EETU)
    await tick(clock, "2026-12-01 12:00")
    await keeping.change(owner(clock), clinic, replace(await round_named("one_day"), days=-3), hears=False)
    await tick(clock)

    assert [row[2] for row in await reminders()] == [["Eetu"]]


async def test_a_wider_round_leaves_alone_whose_time_is_past(clinic: Clinic, clock: FrozenClock) -> None:
    here = clinic.locations["hervanta"].id
    await keeping.change(owner(clock), clinic, replace(await round_named("one_day"), location=here), hears=False)
    visit = await booked(clinic, clock, EETU)
    await tick(clock, "2026-12-02 12:00")
    narrow = await states(visit)
    await keeping.change(owner(clock), clinic, replace(await round_named("one_day"), location=None), hears=False)
    await tick(clock)

    assert (narrow, await fate(visit, "one_day"), await reminders()) == ([], ("dropped", STARTED_LATER), [])


async def test_a_removed_round_sends_no_more_and_what_it_sent_stays(clinic: Clinic, clock: FrozenClock) -> None:
    made = await keeping.add(owner(clock), clinic, replace(SAME_MORNING, days=-2), hears=False)
    sooner, later = await booked(clinic, clock, EETU), await booked(clinic, clock, EETU, "2026-12-04T13:00+02:00")
    await tick(clock, "2026-12-01 08:30")
    await keeping.remove(owner(clock), made.name, version=1)
    await tick(clock, SMS_DUE)

    assert (await fate(sooner, made.name), await fate(later, made.name)) == (("taken", ""), ("dropped", OFF))
    assert [one.name for one in await rounds()][-1] == "feedback"


async def test_refused(clinic: Clinic, clock: FrozenClock) -> None:
    was, act = await round_named("one_day"), owner(clock)
    await keeping.change(act, clinic, replace(was, days=-2), hears=False)

    with pytest.raises(Stale):
        await keeping.change(act, clinic, replace(was, days=-3), hears=False)
    with pytest.raises(NotAllowed):
        await keeping.remove(act, "one_day", version=2)
    with pytest.raises(NotFound):
        await keeping.remove(act, "nobody", version=1)
    for nobody in (an_act(clock), staff(clock)):
        with pytest.raises(NotYours):
            await keeping.add(nobody, clinic, SAME_MORNING, hears=False)
    assert (await round_named("one_day")).days == -2


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"days": 0}, "when", "not_before"),
        ({"days": 1}, "when", "not_before"),
        ({"days": -31}, "when", "out_of_range"),
        ({"days": 0, "minutes": -1441}, "when", "out_of_range"),
        ({"days": -1, "at_minute": 1440}, "when", "out_of_range"),
        ({"kind": RoundKind.CHECKIN, "days": -1}, "when", "checkin_hours"),
        ({"kind": RoundKind.CHECKIN, "days": 0, "minutes": -181}, "when", "checkin_hours"),
        ({"kind": RoundKind.FEEDBACK}, "when", "not_after"),
        ({"channels": ()}, "channels", "required"),
        ({"channels": ("pigeon",)}, "channels", "unknown"),
        ({"fallback": True}, "fallback", "needs_two"),
        ({"answers": True}, "answers", "unheard"),
        ({"answers": True, "channels": ("email",)}, "answers", "no_question"),
        ({"kind": RoundKind.INSTRUCTIONS, "answers": True}, "answers", "no_question"),
        ({"location": 99}, "location", "unknown"),
        ({"kind": RoundKind.OFFER}, "text", "required"),
        ({"kind": RoundKind.OFFER, "days": 0, "text": {"en": "Now."}}, "when", "not_before"),
        ({"kind": RoundKind.OFFER, "text": {"en": "x" * 401}}, "text", "too_long"),
    ],
)
async def test_what_no_round_can_be(
    clinic: Clinic, clock: FrozenClock, changes: dict[str, object], field: str, code: str
) -> None:
    wanted = replace(Round("", RoundKind.REMINDER, ("sms",), days=-1), **changes)  # type: ignore[arg-type]

    with pytest.raises(Invalid) as refused:
        await keeping.add(owner(clock), clinic, wanted, hears=False)

    assert refused.value.fields == {field: code}
    assert len(await rounds()) == 6


async def test_feedback_switched_on_asks_about_yesterday_only_if_its_time_is_to_come(
    clinic: Clinic, clock: FrozenClock
) -> None:
    """Wednesday's visit would be asked about on Thursday at noon, Tuesday's was on Wednesday."""
    await booked(clinic, clock, EETU, "2026-12-01T09:20+02:00")
    await booked(clinic, clock, EETU, "2026-12-02T09:20+02:00")
    await fetch("UPDATE booking SET state = 'done'")
    await switched(clinic, at_time(clock, "2026-12-03 10:00"), "feedback", on=True)
    await tick(clock, "2026-12-03 12:00")
    await tick(clock, "2026-12-03 13:00")

    assert await sent("feedback") == [("sms", ["Eetu"])]
    assert [row[5] for row in await steps() if row[2] == "feedback"] == [STARTED_LATER, ""]
