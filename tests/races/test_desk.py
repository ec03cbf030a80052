"""Staff and the web at one time: the desk has the same lock, check and guard. Controls take them away."""

from dataclasses import replace

import pytest

from tests.db.booking.acts import ANNA, FRIDAY_0800, OMAR, THURSDAY_1300, a_wish, an_act, overlaps, staff, stored
from tests.factories import a_clinic, at
from tests.races.crowd import EVERYTHING, Strip, all_at_once, strip_look, the_only_winner, winners
from turnet.booking import queries, service
from turnet.booking.model import Booked
from turnet.booking.states import State
from turnet.clinic.queries import clinic as current_clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.errors import NotOffered, Stale
from turnet.scheduling.spans import Span


async def test_staff_by_hand_against_web_bookings(
    engine: AnyEngine, clock: FrozenClock, strip: Strip, protected: bool
) -> None:
    clinic = await a_clinic()
    by_hand = [
        replace(a_wish(clinic, f"2026-12-03T09:{minute}+02:00", by="sanna"), by_hand=True) for minute in (15, 27, 33)
    ]
    if not protected:
        await strip(*EVERYTHING)

    results = await all_at_once(
        act
        for wish in by_hand * 3
        for act in (
            service.book(staff(clock), clinic, wish, ANNA, once=""),
            service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), OMAR, once=""),
        )
    )

    await the_only_winner(results, protected=protected)


async def test_drag_at_the_desk_against_web_bookings(
    engine: AnyEngine, clock: FrozenClock, strip: Strip, protected: bool
) -> None:
    clinic = await a_clinic()
    dragged = (await service.book(staff(clock), clinic, a_wish(clinic, FRIDAY_0800, by="sanna"), ANNA, once="")).visit
    wish = replace(a_wish(clinic, "2026-12-03T09:27+02:00", by="sanna"), by_hand=True)
    if not protected:
        await strip(*EVERYTHING)

    results = await all_at_once(
        [
            *(service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), OMAR, once="") for _ in range(9)),
            service.move(staff(clock), clinic, dragged.id, wish),
            *(service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), OMAR, once="") for _ in range(9)),
        ]
    )

    await the_only_winner(results, protected=protected)


async def test_series_against_web_bookings_of_its_last_date(
    engine: AnyEngine, clock: FrozenClock, strip: Strip, protected: bool
) -> None:
    clinic = await a_clinic()
    series = [a_wish(clinic, f"2026-12-{day:02}T09:20+02:00", by="sanna") for day in (3, 10, 17)]
    if not protected:
        await strip(*EVERYTHING)

    results = await all_at_once(
        act
        for _ in range(8)
        for act in (
            service.book_series(staff(clock), clinic, series, ANNA, once=""),
            service.book(an_act(clock), clinic, series[2], OMAR, once=""),
        )
    )

    await the_only_winner(results, protected=protected)
    if protected:
        assert await stored("count(*) FROM booking") in ([(1,)], [(3,)])


async def test_twenty_overbookings_each_have_a_lane_of_their_own(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    sanna = clinic.practitioners["sanna"].id
    over = replace(a_wish(clinic, by="sanna"), over=True, room=clinic.rooms["room-1"].id)

    results = await all_at_once(
        service.book(staff(clock), clinic, over, ANNA, once="", reason="In pain") for _ in range(20)
    )

    assert {booked.visit.overbooked for booked in winners(results)} == {True}
    assert await stored(f"lane FROM occupancy WHERE resource = {sanna} ORDER BY lane") == [(n,) for n in range(1, 21)]
    assert await overlaps() == 0


async def test_block_against_bookings_that_read_the_hours_before_it(
    engine: AnyEngine, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, protected: bool
) -> None:
    """Whoever is in the blocked time came first and is on the list; the control does not look at the hours again."""
    clinic = await a_clinic()
    sanna, morning = clinic.practitioners["sanna"].id, Span(at("2026-12-03T08:00+02:00"), at("2026-12-03T12:00+02:00"))
    wishes = [
        a_wish(clinic, f"2026-12-03T{hour:02}:{minute:02}+02:00", "acute", by="sanna")
        for hour in (8, 9, 10, 11)
        for minute in (0, 20, 40)
    ]
    if not protected:
        strip_look(monkeypatch)
    acts = [service.book(an_act(clock), clinic, wish, ANNA, once="") for wish in wishes[:9]]

    results = await all_at_once([*acts[:3], service.block(staff(clock), clinic, sanna, morning, "Ill"), *acts[3:]])
    late = await all_at_once(service.book(an_act(clock), clinic, wish, OMAR, once="") for wish in wishes[9:])

    assert {type(result) for result in late} == {NotOffered if protected else Booked}
    now = await current_clinic()
    assert now is not None
    struck = {visit.id for visit, _, _ in await queries.affected(now, clock.now())}
    assert struck == {one.visit.id for one in winners([*results, *late]) if isinstance(one, Booked)}


async def test_undo_of_a_move_against_staff_taking_the_old_time(
    engine: AnyEngine, clock: FrozenClock, strip: Strip, protected: bool
) -> None:
    clinic = await a_clinic()
    wish = a_wish(clinic, by="sanna")
    visit = (await service.book(staff(clock), clinic, wish, ANNA, once="")).visit
    await service.move(staff(clock), clinic, visit.id, a_wish(clinic, THURSDAY_1300, by="sanna"))
    if not protected:
        await strip(*EVERYTHING)

    results = await all_at_once(
        [
            *(service.book(an_act(clock), clinic, wish, OMAR, once="") for _ in range(5)),
            service.undo_last(staff(clock), clinic, visit.id),
            *(service.book(staff(clock), clinic, wish, OMAR, once="") for _ in range(5)),
        ]
    )

    await the_only_winner(results, protected=protected)


async def test_two_at_the_desk_and_one_visit(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = (await service.book(staff(clock), clinic, a_wish(clinic), ANNA, once="")).visit

    results = await all_at_once(
        [
            service.write_desk_note(staff(clock), clinic, visit.id, "One", version=1),
            service.mark(staff(clock), clinic, visit.id, State.CONFIRMED, version=1),
            service.recontact(staff(clock), clinic, visit.id, phone="0407654321", email="", version=1),
            service.move(staff(clock), clinic, visit.id, a_wish(clinic, THURSDAY_1300), version=1),
        ]
    )

    [winner] = winners(results)
    assert await queries.visit(visit.public_id) == winner
    assert [type(result) for result in results if result is not winner] == [Stale] * 3
