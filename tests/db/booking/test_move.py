"""Moving a visit."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.db.booking.acts import (
    ANNA,
    FRIDAY_0800,
    OMAR,
    OTHER,
    THURSDAY_0920,
    THURSDAY_0940,
    THURSDAY_1000,
    THURSDAY_1300,
    a_wish,
    an_act,
    overlaps,
    staff,
    stored,
)
from tests.factories import a_clinic, at
from turnet.booking import queries, service
from turnet.booking.model import Visit
from turnet.booking.states import State
from turnet.booking.tables import Booking
from turnet.clinic.model import Clinic
from turnet.clinic.queries import versions
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.errors import NotAllowed, NotFound, NotOffered, SlotTaken, Stale, TooLate


async def annas(clinic: Clinic, clock: FrozenClock, start: str = THURSDAY_0920, by: str = "sanna") -> Visit:
    return (await service.book(an_act(clock), clinic, a_wish(clinic, start, by=by), ANNA, once="")).visit


async def test_moved_visit_has_its_new_time_and_gives_the_old_one_back(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    clock.advance(minutes=1)

    moved = await service.move(an_act(clock), clinic, visit.id, a_wish(clinic, FRIDAY_0800))

    assert (moved.version, moved.sequence, moved.visit_no) == (2, 1, 2)
    assert (moved.moved_from, moved.starts_at) == (visit.starts_at, datetime(2026, 12, 4, 6, 0, tzinfo=UTC))
    assert (moved.ends_at - moved.starts_at, moved.updated_at) == (timedelta(minutes=30), clock.now())
    assert await queries.visit(visit.public_id) == moved
    assert await stored("wall_start FROM booking") == [("2026-12-04T08:00",)]
    start = at(FRIDAY_0800)
    assert await stored("lane, starts_at, ends_at FROM occupancy ORDER BY resource") == [
        (0, start, start + 30),
        (0, start, start + 40),
    ]
    await annas(clinic, clock)


async def test_move_stays_with_its_practitioner_if_they_can(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    sanna, pekka = (clinic.practitioners[who].id for who in ("sanna", "pekka"))
    visit = await annas(clinic, clock, by="sanna")

    kept = await service.move(an_act(clock), clinic, visit.id, a_wish(clinic, FRIDAY_0800))
    await service.book(an_act(clock), clinic, a_wish(clinic, THURSDAY_1300, by="sanna"), OMAR, once="")
    other = await service.move(an_act(clock), clinic, visit.id, a_wish(clinic, THURSDAY_1300))

    assert (kept.practitioner, other.practitioner) == (sanna, pekka)


async def test_visit_may_be_moved_into_its_own_time(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)

    moved = await service.move(an_act(clock), clinic, visit.id, a_wish(clinic, THURSDAY_0940, by="sanna"))

    assert (moved.practitioner, moved.room) == (visit.practitioner, visit.room)
    assert await overlaps() == 0


async def test_move_to_the_same_time_and_place_changes_nothing(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    before = await versions()

    assert await service.move(an_act(clock), clinic, visit.id, a_wish(clinic)) == visit

    assert len(await queries.history(visit.id)) == 1
    assert await versions() == before


async def test_move_to_another_practitioner_at_the_same_time_is_a_move(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock, by="sanna")

    moved = await service.move(an_act(clock), clinic, visit.id, a_wish(clinic, by="pekka"))

    assert (moved.visit_no, moved.practitioner) == (2, clinic.practitioners["pekka"].id)


async def test_move_to_a_taken_time_keeps_the_old_one(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    await service.hold(an_act(clock), clinic, a_wish(clinic, THURSDAY_1000, by="sanna"), OTHER)
    before = await stored("* FROM occupancy ORDER BY id")

    with pytest.raises(SlotTaken) as refused:
        await service.move(an_act(clock), clinic, visit.id, a_wish(clinic, THURSDAY_1000, by="sanna"))

    assert refused.value.facts["alternatives"][0].start == at("2026-12-03T10:40+02:00")
    assert await stored("* FROM occupancy ORDER BY id") == before
    assert await queries.visit(visit.public_id) == visit


async def test_move_takes_the_place_of_an_expired_hold(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    await service.hold(an_act(clock), clinic, a_wish(clinic, THURSDAY_1000, by="sanna"), OTHER)
    clock.advance(minutes=5)

    moved = await service.move(an_act(clock), clinic, visit.id, a_wish(clinic, THURSDAY_1000, by="sanna"))

    assert moved.starts_at == datetime(2026, 12, 3, 8, 0, tzinfo=UTC)
    assert await stored("kind FROM claim") == [("booking",)]


async def test_move_to_a_time_that_no_rule_offers_is_refused(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)

    with pytest.raises(NotOffered):
        await service.move(an_act(clock), clinic, visit.id, a_wish(clinic, "2026-12-05T09:00+02:00"))


async def test_move_decided_on_an_older_version_is_stale(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    newer = await service.move(an_act(clock), clinic, visit.id, a_wish(clinic, FRIDAY_0800), version=1)

    with pytest.raises(Stale) as refused:
        await service.move(an_act(clock), clinic, visit.id, a_wish(clinic, THURSDAY_1300), version=1)

    assert refused.value.facts == {"current": newer}


async def test_patient_moves_up_to_the_last_moment_and_staff_after_it(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    last = datetime(2026, 12, 2, 7, 20, tzinfo=UTC)

    clock.at = last
    await service.move(an_act(clock), clinic, visit.id, a_wish(clinic, by="pekka"))
    clock.advance(minutes=1)
    with pytest.raises(TooLate) as refused:
        await service.move(an_act(clock), clinic, visit.id, a_wish(clinic, FRIDAY_0800))
    moved = await service.move(staff(clock), clinic, visit.id, a_wish(clinic, FRIDAY_0800))

    assert refused.value.facts == {"until": last}
    assert [event.actor for event in await queries.history(moved.id)] == ["patient", "patient", "staff:1"]


async def test_confirmed_visit_is_to_be_confirmed_again_after_a_move(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    await Booking.update({Booking.state: State.CONFIRMED.value}).where(Booking.id == visit.id)

    moved = await service.move(an_act(clock), clinic, visit.id, a_wish(clinic, FRIDAY_0800))

    assert moved.state == State.BOOKED


@pytest.mark.parametrize("state", [State.ARRIVED, State.IN_ROOM, State.DONE, State.CANCELLED, State.NO_SHOW])
async def test_visit_that_is_not_coming_is_not_moved(engine: AnyEngine, clock: FrozenClock, state: State) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    await Booking.update({Booking.state: state.value}).where(Booking.id == visit.id)

    with pytest.raises(NotAllowed) as refused:
        await service.move(an_act(clock), clinic, visit.id, a_wish(clinic, FRIDAY_0800))

    assert refused.value.facts == {"state": state}


async def test_patient_does_not_swap_the_service_and_staff_does(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    root_canal = a_wish(clinic, THURSDAY_1300, "root-canal")

    with pytest.raises(NotAllowed):
        await service.move(an_act(clock), clinic, visit.id, root_canal)
    moved = await service.move(staff(clock), clinic, visit.id, root_canal)

    assert moved.ends_at - moved.starts_at == timedelta(minutes=90)


async def test_visit_that_does_not_exist_is_not_found(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()

    with pytest.raises(NotFound):
        await service.move(an_act(clock), clinic, 17, a_wish(clinic))
