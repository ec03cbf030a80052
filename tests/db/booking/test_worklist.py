"""Blocked time and whom it strikes, lateness, and what the desk sends to patients by itself."""

import json
from dataclasses import replace
from datetime import date

import pytest

from tests.db.booking.acts import ANNA, OMAR, THURSDAY_0920, THURSDAY_1300, a_wish, an_act, staff, stored
from tests.factories import REA, a_clinic, at
from turnet.booking import queries, service
from turnet.booking.model import Visit
from turnet.booking.states import State
from turnet.clinic import service as setup
from turnet.clinic.model import Clinic
from turnet.clinic.queries import clinic as current_clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.lite import LiteEngine
from turnet.db.transactions import fetch
from turnet.errors import Invalid, NotFound, NotOffered, NotYours
from turnet.scheduling.spans import Span
from turnet.staff.model import Role

THURSDAY = Span(at("2026-12-03T00:00+02:00"), at("2026-12-04T00:00+02:00"))


async def booked(clinic: Clinic, clock: FrozenClock, start: str = THURSDAY_0920, *, by: str = "sanna") -> Visit:
    return (await service.book(an_act(clock), clinic, a_wish(clinic, start, by=by), ANNA, once="")).visit


async def now_clinic() -> Clinic:
    clinic = await current_clinic()
    assert clinic is not None
    return clinic


# --- blocks


async def test_a_block_moves_nothing_and_lists_whom_it_strikes(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    struck, other = await booked(clinic, clock), await booked(clinic, clock, by="pekka")
    before = await stored("version, setup_version FROM diary")

    closure = await service.block(staff(clock), clinic, struck.practitioner, THURSDAY, "Ill")

    assert await queries.affected(await now_clinic(), clock.now()) == [(struck, closure, None)]
    assert [await queries.visit(visit.public_id) for visit in (struck, other)] == [struck, other]
    assert await stored("resource, starts_at, ends_at, staff, made_at FROM closure") == [
        (struck.practitioner, *THURSDAY, REA.id, clock.now())
    ]
    assert json.loads((await stored("reason FROM closure"))[0][0]) == {"en": "Ill"}
    assert await stored("version, setup_version FROM diary") == [(before[0][0] + 1, before[0][1] + 1)]
    with pytest.raises(NotOffered):
        await service.book(an_act(clock), clinic, a_wish(clinic, THURSDAY_1300, by="sanna"), OMAR, once="")
    [(actor, act, facts)] = await stored("actor, act, facts FROM audit_entry")
    assert (actor, act, json.loads(facts)["closure"]) == (REA.actor, "blocked", closure)


async def test_lifting_a_block_offers_the_time_again(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    sanna = clinic.practitioners["sanna"].id
    closure = await service.block(staff(clock), clinic, sanna, THURSDAY, "")

    await service.unblock(staff(clock), await now_clinic(), closure)

    assert await stored("count(*) FROM closure") == [(0,)]
    assert (await booked(clinic, clock)).practitioner == sanna
    with pytest.raises(NotFound):
        await service.unblock(staff(clock), await now_clinic(), closure)


async def test_a_blocked_room_strikes_those_who_are_in_it(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await booked(clinic, clock)
    assert visit.room is not None

    closure = await service.block(staff(clock), clinic, visit.room, THURSDAY, "The chair is broken")

    assert await queries.affected(await now_clinic(), clock.now()) == [(visit, closure, None)]


async def test_the_clinics_own_closures_are_not_lifted_at_the_desk(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    closure = await setup.close(THURSDAY, {"en": "Holiday"})

    with pytest.raises(NotFound):
        await service.unblock(staff(clock), clinic, closure)
    assert await stored("count(*) FROM closure") == [(1,)]


async def test_a_practitioner_blocks_their_own_time_alone(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    sanna, pekka, room = clinic.practitioners["sanna"].id, clinic.practitioners["pekka"].id, clinic.rooms["room-1"].id
    act = staff(clock, replace(REA, role=Role.PRACTITIONER, practitioner=pekka))
    closure = await service.block(staff(clock), clinic, sanna, THURSDAY, "")

    for resource in (sanna, room):
        with pytest.raises(NotYours):
            await service.block(act, clinic, resource, THURSDAY, "")
    with pytest.raises(NotYours):
        await service.unblock(act, await now_clinic(), closure)
    with pytest.raises(NotFound):
        await service.block(act, clinic, 999, THURSDAY, "")

    assert await service.block(act, clinic, pekka, THURSDAY, "Lunch") > closure
    assert await stored("count(*) FROM closure") == [(2,)]


@pytest.mark.parametrize(
    ("span", "reason", "field"),
    [
        (Span(10, 10), "", "until"),
        (Span(10, 9), "", "until"),
        (Span(0, 10**9), "", "until"),
        (THURSDAY, "x" * 201, "reason"),
    ],
)
async def test_a_block_that_makes_no_sense_is_refused(
    engine: AnyEngine, clock: FrozenClock, span: Span, reason: str, field: str
) -> None:
    clinic = await a_clinic()

    with pytest.raises(Invalid) as refused:
        await service.block(staff(clock), clinic, clinic.practitioners["sanna"].id, span, reason)
    assert set(refused.value.fields) == {field}


# --- the list of visits that cannot stay


async def test_a_visit_outside_all_hours_is_on_the_list_without_a_closure(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    visit = await booked(clinic, clock)
    await setup.set_dated_hours(visit.practitioner, date(2026, 12, 3), [])

    assert await queries.affected(await now_clinic(), clock.now()) == [(visit, None, None)]


async def test_who_left_the_clinic_leaves_visits_on_the_list(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await booked(clinic, clock)
    await fetch("UPDATE practitioner SET active = {} WHERE slug = 'sanna' RETURNING id", False)
    await fetch("UPDATE diary SET setup_version = setup_version + 1 RETURNING id")

    assert await queries.affected(await now_clinic(), clock.now()) == [(visit, None, None)]


async def test_only_coming_visits_of_these_practitioners_are_on_the_list(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    mine, theirs = await booked(clinic, clock), await booked(clinic, clock, by="pekka")
    gone = await booked(clinic, clock, THURSDAY_1300)
    await service.cancel(staff(clock), clinic, gone.id)
    await setup.close(THURSDAY, {"en": "Water"})

    clinic = await now_clinic()
    assert [visit.id for visit, _, _ in await queries.affected(clinic, clock.now())] == [mine.id, theirs.id]
    own = await queries.affected(clinic, clock.now(), practitioners={mine.practitioner})
    assert [visit.id for visit, _, _ in own] == [mine.id]
    clock.advance(days=3)
    assert await queries.affected(clinic, clock.now()) == []


async def test_the_list_costs_next_to_nothing_while_nobody_writes(
    engine: AnyEngine, clock: FrozenClock, statements: list[str]
) -> None:
    clinic = await a_clinic()
    for hour in ("08", "09", "10", "13"):
        await booked(clinic, clock, f"2026-12-03T{hour}:20+02:00")
    version = 0 if isinstance(engine, LiteEngine) else 1
    for expected in (2, version):
        statements.clear()
        assert await queries.affected(clinic, clock.now()) == []
        assert len(statements) == expected, statements

    await service.block(staff(clock), clinic, clinic.practitioners["sanna"].id, THURSDAY, "Ill")
    clinic = await now_clinic()
    for expected in (3 + version, 2 + version):
        statements.clear()
        assert len(await queries.affected(clinic, clock.now())) == 4
        assert len(statements) == expected, statements


# --- asking for a new time


async def test_everybody_struck_is_asked_once_for_each_time(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visits = [await booked(clinic, clock), await booked(clinic, clock, THURSDAY_1300)]
    ids = [visit.id for visit in visits]
    closure = await service.block(staff(clock), clinic, visits[0].practitioner, THURSDAY, "Ill")

    asked = [await service.ask_for_new_time(staff(clock), clinic, ids) for _ in range(2)]

    assert asked == [2, 0]
    assert await queries.affected(await now_clinic(), clock.now()) == [
        (visit, closure, clock.now()) for visit in visits
    ]
    moved = await service.move(staff(clock), clinic, ids[0], a_wish(clinic, "2026-12-04T09:20+02:00"))
    await service.move(staff(clock), clinic, ids[0], a_wish(clinic, THURSDAY_0920, by="pekka"), version=moved.version)
    await service.block(staff(clock), await now_clinic(), clinic.practitioners["pekka"].id, THURSDAY, "Ill too")
    told = {visit.id: told_at for visit, _, told_at in await queries.affected(await now_clinic(), clock.now())}
    assert told == {ids[0]: None, ids[1]: clock.now()}, "of this time the first has not heard"
    assert await service.ask_for_new_time(staff(clock), clinic, ids) == 1


async def test_who_cannot_be_asked_is_passed_over(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visits = [await booked(clinic, clock), await booked(clinic, clock, THURSDAY_1300)]
    await fetch("UPDATE booking SET phone = '', email = '' WHERE id = {} RETURNING id", visits[0].id)
    await service.cancel(staff(clock), clinic, visits[1].id)

    assert await service.ask_for_new_time(staff(clock), clinic, [visit.id for visit in visits]) == 0
    with pytest.raises(NotFound):
        await service.ask_for_new_time(staff(clock), clinic, [999])


async def test_one_visit_of_somebody_else_asks_nobody(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    mine, theirs = await booked(clinic, clock, by="pekka"), await booked(clinic, clock)
    act = staff(clock, replace(REA, role=Role.PRACTITIONER, practitioner=mine.practitioner))

    with pytest.raises(NotYours):
        await service.ask_for_new_time(act, clinic, [mine.id, theirs.id])
    assert await stored("count(*) FROM message WHERE kind = 'choose_new_time'") == [(0,)]


# --- words of the desk


async def test_the_desk_writes_to_the_visits_contact(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await booked(clinic, clock)

    for _ in range(2):
        await service.write_to(staff(clock), clinic, visit.id, "sms", " Bring your card.\r\nThank you. ", once="form")

    [(channel, recipient, facts)] = await stored("channel, recipient, facts FROM message WHERE kind = 'desk_message'")
    assert (channel, recipient) == ("sms", ANNA.phone)
    assert json.loads(facts) == {"text": "Bring your card.\nThank you."}
    history = await queries.history(visit.id)
    assert ([event.act for event in history], "card" in str(history)) == (["booked", "wrote"], False)


@pytest.mark.parametrize(
    ("channel", "text", "wrong"),
    [
        ("sms", "  ", {"text": "required"}),
        ("sms", "x" * 481, {"text": "too_long"}),
        ("email", "x" * 1001, {"text": "too_long"}),
        ("email", "\u202eback", {"text": "characters"}),
        ("fax", "Hello", {"channel": "no_contact"}),
    ],
)
async def test_words_that_cannot_be_sent_are_refused(
    engine: AnyEngine, clock: FrozenClock, channel: str, text: str, wrong: dict[str, str]
) -> None:
    clinic = await a_clinic()
    visit = await booked(clinic, clock)

    with pytest.raises(Invalid) as refused:
        await service.write_to(staff(clock), clinic, visit.id, channel, text)

    assert refused.value.fields == wrong
    assert await stored("count(*) FROM message WHERE kind = 'desk_message'") == [(0,)]


# --- running late


async def test_lateness_is_of_the_day_and_ends_with_it(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    sanna, pekka = clinic.practitioners["sanna"].id, clinic.practitioners["pekka"].id

    for who, minutes in ((sanna, 10), (pekka, 20), (sanna, 30), (pekka, 0)):
        await service.run_late(staff(clock), clinic, who, minutes)

    assert await queries.lateness(date(2026, 12, 1)) == {sanna: 30}
    assert await queries.lateness(date(2026, 12, 2)) == {}
    assert await stored("count(*) FROM audit_entry WHERE act = 'late'") == [(4,)]
    with pytest.raises(Invalid):
        await service.run_late(staff(clock), clinic, sanna, 241)
    with pytest.raises(NotFound):
        await service.run_late(staff(clock), clinic, clinic.rooms["room-1"].id, 10)


async def test_a_confirmed_visit_is_on_the_list_too(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await booked(clinic, clock)
    await service.mark(staff(clock), clinic, visit.id, State.CONFIRMED)
    await service.block(staff(clock), clinic, visit.practitioner, THURSDAY, "Ill")

    [(struck, _, _)] = await queries.affected(await now_clinic(), clock.now())

    assert struck.state is State.CONFIRMED
