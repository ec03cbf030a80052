"""Rounds beside the two reminders: other channels when one fails, check-ins, what goes after a visit, and consent."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.db.booking.acts import ANNA, an_act, staff
from tests.db.conversation.in_doubt import says_they_cannot
from tests.db.reminders.acts import (
    EETU,
    INKA,
    LONG_BEFORE,
    MAIL_DUE,
    SMS_DUE,
    at_time,
    booked,
    only_reminder,
    people,
    reminders,
    states,
    steps,
    the_time,
    tick,
)
from turnet.booking.model import Visit
from turnet.booking.service import confirm
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.conversation.meaning import Asked
from turnet.db.transactions import fetch
from turnet.feedback.model import PROTECTED
from turnet.messaging import outbox, refusals
from turnet.messaging.limits import SPENT
from turnet.messaging.matter import Matter, asking, matter_of
from turnet.messaging.texting import NOT_MOBILE
from turnet.patients.service import agree
from turnet.reminders import service
from turnet.reminders.queries import story
from turnet.reminders.rules import FOLDED
from turnet.reminders.service import foretold, speech
from turnet.reminders.steps import (
    CONFIRMED,
    IN_DOUBT,
    NO_FEEDBACK,
    NO_OFFERS,
    NOT_COME,
    NOT_MARKED,
    NOTHING_ARRIVES,
    ONE_A_DAY,
    REFUSED,
    UNWRITTEN,
    VisitStep,
)
from turnet.settings import Settings

BY_MAIL, BY_SMS = ("email", "anna@mail.example", ["Anna"]), ("sms", "+358401234567", ["Anna"])
ALL = ("checkin", "instructions", "aftercare", "feedback")


async def on(*names: str, **more: Any) -> None:
    for name in names:
        await fetch("UPDATE message_round SET active = {} WHERE name = {}", True, name)
        for column, value in more.items():
            await fetch(f"UPDATE message_round SET {column} = {{}} WHERE name = {{}}", value, name)


async def sent(kind: str) -> list[tuple[str, list[str]]]:
    """(channel, people) of every message of a kind."""
    rows = await fetch("SELECT id, channel FROM message WHERE kind = {} ORDER BY due_at, dedupe", kind)
    return [(channel, await people(id)) for id, channel in rows]


async def fate(visit: Visit, rule: str) -> tuple[str, str]:
    [row] = await fetch("SELECT state, reason FROM step WHERE booking = {} AND rule = {}", visit.id, rule)
    return tuple(row)  # type: ignore[return-value]


async def becomes(visit: Visit, state: State) -> None:
    await fetch("UPDATE booking SET state = {} WHERE id = {} RETURNING id", state.value, visit.id)


async def failed(clock: FrozenClock, kind: str = "reminder") -> None:
    await fetch("UPDATE message SET state = 'failed', finished_at = {} WHERE kind = {}", clock.now(), kind)


async def matter(clock: FrozenClock, kind: str, channel: str = "sms", *, demo: bool = True) -> Matter:
    rows = await outbox.claim(20, channel=channel, now=clock.now(), real=clock.real())
    [row] = [row for row in rows if row.kind == kind]
    folder = Path(__file__)  # any file is a key
    settings = Settings(folder, demo=demo, base_url="https://times.tuomi.example", secret_file=str(folder))
    found = await matter_of(row, settings, now=clock.now())
    return found if found.skip else await asking(row, found, settings, now=clock.now())


# --- channels


async def test_the_first_channel_that_leads_to_somebody(clinic: Clinic, clock: FrozenClock) -> None:
    await on("two_days", channels="email,sms")
    await booked(clinic, clock)
    await booked(clinic, clock, EETU, by="pekka")
    await tick(clock, MAIL_DUE)

    assert await reminders() == [BY_MAIL, ("sms", "+358401234567", ["Eetu"])]


async def test_an_address_that_is_added_later_makes_no_second_step(clinic: Clinic, clock: FrozenClock) -> None:
    await on("two_days", channels="email,sms")
    visit = await booked(clinic, clock, EETU)
    await tick(clock)
    await fetch("UPDATE booking SET email = 'anna@mail.example' WHERE id = {}", visit.id)
    await on("checkin")
    await tick(clock)

    assert sorted(await states(visit)) == [("checkin", "dropped"), ("one_day", "waiting"), ("two_days", "waiting")]


@pytest.mark.parametrize("fallback", [True, False], ids=["fallback", "control"])
async def test_when_the_first_channel_fails_the_next_one_tries_once(
    clinic: Clinic, clock: FrozenClock, fallback: bool
) -> None:
    await on("two_days", channels="email,sms", fallback=fallback)
    await booked(clinic, clock)
    await tick(clock, MAIL_DUE)
    await failed(clock)
    for _again in range(3):
        clock.advance(minutes=5)
        await tick(clock)
        await failed(clock)

    assert await reminders() == ([BY_MAIL, BY_SMS] if fallback else [BY_MAIL])


async def test_of_a_family_that_failed_together_all_are_told_the_other_way(clinic: Clinic, clock: FrozenClock) -> None:
    await on("two_days", channels="email,sms", fallback=True)
    await booked(clinic, clock)
    await booked(clinic, clock, replace(EETU, email=ANNA.email), "2026-12-03T09:40+02:00", by="pekka")
    await tick(clock, MAIL_DUE)
    await failed(clock)
    await tick(clock)

    assert await reminders() == [("email", ANNA.email, ["Anna", "Eetu"]), ("sms", ANNA.phone, ["Anna", "Eetu"])]


async def test_too_late_for_the_other_way_it_stays_failed(clinic: Clinic, clock: FrozenClock) -> None:
    await on("one_day", channels="sms,email", fallback=True)
    await booked(clinic, clock)
    await tick(clock, SMS_DUE)
    await failed(at_time(clock, "2026-12-03 08:00"))
    await tick(clock)

    assert [row for row in await reminders() if row[0] == "email"] == []


@pytest.mark.parametrize("when", ["due", "leaving"])
async def test_where_nothing_arrives_the_next_channel_does_it(clinic: Clinic, clock: FrozenClock, when: str) -> None:
    await on("two_days", channels="email,sms")
    visit = await booked(clinic, clock)
    if when == "due":
        await refusals.suspend(visit.email, "bounced", now=clock.now())
    await tick(clock, MAIL_DUE)
    if when == "leaving":
        await refusals.suspend(visit.email, "bounced", now=clock.now())
        assert (await matter(clock, "reminder", "email")).visits == ()
    await tick(clock)

    assert [row for row in await reminders() if row[0] == "sms"] == [BY_SMS]
    assert [row[3:] for row in await steps(of=visit) if row[2] == "two_days"] == [
        ("Tue 09:20", "dropped", NOTHING_ARRIVES), ("Tue 09:20", "taken", ""),
    ]  # fmt: skip


async def test_without_another_channel_it_waits_for_another_contact(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await booked(clinic, clock, EETU)
    await refusals.suspend(visit.phone, "wrong_number", now=clock.now())
    await tick(clock, SMS_DUE)
    before = await states(visit)
    await fetch("UPDATE booking SET phone = '+358407654321' WHERE id = {}", visit.id)
    await tick(clock)

    assert (before, await reminders()) == ([("one_day", "waiting")], [("sms", "+358407654321", ["Eetu"])])


# --- who is left out


async def test_who_confirmed_is_not_asked_again_even_at_the_last_moment(clinic: Clinic, clock: FrozenClock) -> None:
    await on("one_day", only_unconfirmed=True)
    eetu, inka = await booked(clinic, clock, EETU), await booked(clinic, clock, INKA, "2026-12-03T10:00+02:00")
    await booked(clinic, clock, replace(EETU, name="Onni Virtanen"), "2026-12-03T10:40+02:00")
    await becomes(eetu, State.CONFIRMED)
    await tick(clock, SMS_DUE)
    await tick(clock, "2026-12-02 10:00")
    await becomes(inka, State.CONFIRMED)

    assert [row[2] for row in await reminders()] == [["Inka", "Onni"]]
    assert [one.first_name for one in (await speech(await only_reminder(), now=clock.now())).visits] == ["Onni"]
    assert (await fate(eetu, "one_day"), await fate(inka, "one_day")) == (("dropped", CONFIRMED),) * 2


async def test_a_refusal_of_the_telephone_stops_its_reminders_and_not_its_instructions(
    clinic: Clinic, clock: FrozenClock
) -> None:
    await on("instructions", channels="sms")
    await fetch('UPDATE service SET instructions = \'{"en": "Eat first."}\'')
    await fetch("UPDATE diary SET setup_version = setup_version + 1 WHERE id = 1 RETURNING id")
    visit = await booked(clinic, clock)
    await refusals.opt_out(visit.phone, "reminders", source="sms", now=clock.now())
    for when in ("2026-11-30 17:00", MAIL_DUE, SMS_DUE):
        await tick(clock, when)

    assert (await reminders(), await sent("visit_instructions")) == ([BY_MAIL], [("sms", ["Anna"])])


async def test_without_a_text_there_are_no_instructions(clinic: Clinic, clock: FrozenClock) -> None:
    await on("instructions")
    visit = await booked(clinic, clock)
    await tick(clock, "2026-11-30 17:00")

    assert await fate(visit, "instructions") == ("dropped", UNWRITTEN)


@pytest.mark.parametrize(("said", "goes"), [(None, []), (False, []), (True, [("email", ["Anna"])])])
async def test_offers_go_to_those_who_agreed_and_to_nobody_else(
    clinic: Clinic, clock: FrozenClock, said: bool | None, goes: list[Any]
) -> None:
    await fetch(
        "INSERT INTO message_round (name, kind, channels, days, at_minute, text, active, position) "
        "VALUES ('offer_1', 'offer', 'email', -2, 600, '{\"en\": \"Whiter teeth.\"}', {}, 7)",
        True,
    )
    visit = await booked(clinic, clock)
    if said is not None:
        await agree(staff(clock), visit.patient, "offers", given=said)
    await tick(clock, "2026-12-01 10:00")

    assert await sent("service_offer") == goes
    assert await fate(visit, "offer_1") == (("taken", "") if said else ("dropped", NO_OFFERS))


# --- checking in


async def test_a_check_in_goes_two_hours_before_for_all_of_a_telephone(clinic: Clinic, clock: FrozenClock) -> None:
    await on("checkin")
    await booked(clinic, clock, EETU, "2026-12-03T13:00+02:00")
    await booked(clinic, clock, INKA, "2026-12-03T13:40+02:00")
    await tick(clock, "2026-12-03 10:59")
    early = await sent("checkin")
    await tick(clock, "2026-12-03 11:00")
    await tick(clock, "2026-12-03 11:40")

    assert (early, await sent("checkin")) == ([], [("sms", ["Eetu", "Inka"])])
    found = await matter(clock, "checkin")
    assert ([one.first_name for one in found.visits], found.asks) == (["Eetu", "Inka"], Asked.CHECKIN)


async def test_who_is_here_is_not_asked_to_check_in(clinic: Clinic, clock: FrozenClock) -> None:
    await on("checkin")
    visit = await booked(clinic, clock, EETU, "2026-12-03T13:00+02:00")
    await tick(clock)
    await becomes(visit, State.ARRIVED)
    await tick(clock, "2026-12-03 11:00")

    assert await sent("checkin") == []


async def test_a_check_in_that_nothing_can_receive_carries_a_link(clinic: Clinic, clock: FrozenClock) -> None:
    await on("checkin")
    await booked(clinic, clock, EETU, "2026-12-03T13:00+02:00")
    await tick(clock, "2026-12-03 11:00")

    assert (await matter(clock, "checkin", demo=False)).asks is None


async def test_a_check_in_that_would_disturb_is_folded_into_the_reminder(clinic: Clinic, clock: FrozenClock) -> None:
    await on("checkin")
    visit = await booked(clinic, clock, EETU)
    await tick(clock, SMS_DUE)

    assert await fate(visit, "checkin") == ("dropped", FOLDED)
    assert (await matter(clock, "reminder")).manner.folded
    await tick(clock, "2026-12-03 08:00")
    assert await sent("checkin") == []


async def test_control_one_that_can_go_is_not_said_by_the_reminder(clinic: Clinic, clock: FrozenClock) -> None:
    await on("checkin")
    await booked(clinic, clock, EETU, "2026-12-03T13:00+02:00")
    await tick(clock, "2026-12-02 13:00")

    assert not (await matter(clock, "reminder")).manner.folded


# --- who said that they cannot come


async def test_who_cannot_come_is_not_asked_at_the_door_and_the_others_are(clinic: Clinic, clock: FrozenClock) -> None:
    await on("checkin")
    eetu = await booked(clinic, clock, EETU, "2026-12-03T13:00+02:00")
    inka = await booked(clinic, clock, INKA, "2026-12-03T13:40+02:00")
    await says_they_cannot(at_time(clock, "2026-12-02 12:00"), inka)
    await tick(clock, "2026-12-03 11:00")

    assert await sent("checkin") == [("sms", ["Eetu"])]
    assert ("sms", ["Eetu", "Inka"]) in await sent("reminder"), "the only word that the time stands"
    told = {one.round: (one.state, one.why) for one in await foretold(inka, clock.now())}
    assert told["checkin"] == ("dropped", IN_DOUBT)
    assert {one.round: one.state for one in await foretold(eetu, clock.now())}["checkin"] == "queued"

    await confirm(an_act(clock), clinic, inka.id)
    await tick(clock, "2026-12-03 11:50")
    assert await sent("checkin") == [("sms", ["Eetu"]), ("sms", ["Inka"])], "they come after all"


async def test_who_says_so_before_it_leaves_is_left_out_and_at_last_let_go(clinic: Clinic, clock: FrozenClock) -> None:
    await on("checkin")
    eetu = await booked(clinic, clock, EETU, "2026-12-03T13:00+02:00")
    inka = await booked(clinic, clock, INKA, "2026-12-03T13:40+02:00")
    await tick(clock, "2026-12-03 11:00")
    await says_they_cannot(clock, inka)

    assert [one.id for one in (await matter(clock, "checkin")).visits] == [eetu.id]
    assert await fate(inka, "checkin") == ("waiting", "")
    await tick(clock, "2026-12-03 13:30")
    assert (await fate(inka, "checkin"), await sent("checkin")) == (("dropped", IN_DOUBT), [("sms", ["Eetu"])])


async def test_nobody_is_told_how_to_prepare_for_what_they_cannot_come_to(clinic: Clinic, clock: FrozenClock) -> None:
    await on("instructions", "checkin")
    await fetch("UPDATE service SET instructions = {}", '{"en": "Eat nothing"}')
    await fetch("UPDATE diary SET setup_version = setup_version + 1 WHERE id = 1 RETURNING id")
    visit = await booked(clinic, clock, EETU)
    await says_they_cannot(at_time(clock, "2026-11-29 12:00"), visit)
    await tick(clock, "2026-11-30 17:00")
    assert await sent("visit_instructions") == []

    await tick(clock, SMS_DUE)
    assert not (await matter(clock, "reminder")).manner.folded, "it does not say how to check in"


# --- afterwards


async def after_a_visit(clinic: Clinic, clock: FrozenClock, state: State) -> Visit:
    await on("feedback")
    visit = await booked(clinic, clock, EETU)
    await tick(clock)
    await becomes(visit, state)
    return visit


@pytest.mark.parametrize(
    ("state", "goes"),
    [
        (State.DONE, True),
        (State.IN_ROOM, True),
        (State.ARRIVED, True),
        (State.BOOKED, False),
        (State.CONFIRMED, False),
        (State.NO_SHOW, False),
        (State.CANCELLED, False),
    ],
)
async def test_only_who_came_is_asked_the_day_after(
    clinic: Clinic, clock: FrozenClock, state: State, goes: bool
) -> None:
    await after_a_visit(clinic, clock, state)
    await tick(clock, "2026-12-04 11:59")
    early = await sent("feedback")
    await tick(clock, "2026-12-04 12:00")

    assert (early, await sent("feedback")) == ([], [("sms", ["Eetu"])] if goes else [])


async def test_a_visit_that_is_marked_later_is_asked_about_then(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await after_a_visit(clinic, clock, State.BOOKED)
    await tick(clock, "2026-12-04 12:00")
    await becomes(visit, State.DONE)
    await tick(clock, "2026-12-04 15:00")

    assert await sent("feedback") == [("sms", ["Eetu"])]


@pytest.mark.parametrize(("state", "why"), [(State.BOOKED, NOT_MARKED), (State.NO_SHOW, NOT_COME)])
async def test_a_visit_that_nobody_marks_is_given_up_and_said(
    clinic: Clinic, clock: FrozenClock, state: State, why: str
) -> None:
    visit = await after_a_visit(clinic, clock, state)
    await tick(clock, "2026-12-04 12:00")
    await tick(clock, "2026-12-07 12:01")
    await becomes(visit, State.DONE)
    await tick(clock, "2026-12-07 12:30")

    assert (await sent("feedback"), await fate(visit, "feedback")) == ([], ("dropped", why))


async def test_late_it_goes_within_three_days_and_then_not_at_all(clinic: Clinic, clock: FrozenClock) -> None:
    await after_a_visit(clinic, clock, State.DONE)
    await tick(clock, "2026-12-07 12:01")

    assert await sent("feedback") == []


async def test_a_walk_in_is_asked_too(clinic: Clinic, clock: FrozenClock) -> None:
    await on("feedback")
    visit = await booked(clinic, clock, EETU)
    await becomes(visit, State.ARRIVED)
    await tick(clock, "2026-12-03 09:30")
    await tick(clock, "2026-12-04 12:00")

    assert await sent("feedback") == [("sms", ["Eetu"])]


async def test_who_wants_no_questions_gets_none(clinic: Clinic, clock: FrozenClock) -> None:
    visit = await after_a_visit(clinic, clock, State.DONE)
    await agree(staff(clock), visit.patient, "feedback", given=False)
    await tick(clock, "2026-12-04 12:00")

    assert (await sent("feedback"), await fate(visit, "feedback")) == ([], ("dropped", NO_FEEDBACK))


async def test_aftercare_takes_along_nobody_whose_visit_is_not_over(clinic: Clinic, clock: FrozenClock) -> None:
    await on("aftercare", channels="sms")
    await fetch('UPDATE service SET aftercare = \'{"en": "Chew on the other side."}\'')
    await fetch("UPDATE diary SET setup_version = setup_version + 1 WHERE id = 1 RETURNING id")
    first, second = await booked(clinic, clock, EETU), await booked(clinic, clock, INKA, "2026-12-03T13:00+02:00")
    await tick(clock)
    await becomes(first, State.DONE)
    await tick(clock, "2026-12-03 10:50")
    alone = await sent("aftercare")
    await becomes(second, State.DONE)
    await tick(clock, "2026-12-03 14:30")

    assert (alone, await sent("aftercare")) == ([("sms", ["Eetu"])], [("sms", ["Eetu"]), ("sms", ["Inka"])])


# --- what is told of it


async def test_the_story_of_a_visit(clinic: Clinic, clock: FrozenClock) -> None:
    await on("checkin", "feedback")
    visit = await booked(clinic, clock)
    await tick(clock, MAIL_DUE)
    await fetch("UPDATE message SET state = 'sent', finished_at = {} WHERE kind = 'reminder'", clock.now())
    clock.advance(minutes=1)

    told = [(one.kind, one.channel, one.state, one.why) for one in await story(visit, clock.now())]

    assert told == [
        ("feedback", "sms", "waiting", ""),
        ("checkin", "sms", "dropped", FOLDED),
        ("reminder", "sms", "waiting", ""),
        ("reminder", "email", "sent", ""),
        ("booking_confirmed", "email", "queued", ""),
    ]
    assert (await story(visit, clock.now()))[2].at == the_time(SMS_DUE)


@pytest.mark.parametrize("refuses", [False, True])
async def test_nothing_is_promised_that_would_not_go(clinic: Clinic, clock: FrozenClock, refuses: bool) -> None:
    """Control: without a refusal the reminder is promised."""
    await on("instructions")
    visit = await booked(clinic, clock)
    if refuses:
        await agree(staff(clock), visit.patient, "reminders", given=False)
    await tick(clock, LONG_BEFORE)

    told = [(one.round, one.state, one.why) for one in await foretold(visit, clock.now()) if one.round]
    goes = ("dropped", REFUSED) if refuses else ("waiting", "")
    assert sorted(told) == [
        ("instructions", "dropped", UNWRITTEN), ("one_day", *goes), ("two_days", *goes),
    ]  # fmt: skip


# --- who looks at once


@pytest.mark.parametrize("rounds", [("two_days", "one_day"), (*ALL, "two_days", "one_day")], ids=["two", "all"])
async def test_planning_farther_costs_statements_by_visits_not_by_rounds(
    clinic: Clinic, clock: FrozenClock, statements: list[str], rounds: tuple[str, ...]
) -> None:
    await on(*rounds)
    await booked(clinic, clock)
    await booked(clinic, clock, EETU, by="pekka")
    statements.clear()
    await tick(clock, LONG_BEFORE)

    assert len([one for one in statements if "booking" in one or "step" in one]) == 7


@pytest.mark.parametrize("unique", [True, False], ids=["unique", "control"])
async def test_two_rounds_at_once_fall_back_once(
    clinic: Clinic, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, unique: bool
) -> None:
    """The control makes steps under any name, so that nothing says that they are the same duty."""
    await on("two_days", channels="email,sms", fallback=True)
    await booked(clinic, clock)
    await tick(clock, MAIL_DUE)
    await failed(clock)
    standing = await service._standing(clinic, clock.now())
    looked = await service._failed(standing)
    if not unique:
        await fetch("DROP INDEX step_once")
        monkeypatch.setattr(service, "insert", _without_a_name)

    async def stale(_standing: object) -> list[VisitStep]:
        return looked

    monkeypatch.setattr(service, "_failed", stale)
    for _both in range(2):
        await service.plan(clock.now())

    [(made,)] = await fetch("SELECT count(*) FROM step WHERE rule = 'two_days' AND channel = 'sms'")
    assert made == (1 if unique else 2)


async def _without_a_name(rows: Sequence[tuple[Any, ...]]) -> None:
    for booking, visit_no, rule, channel, due_at, reason, at in rows:
        await fetch(
            "INSERT INTO step (booking, visit_no, rule, channel, due_at, state, reason, created_at) "
            "VALUES ({}, {}, {}, {}, {}, 'waiting', {}, {})",
            *(booking, visit_no, rule, channel, due_at, reason, at),
        )


class Killed(BaseException):
    """Nothing catches it, as nothing catches a signal."""


@pytest.mark.parametrize("protected", [True, False], ids=["protected", "control"])
async def test_a_process_killed_between_giving_up_a_channel_and_taking_the_next_has_done_neither(
    clinic: Clinic, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, protected: bool
) -> None:
    """The control writes without a transaction: both channels have the duty."""
    await on("two_days", channels="email,sms")
    visit = await booked(clinic, clock)
    await refusals.suspend(visit.email, "bounced", now=clock.now())
    await tick(clock)
    at_time(clock, MAIL_DUE)

    async def killed(*_: object) -> int:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(service, "_end", killed)
        if not protected:
            patched.setattr(service, "attempt", lambda work: work())
        with pytest.raises(Killed):
            await service.plan(clock.now())
    left = [row for row in await states(visit) if row[0] == "two_days"]
    await tick(clock)

    assert left == [("two_days", "waiting")] * (1 if protected else 2)
    assert await reminders() == [BY_SMS]


async def test_a_family_of_one_day_is_asked_once(clinic: Clinic, clock: FrozenClock) -> None:
    await on("feedback")
    eetu, inka = await booked(clinic, clock, EETU), await booked(clinic, clock, INKA, "2026-12-03T10:00+02:00")
    await tick(clock)
    await becomes(eetu, State.DONE)
    await becomes(inka, State.DONE)
    await tick(clock, "2026-12-04 12:00")

    found = await matter(clock, "feedback")
    assert ([one.first_name for one in found.visits], found.asks) == (["Eetu"], Asked.SCORE)
    assert await fetch("SELECT booking, public_id FROM feedback") == [(eetu.id, found.manner.survey)]
    assert (await fate(eetu, "feedback"), await fate(inka, "feedback")) == (("taken", ""), ("dropped", ONE_A_DAY))


async def test_whoever_may_not_be_asked_is_passed_over_and_the_next_one_is_asked(
    clinic: Clinic, clock: FrozenClock
) -> None:
    await on("feedback")
    eetu, inka = await booked(clinic, clock, EETU), await booked(clinic, clock, INKA, "2026-12-03T10:00+02:00")
    await tick(clock)
    await fetch("UPDATE patient SET protected = {} WHERE id = {}", True, eetu.patient)
    await fetch("UPDATE booking SET state = 'done'")
    await tick(clock, "2026-12-04 12:00")

    assert [one.first_name for one in (await matter(clock, "feedback")).visits] == ["Inka"]
    assert (await fate(eetu, "feedback"), await fate(inka, "feedback")) == (("dropped", PROTECTED), ("taken", ""))


@pytest.mark.parametrize(
    ("why", "goes"), [(NOT_MOBILE, True), (SPENT, True), ("no visit is left to remind of now", False)]
)
async def test_an_sms_that_does_not_leave_for_good_goes_the_other_way(
    clinic: Clinic, clock: FrozenClock, why: str, goes: bool
) -> None:
    await on("one_day", channels="sms,email")
    await booked(clinic, clock)
    await tick(clock, SMS_DUE)
    await fetch("UPDATE message SET state = 'skipped', error = {} WHERE kind = 'reminder' AND channel = 'sms'", why)
    for _again in range(2):
        clock.advance(minutes=1)
        await tick(clock)

    [(made,)] = await fetch("SELECT count(*) FROM step WHERE rule = 'one_day' AND channel = 'email'")
    assert made == (1 if goes else 0)
