"""One time, many at once: exactly one gets it. The control takes every protection away and must show the race."""

import itertools
from dataclasses import replace

import pytest

from tests.db.booking.acts import (
    ANNA,
    FRIDAY_0800,
    OMAR,
    OWNER,
    THURSDAY_0920,
    THURSDAY_0940,
    THURSDAY_1300,
    a_wish,
    an_act,
    overlaps,
    staff,
    stored,
)
from tests.factories import a_clinic, at
from tests.races.crowd import EVERYTHING, Strip, all_at_once, the_only_winner, winners
from turnet.booking import queries, service
from turnet.booking.model import Booked, Visit
from turnet.booking.states import State
from turnet.clinic import tables
from turnet.clinic.queries import load
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.lite import LiteEngine
from turnet.db.transactions import fetch
from turnet.errors import NotAllowed, SlotTaken, Stale


async def test_fifty_patients_and_one_time(
    engine: AnyEngine, clock: FrozenClock, strip: Strip, protected: bool
) -> None:
    clinic = await a_clinic()
    wish = a_wish(clinic, by="sanna")
    if not protected:
        await strip(*EVERYTHING)

    results = await all_at_once(
        service.book(an_act(clock), clinic, wish, replace(ANNA, name=f"Anna {n}"), once=f"{n}") for n in range(50)
    )

    await the_only_winner(results, protected=protected)
    assert (await stored("count(*) FROM message WHERE kind = 'booking_confirmed'") == [(1,)]) == protected


@pytest.mark.parametrize("stripped", [("guard",), ("check",), ("guard", "check"), EVERYTHING])
async def test_each_protection_alone_leaves_one_winner(
    engine: AnyEngine, clock: FrozenClock, strip: Strip, stripped: tuple[str, ...]
) -> None:
    """The lock with the check, or the guard with the lock; a lock that looks at nothing protects nobody."""
    clinic = await a_clinic()
    await strip(*stripped)

    results = await all_at_once(
        service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), ANNA, once="") for _ in range(20)
    )

    assert (len(winners(results)) == 1) == (len(stripped) == 1)


async def test_fifty_patients_and_two_dentists(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()

    results = await all_at_once(service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="") for _ in range(50))

    assert sorted(booked.visit.practitioner for booked in winners(results)) == sorted(
        clinic.practitioners[who].id for who in ("sanna", "pekka")
    )
    assert await overlaps() == 0


async def test_long_visit_against_short_ones_that_start_within_it(
    engine: AnyEngine, clock: FrozenClock, strip: Strip, protected: bool
) -> None:
    clinic = await a_clinic()
    wishes = [a_wish(clinic, "2026-12-03T09:00+02:00", "root-canal"), a_wish(clinic, THURSDAY_0940, by="sanna")]
    if not protected:
        await strip(*EVERYTHING)

    results = await all_at_once(
        service.book(an_act(clock), clinic, wish, ANNA, once="") for wish, _ in itertools.product(wishes, range(10))
    )

    await the_only_winner(results, protected=protected)


async def test_two_dentists_and_one_room(engine: AnyEngine, clock: FrozenClock, strip: Strip, protected: bool) -> None:
    await a_clinic()
    await fetch("DELETE FROM service_room WHERE room = (SELECT id FROM room WHERE slug = 'room-2')")
    clinic = await load()
    assert clinic is not None
    if not protected:
        await strip(*EVERYTHING)

    results = await all_at_once(
        service.book(an_act(clock), clinic, a_wish(clinic, by=who), ANNA, once="")
        for who, _ in itertools.product(("sanna", "pekka"), range(10))
    )

    await the_only_winner(results, protected=protected)


async def test_move_against_bookings(engine: AnyEngine, clock: FrozenClock, strip: Strip, protected: bool) -> None:
    clinic = await a_clinic()
    wish = a_wish(clinic, by="sanna")
    mover = (await service.book(an_act(clock), clinic, a_wish(clinic, FRIDAY_0800, by="sanna"), ANNA, once="")).visit
    if not protected:
        await strip(*EVERYTHING)

    results = await all_at_once(
        [
            *(service.book(an_act(clock), clinic, wish, OMAR, once="") for _ in range(9)),
            service.move(an_act(clock), clinic, mover.id, wish),
            *(service.book(an_act(clock), clinic, wish, OMAR, once="") for _ in range(9)),
        ]
    )

    await the_only_winner(results, protected=protected)
    kept = not isinstance(results[9], Visit)
    assert await stored(f"count(*) FROM occupancy WHERE starts_at = {at(FRIDAY_0800)}") == [(2 if kept else 0,)]


async def test_holds_against_bookings(engine: AnyEngine, clock: FrozenClock, strip: Strip, protected: bool) -> None:
    clinic = await a_clinic()
    wish = a_wish(clinic, by="sanna")
    if not protected:
        await strip(*EVERYTHING)

    results = await all_at_once(
        act
        for n in range(10)
        for act in (
            service.hold(an_act(clock), clinic, wish, f"{n:064}"),
            service.book(an_act(clock), clinic, wish, ANNA, once=""),
        )
    )

    await the_only_winner(results, protected=protected)


async def test_time_whose_hold_has_expired(
    engine: AnyEngine, clock: FrozenClock, strip: Strip, protected: bool
) -> None:
    clinic = await a_clinic()
    wish = a_wish(clinic, by="sanna")
    await service.hold(an_act(clock), clinic, wish, OWNER)
    clock.advance(minutes=5)
    if not protected:
        await strip(*EVERYTHING)

    results = await all_at_once(
        [
            service.book(an_act(clock), clinic, wish, ANNA, once="", owner=OWNER),
            *(service.book(an_act(clock), clinic, wish, OMAR, once="") for _ in range(19)),
        ]
    )

    await the_only_winner(results, protected=protected)


async def test_visit_that_moves_into_its_own_time_keeps_it_from_everybody(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    visit = (await service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), ANNA, once="")).visit

    results = await all_at_once(
        [
            *(service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), OMAR, once="") for _ in range(9)),
            service.move(an_act(clock), clinic, visit.id, a_wish(clinic, THURSDAY_0940, by="sanna")),
            *(service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), OMAR, once="") for _ in range(9)),
        ]
    )

    assert [type(result) for result in results] == [SlotTaken] * 9 + [Visit] + [SlotTaken] * 9


async def test_one_form_sent_twenty_times(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()

    results: list[Booked] = await all_at_once(
        service.book(an_act(clock, limited=True, address="home"), clinic, a_wish(clinic), ANNA, once="form")
        for _ in range(20)
    )

    assert {(booked.visit, booked.token) for booked in results} == {(results[0].visit, results[0].token)}
    assert sorted(booked.repeated for booked in results) == [False] + [True] * 19
    assert await stored("count(*) FROM patient") == [(1,)]
    assert await stored("count(*) FROM message WHERE kind = 'booking_confirmed'") == [(1,)]


async def test_cancel_against_moves_decided_on_the_same_version(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = (await service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="")).visit

    results = await all_at_once(
        [
            service.move(an_act(clock), clinic, visit.id, a_wish(clinic, FRIDAY_0800), version=1),
            service.cancel(an_act(clock), clinic, visit.id, version=1),
            service.move(an_act(clock), clinic, visit.id, a_wish(clinic, THURSDAY_1300), version=1),
        ]
    )

    [winner] = winners(results)
    assert await queries.visit(visit.public_id) == winner
    assert {type(result) for result in results} <= {Visit, Stale, NotAllowed}
    assert len(await queries.history(visit.id)) == 2


async def test_undo_against_staff_taking_the_time(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    wish = a_wish(clinic, by="sanna")
    visit = (await service.book(an_act(clock), clinic, wish, ANNA, once="")).visit
    await service.cancel(an_act(clock), clinic, visit.id)

    results = await all_at_once(
        [
            *(service.book(staff(clock), clinic, wish, OMAR, once="") for _ in range(5)),
            service.undo_cancel(an_act(clock), clinic, visit.id),
            *(service.book(staff(clock), clinic, wish, OMAR, once="") for _ in range(5)),
        ]
    )

    assert len(winners(results)) == 1
    assert await stored("count(*) FROM booking WHERE state = 'booked'") == [(1,)]
    assert await overlaps() == 0


async def test_one_visitor_in_many_tabs_holds_one_time(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    starts = [f"2026-12-03T{hour}:{minute}+02:00" for hour in ("08", "10", "13") for minute in ("00", "40")]

    await all_at_once(service.hold(an_act(clock), clinic, a_wish(clinic, start), OWNER) for start in starts)

    assert await stored("count(*) FROM claim") == [(1,)]


async def test_crowd_of_all_acts_never_deadlocks(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    starts = [f"2026-12-03T{hour}:{minute}+02:00" for hour in ("08", "09", "13") for minute in ("00", "20", "40")]
    visits = [
        (await service.book(an_act(clock), clinic, a_wish(clinic, f"2026-12-04T{hour}:00+02:00"), ANNA, once="")).visit
        for hour in ("08", "09", "10", "13", "14")
    ]
    people = itertools.cycle(["", "sanna", "pekka"])

    await all_at_once(
        act
        for n, start in enumerate(starts * 3)
        for act in (
            service.book(an_act(clock), clinic, a_wish(clinic, start, by=next(people)), ANNA, once=""),
            service.hold(an_act(clock), clinic, a_wish(clinic, start, by=next(people)), f"{n % 4:064}"),
            service.move(an_act(clock), clinic, visits[n % 5].id, a_wish(clinic, start, by=next(people))),
        )
    )

    assert await overlaps() == 0
    assert (
        await stored(
            "b.id FROM booking b LEFT JOIN occupancy o ON o.claim = b.claim GROUP BY b.id HAVING count(o.id) <> 2"
        )
        == []
    )
    assert {state for (state,) in await stored("state FROM booking")} == {State.BOOKED}
    if not isinstance(engine, LiteEngine):
        assert await stored("deadlocks FROM pg_stat_database WHERE datname = current_database()") == [(0,)]


async def test_outside_calendar_counts_inside_the_act(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    sanna, start = clinic.practitioners["sanna"].id, at(THURSDAY_0920)
    await tables.Busy.insert(tables.Busy(resource=sanna, starts_at=start, ends_at=start + 10))

    results = await all_at_once(
        service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), ANNA, once="") for _ in range(5)
    )

    assert [type(result) for result in results] == [SlotTaken] * 5
