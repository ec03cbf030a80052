"""Holding a time while a form is filled."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.db.booking.acts import (
    ANNA,
    OMAR,
    OTHER,
    OWNER,
    THURSDAY_0920,
    THURSDAY_1000,
    THURSDAY_1300,
    a_wish,
    an_act,
    stored,
)
from tests.factories import a_clinic, at
from turnet.booking import queries, service
from turnet.booking.model import Hold
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.errors import NotOffered, SlotTaken, TooMany
from turnet.scheduling.rules import Slot


async def the_slot(clinic: Clinic, clock: FrozenClock, owner: str = "") -> list[Slot]:
    """Thursday 9:20 as it is offered, or nothing."""
    wish = a_wish(clinic)
    day = clock.now().date() + timedelta(days=2)
    found = await queries.free_times(clinic, wish.service, day, day, now=clock.now(), owner=owner)
    return [slot for slot in found if slot.start == wish.start]


async def hold_sanna(clinic: Clinic, clock: FrozenClock, owner: str = OWNER) -> Hold:
    return await service.hold(an_act(clock), clinic, a_wish(clinic, by="sanna"), owner)


async def test_hold_lasts_five_minutes_and_says_what_it_is_of(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()

    held = await hold_sanna(clinic, clock)

    assert held.wish == a_wish(clinic, by="sanna")
    assert held.practitioner == clinic.practitioners["sanna"].id
    assert (held.location, held.room) == (clinic.locations["keskusta"].id, clinic.rooms["room-1"].id)
    assert (held.expires_at, held.extendable) == (clock.now() + timedelta(minutes=5), True)
    assert await queries.current_hold(OWNER, clock.now()) == held


async def test_held_time_is_free_to_its_owner_only(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()

    await hold_sanna(clinic, clock)

    both = tuple(clinic.practitioners[who].id for who in ("sanna", "pekka"))
    assert [slot.practitioners for slot in await the_slot(clinic, clock)] == [both[1:]]
    assert [slot.practitioners for slot in await the_slot(clinic, clock, OTHER)] == [both[1:]]
    assert [slot.practitioners for slot in await the_slot(clinic, clock, OWNER)] == [both]


async def test_hold_expires_at_its_minute_and_no_row_has_to_go_for_that(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await hold_sanna(clinic, clock)

    clock.advance(minutes=4, seconds=59)
    assert [len(slot.practitioners) for slot in await the_slot(clinic, clock)] == [1]
    assert await queries.current_hold(OWNER, clock.now()) is not None
    clock.advance(seconds=1)
    assert [len(slot.practitioners) for slot in await the_slot(clinic, clock)] == [2]
    assert await queries.current_hold(OWNER, clock.now()) is None
    assert await stored("count(*) FROM claim") == [(1,)]


async def test_second_hold_releases_the_first(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await hold_sanna(clinic, clock)

    await service.hold(an_act(clock), clinic, a_wish(clinic, THURSDAY_1300), OWNER)

    assert [len(slot.practitioners) for slot in await the_slot(clinic, clock)] == [2]
    assert await stored("count(*) FROM claim") == [(1,)]


async def test_hold_that_cannot_be_had_leaves_the_first_one(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    first = await hold_sanna(clinic, clock)
    await service.hold(an_act(clock), clinic, a_wish(clinic, THURSDAY_1300, by="pekka"), OTHER)

    with pytest.raises(SlotTaken) as refused:
        await service.hold(an_act(clock), clinic, a_wish(clinic, THURSDAY_1300, by="pekka"), OWNER)
    with pytest.raises(NotOffered):
        await service.hold(an_act(clock), clinic, a_wish(clinic, "2026-12-03T13:05+02:00"), OWNER)

    assert await queries.current_hold(OWNER, clock.now()) == first
    assert refused.value.facts["alternatives"][0].start == at("2026-12-03T13:40+02:00")


async def test_holding_what_one_holds_renews_it(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    first = await hold_sanna(clinic, clock)
    clock.advance(minutes=3)

    second = await hold_sanna(clinic, clock)

    assert second == replace(first, expires_at=clock.now() + timedelta(minutes=5))


async def test_hold_is_renewed_up_to_twenty_minutes_from_its_making(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    made = clock.now()
    await hold_sanna(clinic, clock)

    lives = []
    for _ in range(5):
        clock.advance(minutes=4)
        held = await service.renew(an_act(clock), clinic, OWNER)
        lives.append(held and ((held.expires_at - made) // timedelta(minutes=1), held.extendable))

    assert lives == [(9, True), (13, True), (17, True), (20, False), None]


async def test_expired_hold_is_not_renewed(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await hold_sanna(clinic, clock)
    clock.advance(minutes=5)

    assert await service.renew(an_act(clock), clinic, OWNER) is None
    assert await service.renew(an_act(clock), clinic, OTHER) is None


async def test_released_hold_is_free_at_once(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await hold_sanna(clinic, clock)
    await service.hold(an_act(clock), clinic, a_wish(clinic, THURSDAY_1300), OTHER)

    await service.release(an_act(clock), OWNER)
    await service.release(an_act(clock), "")

    assert [len(slot.practitioners) for slot in await the_slot(clinic, clock)] == [2]
    assert await stored("owner FROM claim") == [(OTHER,)]


async def test_fourth_live_hold_of_one_address_is_refused(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    act = an_act(clock, limited=True, address="home")
    for owner, start in zip("cde", (THURSDAY_0920, THURSDAY_1000, THURSDAY_1300), strict=True):
        await service.hold(act, clinic, a_wish(clinic, start), owner * 64)

    with pytest.raises(TooMany) as refused:
        await service.hold(act, clinic, a_wish(clinic, "2026-12-03T14:00+02:00"), "f" * 64)
    assert refused.value.facts == {"what": "holds"}

    await service.hold(act, clinic, a_wish(clinic, "2026-12-03T14:00+02:00"), "e" * 64)  # in place of their own
    await service.book(an_act(clock), clinic, a_wish(clinic, "2026-12-03T14:00+02:00"), ANNA, once="", owner="e" * 64)
    await service.hold(act, clinic, a_wish(clinic, "2026-12-03T15:00+02:00"), "f" * 64)


async def test_thirty_first_hold_of_a_day_from_one_address_is_refused(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    act = an_act(clock, limited=True, address="home")
    for n in range(30):
        await service.hold(act, clinic, a_wish(clinic, (THURSDAY_0920, THURSDAY_1000)[n % 2]), OWNER)

    with pytest.raises(TooMany):
        await service.hold(act, clinic, a_wish(clinic), OWNER)

    clock.advance(days=1)
    await service.hold(an_act(clock, limited=True, address="home"), clinic, a_wish(clinic), OWNER)


async def test_two_people_are_held_as_one_set(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    wish = a_wish(clinic, people=2)

    held = await service.hold(an_act(clock), clinic, wish, OWNER)

    assert [seat.start for seat in held.seats] == [wish.start, wish.start]
    assert {seat.practitioner for seat in held.seats} == {clinic.practitioners[who].id for who in ("sanna", "pekka")}
    assert await the_slot(clinic, clock) == []
    party = [
        (replace(wish, start=seat.start, practitioner=seat.practitioner, people=1), person)
        for seat, person in zip(held.seats, (ANNA, OMAR), strict=True)
    ]
    booked = await service.book_party(an_act(clock), clinic, party, once="", owner=OWNER)
    assert [one.visit.practitioner for one in booked] == [seat.practitioner for seat in held.seats]
    assert await stored("kind, count(*) FROM claim GROUP BY kind") == [("booking", 2)]


async def test_people_who_cannot_be_seen_at_once_are_held_one_after_the_other(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()

    held = await service.hold(an_act(clock), clinic, a_wish(clinic, by="sanna", people=2), OWNER)

    assert [seat.start for seat in held.seats] == [at(THURSDAY_0920), at(THURSDAY_1000)]
    with pytest.raises(SlotTaken):
        await service.hold(an_act(clock), clinic, a_wish(clinic, by="sanna", people=3), OTHER)
